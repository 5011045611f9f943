// Owns where the time of one start goes: the parent's phases, from the calls that a recording kernel saw, and init's
// steps, from clocks inside the program. The two are taken in different runs, so that neither costs the other.

import { type ContainerConfig, CoreFactory, closeFd, type Kernel, type ProcessIo } from 'libcontainer/core'
import { O_RDWR } from '../src/abi/flags.ts'
import { nodeKernel } from '../src/node/node-kernel.ts'
import { openFd } from '../src/system/fd.ts'
import { COMMAND, ENVIRONMENT } from './container.ts'
import { clockingKernel, readStepSizes, type StepSize } from './init-clock.ts'
import { type KernelEvent, nowMicros, recordingKernel } from './recording-kernel.ts'
import { median, type Phase, type PhaseResult } from './results.ts'

const ROOT = '/run/bench/phases'
const SPEC = { args: [COMMAND], env: ENVIRONMENT }
const NULLS: ProcessIo = { stdio: [{ kind: 'null' }, { kind: 'null' }, { kind: 'null' }], extraFiles: [] }
const WARM_UP = 40

type MakeConfig = (name: string) => ContainerConfig

export async function measurePhases(
  count: number,
  makeConfig: MakeConfig,
): Promise<{ phases: PhaseResult[] }> {
  const kernel = nodeKernel()
  const config = makeConfig(`phases_${process.pid}`)
  return {
    phases: [await measureParent(kernel, count, config), ...(await measureInit(kernel, count, config))],
  }
}

/** Moments of one container's life, microseconds. */
interface Life {
  readonly begin: number
  readonly created: number
  readonly started: number
  readonly ended: number
  readonly destroyed: number
}

async function live(factory: CoreFactory, config: ContainerConfig, io: ProcessIo): Promise<Life> {
  const begin = nowMicros()
  const container = await factory.create(`phases_${process.pid}`, config)
  const created = nowMicros()
  const handle = await container.start(SPEC, { io })
  const started = nowMicros()
  const { status } = await handle.wait()
  const ended = nowMicros()
  await container.destroy()
  if (status !== 0) throw new Error(`the container ended with ${status}`)
  return { begin, created, started, ended, destroyed: nowMicros() }
}

async function measureParent(kernel: Kernel, count: number, config: ContainerConfig): Promise<PhaseResult> {
  const events: KernelEvent[] = []
  const factory = CoreFactory.open(recordingKernel(kernel, events), ROOT)
  const all: Phase[][] = []
  for (let i = 0; i < WARM_UP + count; i++) {
    events.length = 0
    const life = await live(factory, config, NULLS)
    if (i >= WARM_UP) all.push(phasesOf(life, events, config))
  }
  return { title: 'Library, the parent (recording kernel)', phases: medians(all) }
}

/** Cuts a life into phases at calls that mark them. */
function phasesOf(life: Life, events: readonly KernelEvent[], config: ContainerConfig): Phase[] {
  const cgroup = config.cgroup?.path ?? ''
  const after = (time: number) => events.filter((event) => event.begin >= time)
  const first = (time: number, isIt: (event: KernelEvent) => boolean): KernelEvent => {
    const found = after(time).find(isIt)
    if (found === undefined)
      throw new Error('a call that marks a phase is missing: the library does things another way now')
    return found
  }
  const isIn = ({ path }: KernelEvent): boolean => path.endsWith(cgroup)
  const mkdir = first(life.created, (event) => event.name === 'mkdirat' && isIn(event))
  const spawn = first(mkdir.begin, ({ name }) => name === 'spawn')
  const send = first(spawn.end, ({ name }) => name === 'send')
  const rename = first(send.end, ({ name }) => name === 'renameat2')
  const word = first(rename.end, ({ name }) => name === 'send')
  const last = first(word.end, ({ name, result }) => name === 'receive' && result === 0)
  const rmdirs = after(life.ended).filter((event) => event.name === 'unlinkat' && isIn(event))
  const removed = [rmdirs[0] ?? last, rmdirs.at(-1) ?? last] as const
  const moments: readonly (readonly [name: string, end: number])[] = [
    ['create: check the configuration, write the state', life.created],
    ['start: status and lock', mkdir.begin],
    ['start: cgroup', spawn.begin],
    ['start: clone; facts and the first part of the plan meanwhile', send.begin],
    ['start: send what is first', send.end],
    ['start: the rest of the plan, the state, while init works', word.end],
    ['start: init, up to execve', last.end],
    ['start: the rest', life.started],
    ['wait: the command, its end', life.ended],
    ['destroy: kill, lock', removed[0].begin],
    ['destroy: cgroup', removed[1].end],
    ['destroy: state', life.destroyed],
  ]
  let begin = life.begin
  return moments.map(([name, end]) => {
    const phase = phaseOf(name, begin, end, events)
    begin = end
    return phase
  })
}

function phaseOf(name: string, begin: number, end: number, events: readonly KernelEvent[]): Phase {
  const inside = events.filter((event) => event.begin >= begin && event.end <= end)
  const calls = inside.filter(({ name: call }) => call !== 'poll' && call !== 'spawn')
  return {
    name,
    micros: end - begin,
    kernelMicros: calls.reduce((sum, call) => sum + call.end - call.begin, 0),
    calls: calls.length,
  }
}

async function measureInit(kernel: Kernel, count: number, config: ContainerConfig): Promise<PhaseResult[]> {
  const steps = readStepSizes(CoreFactory.open(kernel, ROOT).explain(config, SPEC, { ops: true }))
  const times: number[][] = []
  const sends: KernelEvent[] = []
  const factory = CoreFactory.open(recordingKernel(clockingKernel(kernel, steps, times), sends), ROOT)
  const nothing = openFd(kernel, '/dev/null', O_RDWR)
  const stream = { kind: 'pipe', fd: nothing } as const
  const all: Phase[][] = []
  for (let i = 0; i < WARM_UP + count; i++) {
    sends.length = 0
    const { started, ended } = await live(factory, config, {
      stdio: [stream, stream, stream],
      extraFiles: [],
    })
    const sent = sends.find(({ name }) => name === 'send')?.end ?? Number.NaN
    const clocks = times.pop() ?? []
    if (i >= WARM_UP) all.push(stepPhases(steps, [...clocks, started, ended], sent))
  }
  closeFd(kernel, nothing)
  const detailed = medians(all)
  return [
    { title: 'Library, init by stage (clocks in the program)', phases: byStage(detailed) },
    { title: 'Library, init by step (clocks in the program)', phases: detailed },
  ]
}

function stepPhases(steps: readonly StepSize[], moments: readonly number[], sent: number): Phase[] {
  const phases: Phase[] = [
    { name: 'init wakes up and reads the program', micros: (moments[0] as number) - sent },
  ]
  steps.forEach(({ name, ops }, index) => {
    phases.push({ name, micros: (moments[index + 1] as number) - (moments[index] as number), calls: ops })
  })
  const [started, ended] = moments.slice(-2) as [number, number]
  phases.push({ name: 'the command, its end, the wait', micros: ended - started })
  return phases
}

/** Steps by the stages of the floor, in whose words the two can be held against each other. */
const STAGES: readonly (readonly [stage: string, steps: RegExp])[] = [
  ['cgroups, session, loopback', /^(begin|join|reset|bring|isolate|make a cgroup|new|become)/],
  ['covers and root', /^(cut|prepare|attach)/],
  ['cgroup mount', /^mount cgroup/],
  ['mounts', /^(mount|bind)/],
  ['devices', /^(open "\/dev"|make device|make links)/],
  ['read-only paths', /^make read-only/],
  ['masked paths', /^mask/],
  ['enter the root', /^enter the root/],
  ['execute', /^(execute|the command)/],
]

function byStage(phases: readonly Phase[]): Phase[] {
  const stages = new Map<string, { micros: number; calls: number }>()
  for (const { name, micros, calls = 0 } of phases) {
    const stage =
      STAGES.find(([, steps]) => steps.test(name))?.[0] ??
      (name.startsWith('init wakes') ? name : 'credentials and streams')
    const sum = stages.get(stage) ?? { micros: 0, calls: 0 }
    stages.set(stage, { micros: sum.micros + micros, calls: sum.calls + calls })
  }
  return [...stages].map(([name, sum]) => ({ name, ...sum }))
}

/** The median of each phase; phases of all lives have the same names. */
function medians(lives: readonly (readonly Phase[])[]): Phase[] {
  return (lives[0] ?? []).map(({ name, calls }, index) => {
    const kernelMicros = lives.map((life) => life[index]?.kernelMicros)
    return {
      name,
      micros: median(lives.map((life) => life[index]?.micros ?? Number.NaN)),
      ...(calls === undefined ? {} : { calls }),
      ...(kernelMicros[0] === undefined ? {} : { kernelMicros: median(kernelMicros as number[]) }),
    }
  })
}
