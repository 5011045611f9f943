// Owns printing a plan for people: each step, in which process it runs, its reason, and the field that asked for it.
// Golden tests are these listings. Pure.

import { isLibcontainerError } from '../errors.ts'
import type { Op, OpArg } from '../protocol/op.ts'
import type { HostAction, Label, LaunchPlan, PlannedDescriptor, Step } from './launch-plan.ts'

export interface ExplainOptions {
  /** Whether the system calls of each step are listed below it. @default false */
  readonly ops?: boolean
}

/** The listing of a plan. The look-up of a user that only the container knows ends it early, and it says so. */
export function explainPlan(plan: LaunchPlan, options: ExplainOptions = {}): string {
  const lines: string[] = []
  for (const action of plan.actions) if (action.when === 'before the clone') lines.push(explainAction(action))
  lines.push(row('parent', 'start init', undefined, undefined, explainClone(plan)))
  for (const action of plan.actions) if (action.when === 'after the clone') lines.push(explainAction(action))
  lines.push(row('parent', 'send the program', undefined, undefined, `init waits for it; ${plan.descriptors.length} descriptors go along`))
  for (const descriptor of plan.descriptors) lines.push(explainDescriptor(descriptor))
  for (const step of plan.first.steps) lines.push(...explainStep(step, options))
  if (plan.lookup !== null) {
    const files = [plan.lookup.passwd ? '/etc/passwd' : '', plan.lookup.group ? '/etc/group' : ''].filter((file) => file !== '')
    lines.push(row('parent', 'look the user up', files.join(' '), 'process.user', 'in what init returned; then the rest is planned'))
  }
  for (const step of lastSteps(plan)) lines.push(...explainStep(step, options))
  return `${lines.join('\n')}\n`
}

/** A name that only the container's files can tell leaves the end of the plan open. */
function lastSteps(plan: LaunchPlan): readonly Step[] {
  try {
    return plan.last?.({ passwd: null, group: null }).steps ?? []
  } catch (error) {
    if (!isLibcontainerError(error)) throw error
    return [{ name: 'go on as that user', reason: 'its ids decide the steps that are left', field: 'process.user', ops: [] }]
  }
}

function row(where: string, name: string, object: string | undefined, field: string | undefined, reason: string): string {
  const what = object === undefined ? name : `${name} ${JSON.stringify(object)}`
  return `${where.padEnd(7)} ${what.padEnd(56)} ${(field ?? '-').padEnd(26)} ${reason}`.trimEnd()
}

function explainLabel(where: string, label: Label, reason = label.reason): string {
  return row(where, label.name, label.object, label.field, reason)
}

function explainAction(action: HostAction): string {
  return explainLabel('parent', action, action.undo === undefined ? action.reason : `${action.reason}; undo: ${action.undo}`)
}

const CLONE_NAMES: readonly (readonly [number, string])[] = [
  [0x20000, 'CLONE_NEWNS'], [0x4000000, 'CLONE_NEWUTS'], [0x8000000, 'CLONE_NEWIPC'], [0x10000000, 'CLONE_NEWUSER'],
  [0x20000000, 'CLONE_NEWPID'], [0x40000000, 'CLONE_NEWNET'],
]

function explainClone(plan: LaunchPlan): string {
  const { flags, intoCgroup, pidNamespace } = plan.clone
  const names = CLONE_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name)
  if (intoCgroup) names.push('CLONE_INTO_CGROUP')
  if (pidNamespace !== null) names.push(`in the pid namespace of ${pidNamespace.kind === 'path' ? pidNamespace.path : 'the container'}`)
  return `clone3 ${names.join(' | ') || '0'}`
}

function explainDescriptor({ source, slot, reason, field }: PlannedDescriptor): string {
  const what = 'path' in source ? source.path : 'index' in source ? `${source.kind} ${source.index}` : source.kind
  return row('parent', `open for s${slot}`, what, field, reason)
}

function explainStep(step: Step, options: ExplainOptions): readonly string[] {
  const head = explainLabel('init', step)
  return options.ops ? [head, ...step.ops.map((op) => `          ${explainOp(op)}`)] : [head]
}

function explainOp(op: Op): string {
  const into = op.into === undefined ? '' : ` -> s${op.into.slot}`
  const conditions: string[] = []
  if (op.on?.ignore) conditions.push('any error: go on')
  if (op.on?.errno !== undefined) {
    const skipped = op.on.successSkips === undefined ? op.on.skip : 0
    conditions.push(`${op.on.errno}: ${skipped ? `skip ${skipped}` : 'go on'}`)
  }
  if (op.on?.successSkips !== undefined) conditions.push(`success: skip ${op.on.successSkips}`)
  return `${op.call}(${op.args.map(explainArg).join(', ')})${into}${conditions.length > 0 ? `  [${conditions.join('; ')}]` : ''}`
}

function explainArg(arg: OpArg): string {
  if (typeof arg === 'string') return JSON.stringify(arg)
  if (typeof arg !== 'object') return arg >= 4096 ? `0x${arg.toString(16)}` : String(arg)
  if ('slot' in arg) return `s${arg.slot}`
  if ('table' in arg) return `[${arg.table.map((text) => JSON.stringify(text)).join(', ')}]`
  if ('bytes' in arg) return explainBytes(arg.bytes)
  if ('scratch' in arg) return `<${arg.scratch} bytes>`
  return `${explainArg(arg.at)}+${arg.offset}`
}

/** A structure as 32-bit words, without the zeros at its end. */
function explainBytes(bytes: Uint8Array): string {
  const words: string[] = []
  for (let at = 0; at < bytes.length; at += 4) {
    let word = 0
    for (let i = 3; i >= 0; i--) word = word * 256 + (bytes[at + i] ?? 0)
    words.push(word.toString(16))
  }
  while (words.length > 1 && words[words.length - 1] === '0') words.pop()
  return `{${words.join(' ')}}`
}
