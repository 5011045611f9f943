// Owns the starts that faults are put into: a first process in each kind of container and a later one, begun anew as
// often as wanted, each with the steps that its plan says. Which fault, and what must hold then, is the tests' affair.

import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Cancellation,
  type ContainerConfig,
  CoreFactory,
  type Kernel,
  type ProcessHandle,
  type ProcessIo,
  type ProcessSpec,
  type StartOptions,
} from 'libcontainer/core'
import { createCgroupManager, loadCgroupManager } from '../../src/cgroups/create-manager.ts'
import type { CgroupManager } from '../../src/cgroups/manager.ts'
import { validateConfig } from '../../src/config/validate/validate-config.ts'
import { validateProcess } from '../../src/config/validate/validate-process.ts'
import { firstCgroupFacts, laterCgroupFacts } from '../../src/container/cgroup-facts.ts'
import { readCreateFacts, readExecFacts } from '../../src/container/facts.ts'
import { Host } from '../../src/container/host.ts'
import { chooseHostInterfaces } from '../../src/network/host-interfaces.ts'
import { createPlan } from '../../src/plan/create-plan.ts'
import { execPlan } from '../../src/plan/exec-plan.ts'
import { hookPlan } from '../../src/plan/hook-plan.ts'
import type { HostAction, LaunchPlan, Segment, Step, Userdb } from '../../src/plan/launch-plan.ts'
import {
  FULL_PROCESS,
  fullConfig,
  hooksConfig,
  joinedConfig,
  type Place,
  smallConfig,
  type Variant,
} from './fault-subject.ts'
import { faultyKernel } from './faulty-kernel.ts'
import { type Expected, type Scope, takeSnapshot } from './leftovers.ts'

/** A container that was made or found. */
interface Begun {
  /** @returns the pid */
  start(cancellation?: Cancellation): Promise<number>
  /** Ends what was started, and takes down what was made; again, or without a start, it does what is left. */
  end(): Promise<void>
}

export interface Subject {
  readonly name: string
  /** The container that is made and taken down, or that is there all the time. */
  readonly id: string
  begin(kernel: Kernel): Promise<Begun>
  /** Left-overs that are known and not the start's to take away. */
  readonly allowed?: RegExp
  /** What each op of each program is for. */
  readonly programs: Programs
}

export type Programs = readonly (readonly PlannedOp[])[]

interface PlannedOp {
  readonly step: Step
  readonly call: string
}

/** Subjects, and the containers that some of them need; `close` ends those. */
export interface Subjects {
  readonly all: readonly Subject[]
  /** The first process of a container with a user namespace, to be joined. */
  readonly hostPid: number
  close(): Promise<void>
}

/** The programs of a start without a fault. It also makes what the host keeps from its first start on. */
export async function recordPrograms(kernel: Kernel, subject: Subject): Promise<readonly Uint8Array[]> {
  const programs: Uint8Array[] = []
  const program = (bytes: Uint8Array): Uint8Array => {
    programs.push(bytes.slice())
    return bytes
  }
  const begun = await subject.begin(faultyKernel(kernel, { program }))
  await begun.start()
  const started = programs.length
  await begun.end()
  return programs.slice(0, started)
}

/** Nothing may be there later that is not there now. */
export function expectNothing(scope: Scope, { allowed }: Subject): Expected {
  return { scope, before: takeSnapshot(scope), ...(allowed !== undefined && { allowed }) }
}

/**
 * An init that ends between its fork and its word about it leaves a child of the parent whose number the parent never
 * hears: it ends by itself, and is reaped with the parent.
 */
const UNHEARD = /^\+ process \d+ libcontainer \(zombie\)$/

/** Streams of every kind and an extra file; and as few as can be. */
function streamsOf(fd: number): { full: ProcessIo; bare: ProcessIo } {
  const passed = { kind: 'passed', fd } as const
  return {
    full: { stdio: [{ kind: 'null' }, passed, { kind: 'pipe', fd }], extraFiles: [fd] },
    bare: { stdio: [passed, passed, passed], extraFiles: [] },
  }
}

/** Starts nothing but the container that later processes and joining containers need. */
export async function openSubjects(kernel: Kernel, place: Place): Promise<Subjects> {
  const nothing = openSync('/dev/null', 'r+')
  const { full, bare } = streamsOf(nothing)
  const bareProcess = { ...FULL_PROCESS, cwd: '/' }
  const hosts: Begun[] = []
  const pids: number[] = []
  const later = async (variant: Variant): Promise<Subject> => {
    const id = `${place.scope.name}_host_${variant}`
    const config = fullConfig(place, id, variant)
    const host = await beginFirst(kernel, place, { id, config, spec: FULL_PROCESS, io: full })
    hosts.push(host)
    pids.push(await host.start())
    return laterSubject(kernel, place, {
      name: `a later process, ${variant}`,
      id,
      config,
      spec: FULL_PROCESS,
      io: full,
    })
  }
  const inPlain = await later('plain')
  const inUser = await later('user')
  const pid = pids[1] ?? 0
  const first = (
    name: string,
    id: string,
    config: ContainerConfig,
    spec: ProcessSpec,
    io: ProcessIo,
  ): Subject => firstSubject(kernel, place, { name, id: `${place.scope.name}_${id}`, config, spec, io })
  const whole = (variant: Variant): Subject => {
    const config = fullConfig(place, `${place.scope.name}_${variant}`, variant)
    return first(`a container, ${variant}`, variant, config, FULL_PROCESS, full)
  }
  const all = [
    whole('plain'),
    whole('user'),
    {
      ...first('a container that forks', 'fork', joinedConfig(place, pid, true), bareProcess, bare),
      allowed: UNHEARD,
    },
    first('a container that joins', 'join', joinedConfig(place, pid, false), bareProcess, bare),
    inPlain,
    inUser,
    preparedSubject(kernel, place, bare),
    hooksSubject(kernel, place, full),
    terminalSubject(kernel, place),
  ]
  return {
    all,
    hostPid: pid,
    close: async () => {
      for (const host of hosts) await host.end()
      closeSync(nothing)
    },
  }
}

/** A container, and its first process. */
export interface Wish {
  readonly id: string
  readonly config: ContainerConfig
  readonly spec: ProcessSpec
  readonly io: ProcessIo
}

async function beginFirst(kernel: Kernel, place: Place, { id, config, spec, io }: Wish): Promise<Begun> {
  const container = await CoreFactory.open(kernel, place.root).create(id, config)
  let process: ProcessHandle | null = null
  return {
    start: async (cancellation) => {
      process = await container.start(spec, startOptions(io, cancellation))
      return process.pid
    },
    end: async () => {
      process?.terminal?.close()
      await container.destroy()
    },
  }
}

function startOptions(io: ProcessIo, cancellation: Cancellation | undefined): StartOptions {
  return cancellation === undefined ? { io } : { io, cancellation }
}

async function beginLater(kernel: Kernel, place: Place, { id, spec, io }: Wish): Promise<Begun> {
  const container = await CoreFactory.open(kernel, place.root).load(id)
  let process: ProcessHandle | null = null
  return {
    start: async (cancellation) => {
      process = await container.start(spec, startOptions(io, cancellation))
      return process.pid
    },
    end: async () => {
      process?.signal('SIGKILL')
      await process?.wait()
    },
  }
}

function firstSubject(kernel: Kernel, place: Place, wish: Wish & { readonly name: string }): Subject {
  const { name, id } = wish
  return {
    name,
    id,
    begin: (faulty) => beginFirst(faulty, place, wish),
    programs: planPrograms(kernel, place, wish),
  }
}

function hooksSubject(kernel: Kernel, place: Place, io: ProcessIo): Subject {
  const id = `${place.scope.name}_hooks`
  const wish = { id, config: hooksConfig(place, id), spec: { ...FULL_PROCESS, cwd: '/' }, io }
  return firstSubject(kernel, place, { name: 'a container with hooks', ...wish })
}

function terminalSubject(kernel: Kernel, place: Place): Subject {
  const id = `${place.scope.name}_terminal`
  const io: ProcessIo = { stdio: [{ kind: 'null' }, { kind: 'null' }, { kind: 'null' }], extraFiles: [] }
  const wish = { id, config: smallConfig(place, id), spec: { ...FULL_PROCESS, terminal: true }, io }
  return firstSubject(kernel, place, { name: 'a container with a terminal', ...wish })
}

/** A container whose process is only prepared: `start` is no more than that. */
function preparedSubject(kernel: Kernel, place: Place, io: ProcessIo): Subject {
  const id = `${place.scope.name}_prepared`
  const wish = { id, config: smallConfig(place, id), spec: FULL_PROCESS, io }
  return {
    name: 'a container that is prepared',
    id,
    begin: async (faulty) => {
      const container = await CoreFactory.open(faulty, place.root).create(id, wish.config)
      return {
        start: async (cancellation) =>
          (await container.prepare(wish.spec, startOptions(io, cancellation))).pid,
        end: () => container.destroy(),
      }
    },
    programs: planPrograms(kernel, place, wish, true),
  }
}

/** What each op of each program of a first start is for. */
export function planPrograms(
  kernel: Kernel,
  place: Place,
  { id, config, spec, io }: Wish,
  release = false,
): Programs {
  const valid = validateConfig(config)
  const process = validateProcess(spec)
  const host = new Host(kernel, place.root, {})
  const cgroup =
    valid.cgroup === undefined ? null : createCgroupManager(kernel, host.hierarchies, valid.cgroup)
  const ends = chooseHostInterfaces(kernel, valid.networks)
  const cgroupFacts = firstCgroupFacts(cgroup, host)
  const facts = readCreateFacts(host, id, valid, process, cgroupFacts, { host_interfaces: ends })
  return programsOf(
    createPlan({ config: valid, process, facts, descriptors: { ...describe(io), release } }),
    place,
    host,
  )
}

function laterSubject(kernel: Kernel, place: Place, wish: Wish & { readonly name: string }): Subject {
  const { id, config, spec, io } = wish
  const valid = validateConfig(config)
  const process = validateProcess(spec)
  const host = new Host(kernel, place.root, {})
  const cgroupFacts = laterCgroupFacts(managerOf(kernel, place, id))
  const facts = readExecFacts(host, id, valid, process, cgroupFacts, {
    init_process_pid: firstPid(place, id),
  })
  const plan = execPlan({ config: valid, process, facts, descriptors: describe(io) })
  const programs = programsOf(plan, place, host)
  return { name: wish.name, id, begin: (faulty) => beginLater(faulty, place, wish), programs }
}

function managerOf(kernel: Kernel, place: Place, id: string): CgroupManager {
  return loadCgroupManager(kernel, readState(place, id).cgroup_paths)
}

function firstPid(place: Place, id: string): number {
  return readState(place, id).init_process_pid
}

function readState(place: Place, id: string) {
  return JSON.parse(readFileSync(join(place.root, id, 'state.json'), 'utf8'))
}

function describe({ stdio, extraFiles }: ProcessIo) {
  return { stdio: [stdio[0].kind, stdio[1].kind, stdio[2].kind], extra: extraFiles.length } as const
}

/** In the order in which they are sent: hooks of the host are programs of their own. */
function programsOf(plan: LaunchPlan, place: Place, host: Host): Programs {
  const text = (name: string): string => readFileSync(join(place.etc, name), 'utf8')
  const segments = [...segmentsOf(plan, { passwd: text('passwd'), group: text('group') })]
  const lookup = segments.findIndex((segment) => segment.lookup !== null)
  const atGate = lookup < 0 ? segments.length : lookup + 1
  segments.splice(atGate, 0, ...hookSegments(plan, 'at the gate', host))
  segments.push(...hookSegments(plan, 'after the start', host))
  return segments.map(({ steps }) => steps.flatMap((step) => step.ops.map(({ call }) => ({ step, call }))))
}

const NOBODY: Userdb = { passwd: null, group: null }

function* segmentsOf({ segments }: LaunchPlan, userdb = NOBODY): Generator<Segment> {
  for (let next = segments.next(userdb); !next.done; next = segments.next(userdb)) yield next.value
}

function hookSegments({ actions }: LaunchPlan, moment: HostAction['when'], host: Host): readonly Segment[] {
  return actions.flatMap((planned) => {
    const { when, action } = planned
    if (when !== moment || action.kind !== 'run-hook') return []
    return [...segmentsOf(hookPlan(planned, action.hook, '/', host))]
  })
}
