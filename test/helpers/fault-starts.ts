// Owns the starts that faults are put into: a first process in each kind of container and a later one, begun anew as
// often as wanted, each with the steps that its plan says. Which fault, and what must hold then, is the tests' affair.

import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ContainerConfig,
  CoreFactory,
  type Kernel,
  type ProcessIo,
  type ProcessSpec,
} from 'libcontainer/core'
import { createCgroupManager, loadCgroupManager } from '../../src/cgroups/create-manager.ts'
import type { CgroupManager } from '../../src/cgroups/manager.ts'
import { validateConfig } from '../../src/config/validate/validate-config.ts'
import { validateProcess } from '../../src/config/validate/validate-process.ts'
import { readCreateFacts, readExecFacts } from '../../src/container/facts.ts'
import { createHost } from '../../src/container/host.ts'
import { createPlan } from '../../src/plan/create-plan.ts'
import { execPlan } from '../../src/plan/exec-plan.ts'
import type { LaunchPlan, Step } from '../../src/plan/launch-plan.ts'
import { FULL_PROCESS, fullConfig, joinedConfig, type Place, type Variant } from './fault-subject.ts'

/** A process that runs, and what ends it and everything that came with it. */
export interface Started {
  readonly pid: number
  end(): Promise<void>
}

export interface Subject {
  readonly name: string
  /** The container that is made and taken down, or that is there all the time. */
  readonly id: string
  start(kernel: Kernel): Promise<Started>
  /** What each op of each program is for. */
  readonly programs: readonly (readonly PlannedOp[])[]
}

export interface PlannedOp {
  readonly step: Step
  readonly call: string
}

/** Subjects, and the containers that some of them need; `close` ends those. */
export interface Subjects {
  readonly all: readonly Subject[]
  close(): Promise<void>
}

/** Starts nothing but the container that later processes and joining containers need. */
export async function openSubjects(kernel: Kernel, place: Place): Promise<Subjects> {
  const nothing = openSync('/dev/null', 'r+')
  const passed = { kind: 'passed', fd: nothing } as const
  const full: ProcessIo = {
    stdio: [{ kind: 'null' }, passed, { kind: 'pipe', fd: nothing }],
    extraFiles: [nothing],
  }
  const bare: ProcessIo = { stdio: [passed, passed, passed], extraFiles: [] }
  const bareProcess = { ...FULL_PROCESS, cwd: '/' }
  const hosts: Started[] = []
  const later = async (variant: Variant): Promise<Subject> => {
    const id = `${place.scope.name}_host_${variant}`
    const config = fullConfig(place, id, variant)
    const host = await startFirst(kernel, place, { id, config, spec: FULL_PROCESS, io: full })
    hosts.push(host)
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
  const pid = hosts[1]?.pid ?? 0
  const first = (
    name: string,
    id: string,
    config: ContainerConfig,
    spec: ProcessSpec,
    io: ProcessIo,
  ): Subject => firstSubject(kernel, place, { name, id: `${place.scope.name}_${id}`, config, spec, io })
  const all = [
    first(
      'a container, plain',
      'plain',
      fullConfig(place, `${place.scope.name}_plain`, 'plain'),
      FULL_PROCESS,
      full,
    ),
    first(
      'a container, user',
      'user',
      fullConfig(place, `${place.scope.name}_user`, 'user'),
      FULL_PROCESS,
      full,
    ),
    first('a container that forks', 'fork', joinedConfig(place, pid, true), bareProcess, bare),
    first('a container that joins', 'join', joinedConfig(place, pid, false), bareProcess, bare),
    inPlain,
    inUser,
  ]
  return {
    all,
    close: async () => {
      for (const host of hosts) await host.end()
      closeSync(nothing)
    },
  }
}

interface Wish {
  readonly id: string
  readonly config: ContainerConfig
  readonly spec: ProcessSpec
  readonly io: ProcessIo
}

async function startFirst(kernel: Kernel, place: Place, { id, config, spec, io }: Wish): Promise<Started> {
  const container = await CoreFactory.open(kernel, place.root).create(id, config)
  const process = await container.start(spec, { io })
  return { pid: process.pid, end: () => container.destroy() }
}

function firstSubject(kernel: Kernel, place: Place, wish: Wish & { readonly name: string }): Subject {
  const { id, config, spec, io } = wish
  const valid = validateConfig(config)
  const process = validateProcess(spec)
  const host = createHost(kernel, place.root, {})
  const cgroup =
    valid.cgroup === undefined ? null : createCgroupManager(kernel, host.hierarchies(), valid.cgroup)
  const facts = readCreateFacts(host, id, valid, process, cgroup)
  const plan = createPlan({ config: valid, process, facts, descriptors: describe(io) })
  return {
    name: wish.name,
    id,
    start: (faulty) => startFirst(faulty, place, wish),
    programs: programsOf(plan, place),
  }
}

function laterSubject(kernel: Kernel, place: Place, wish: Wish & { readonly name: string }): Subject {
  const { id, config, spec, io } = wish
  const valid = validateConfig(config)
  const process = validateProcess(spec)
  const host = createHost(kernel, place.root, {})
  const facts = readExecFacts(host, id, valid, process, managerOf(kernel, place, id))
  const plan = execPlan({ config: valid, process, facts, descriptors: describe(io) })
  const start = async (faulty: Kernel): Promise<Started> => {
    const container = await CoreFactory.open(faulty, place.root).load(id)
    const later = await container.start(spec, { io })
    const end = async (): Promise<void> => {
      later.signal('SIGKILL')
      await later.wait()
    }
    return { pid: later.pid, end }
  }
  return { name: wish.name, id, start, programs: programsOf(plan, place) }
}

function managerOf(kernel: Kernel, place: Place, id: string): CgroupManager {
  const state = JSON.parse(readFileSync(join(place.root, id, 'state.json'), 'utf8'))
  return loadCgroupManager(kernel, state.cgroup_paths)
}

function describe({ stdio, extraFiles }: ProcessIo) {
  return { stdio: [stdio[0].kind, stdio[1].kind, stdio[2].kind], extra: extraFiles.length } as const
}

function programsOf({ first, last }: LaunchPlan, place: Place): readonly (readonly PlannedOp[])[] {
  const text = (name: string): string => readFileSync(join(place.etc, name), 'utf8')
  const segments = last === null ? [first] : [first, last({ passwd: text('passwd'), group: text('group') })]
  return segments.map(({ steps }) => steps.flatMap((step) => step.ops.map(({ call }) => ({ step, call }))))
}
