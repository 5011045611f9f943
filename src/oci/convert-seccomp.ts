// Owns how a profile of config.json becomes ours. Runtimes hand profiles to libseccomp, whose rules have no order; in
// ours the first rule that matches decides. What is the same in libseccomp is the same here.

import { SYSCALL_INDEXES } from '../abi/syscall-numbers.ts'
import type { SeccompArgument, SeccompConfig, SeccompRule } from '../config/seccomp.ts'
import { refuseField } from '../config/validate/values/refuse.ts'
import type { SpecSeccomp, SpecSeccompArg, SpecSyscall } from './runtime-spec.ts'

const EPERM = 1

/** Absent is no filter. */
export function convertSeccomp(
  spec: SpecSeccomp | undefined,
  remark: (text: string) => void,
): SeccompConfig | null {
  if (spec === undefined) return null
  const { defaultAction, defaultErrnoRet, architectures = [], flags = ['SPEC_ALLOW'] } = spec
  const { listenerPath, listenerMetadata } = spec
  refuseNotify(spec)
  return {
    defaultAction,
    ...(defaultErrnoRet !== undefined && { defaultErrno: defaultErrnoRet }),
    architectures,
    flags,
    syscalls: convertRules(spec, remark),
    ...(listenerPath && { listenerPath }),
    ...(listenerMetadata && { listenerMetadata }),
  }
}

/** The words are those of runc. */
function refuseNotify({ defaultAction, syscalls = [], listenerPath }: SpecSeccomp): void {
  const at = 'linux.seccomp'
  if (defaultAction === 'NOTIFY')
    refuseField(`${at}.defaultAction`, 'SCMP_ACT_NOTIFY cannot be used as default action')
  syscalls.forEach(({ action, names }, index) => {
    if (action !== 'NOTIFY') return
    if (names.includes('write'))
      refuseField(`${at}.syscalls[${index}].names`, 'SCMP_ACT_NOTIFY cannot be used for the write syscall')
    if (!listenerPath) refuseField(`${at}.listenerPath`, 'SCMP_ACT_NOTIFY wants a program that listens there')
  })
}

/** libseccomp refuses a rule that changes nothing, so runtimes leave it out whatever other rules say: it comes last. */
function isDefault(
  { action, errnoRet }: SpecSyscall,
  { defaultAction, defaultErrnoRet }: SpecSeccomp,
): boolean {
  const hasErrno = action === 'ERRNO' || action === 'TRACE'
  return action === defaultAction && (!hasErrno || (errnoRet ?? EPERM) === (defaultErrnoRet ?? EPERM))
}

/**
 * A rule without arguments beats those with arguments; of several, the first. Unknown calls are passed over, and so is
 * a rule that is left without any.
 */
function convertRules(spec: SpecSeccomp, remark: (text: string) => void): readonly SeccompRule[] {
  const { syscalls = [] } = spec
  const unknown = new Set<string>()
  // By the index of the call. Profiles have hundreds of names: they are gone through without a function for each.
  const decided = new Uint8Array(SYSCALL_INDEXES.size)
  const namesLeft = (names: readonly string[], decides: boolean): readonly string[] => {
    const left: string[] = []
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string
      const index = SYSCALL_INDEXES.get(name)
      if (index === undefined) unknown.add(name)
      else if (decided[index] === 0) {
        left[left.length] = name
        if (decides) decided[index] = 1
      }
    }
    return left
  }
  const convert = ({ names, action, errnoRet, args = [] }: SpecSyscall, decides = false): SeccompRule => ({
    names: namesLeft(names, decides),
    action,
    ...(errnoRet !== undefined && { errno: errnoRet }),
    args: args.map(convertArgument),
  })
  const idle = syscalls.filter((rule) => isDefault(rule, spec))
  const effective = syscalls.filter((rule) => !isDefault(rule, spec))
  const isWhole = ({ args = [] }: SpecSyscall): boolean => args.length === 0
  const whole = effective.filter(isWhole).map((rule) => convert(rule, true))
  const conditional = effective.filter((rule) => !isWhole(rule)).map((rule) => convert(rule))
  const rules = [...whole, ...conditional, ...idle.map((rule) => ({ ...convert(rule), args: [] }))].filter(
    ({ names }) => names.length > 0,
  )
  if (unknown.size > 0) remark(`linux.seccomp.syscalls: no such call here: ${[...unknown].join(', ')}`)
  return rules
}

/** libseccomp takes from the second value what the mask takes from the argument. */
function convertArgument({ index, op, value, valueTwo = 0 }: SpecSeccompArg): SeccompArgument {
  return op === 'MASKED_EQ'
    ? { index, op, value, valueTwo: BigInt(valueTwo) & BigInt(value) }
    : { index, op, value }
}
