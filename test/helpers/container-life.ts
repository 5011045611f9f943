// Owns the life of a container from create to destroy, with a later process in it, as a victim lives it and as a test
// lives it to count its calls. Whoever kills it, and what must hold then, is somebody else's affair.

import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { type ContainerConfig, CoreFactory, type Kernel, type ProcessIo } from 'libcontainer/core'
import { planPrograms, type Wish } from './fault-starts.ts'
import {
  FULL_PROCESS,
  fullConfig,
  hooksConfig,
  joinedConfig,
  type Place,
  placeAt,
  smallConfig,
} from './fault-subject.ts'
import { faultyKernel, type Hooks } from './faulty-kernel.ts'
import { insertStop, type Stop } from './rewrite-program.ts'

/**
 * - `plain`, `user`: everything that a configuration can ask for, without and with a user namespace.
 * - `fork`: joins a user namespace, so that init forks for the new pid namespace; no cgroup.
 * - `shared`: the host's pid namespace, a cgroup; the first process has a child.
 * - `small`: the defaults and a cgroup.
 * - `prepared`: the same, prepared by one handle and released by another.
 * - `hooks`: the same with a program at each moment, and around a mount.
 * - `terminal`: the same on a terminal.
 */
export type Kind = 'plain' | 'user' | 'fork' | 'shared' | 'small' | 'prepared' | 'hooks' | 'terminal'

/** At which point the process that lives this ends itself. */
export type Death = { readonly call: number } | (OpPlace & { readonly stop: Stop })

/** The place before an op. Programs are counted through all starts of a life. */
export interface OpPlace {
  readonly program: number
  readonly op: number
}

export interface Life {
  /** Where the place is, and its name (fault-subject.ts). */
  readonly directory: string
  readonly name: string
  readonly id: string
  readonly kind: Kind
  /** The first process of the container that `fork` joins. */
  readonly hostPid: number
}

/** Create, start, start a later process, destroy. @throws LibcontainerError */
export async function live(kernel: Kernel, life: Life): Promise<void> {
  await withWish(life, async ({ root, id, config, spec, io }) => {
    const container = await CoreFactory.open(kernel, root).create(id, config)
    if (life.kind === 'prepared') {
      await container.prepare(spec, { io })
      await (await CoreFactory.open(kernel, root).load(id)).release()
    }
    const first = life.kind === 'prepared' ? null : await container.start(spec, { io })
    const later = await container.start({ ...FULL_PROCESS, cwd: '/' }, { io })
    await container.destroy()
    first?.terminal?.close()
    assert.equal((await later.wait()).signal, 'SIGKILL')
  })
}

/** The first op of each step of the first start, as places to die at. */
export async function stepPlaces(kernel: Kernel, life: Life): Promise<readonly OpPlace[]> {
  const place = placeAt(life.directory, life.name)
  const programs = await withWish(life, async (wish) => planPrograms(kernel, place, wish))
  return programs.flatMap((ops, program) =>
    ops.flatMap(({ step }, op) => (step === ops[op - 1]?.step ? [] : [{ program, op }])),
  )
}

/** What is needed for the life: the root of the states, the container, its first process, its descriptors. */
export async function withWish<T>(
  life: Life,
  use: (wish: Wish & { readonly root: string }) => Promise<T>,
): Promise<T> {
  const place = placeAt(life.directory, life.name)
  const nothing = openSync('/dev/null', 'r+')
  const passed = { kind: 'passed', fd: nothing } as const
  const stream = life.kind === 'terminal' ? ({ kind: 'null' } as const) : passed
  const io: ProcessIo = { stdio: [stream, stream, stream], extraFiles: [] }
  const { root } = place
  try {
    return await use({ root, id: life.id, config: configOf(place, life), spec: firstProcess(life.kind), io })
  } finally {
    closeSync(nothing)
  }
}

function configOf(place: Place, { id, kind, hostPid }: Life): ContainerConfig {
  switch (kind) {
    case 'plain':
    case 'user': {
      // With a parent death signal the kernel would do our work.
      const { parentDeathSignal: _, ...config } = fullConfig(place, id, kind)
      return config
    }
    case 'fork':
      return joinedConfig(place, hostPid, true)
    case 'shared':
      return { ...smallConfig(place, id), namespaces: [{ type: 'mount' }] }
    case 'hooks':
      return hooksConfig(place, id)
    case 'small':
    case 'prepared':
    case 'terminal':
      return smallConfig(place, id)
  }
}

function firstProcess(kind: Kind) {
  if (kind !== 'shared') return { ...FULL_PROCESS, cwd: '/', terminal: kind === 'terminal' }
  return { ...FULL_PROCESS, args: ['sh', '-c', 'sleep 1000 & sleep 1000 & wait'], cwd: '/' }
}

/** A kernel at which this process kills itself at that point. */
export function deadlyKernel(kernel: Kernel, death: Death): Kernel {
  const die = (): void => {
    process.kill(process.pid, 'SIGKILL')
  }
  const hooks: Hooks =
    'call' in death
      ? {
          call: (index) => {
            if (index === death.call) die()
            return undefined
          },
        }
      : {
          program: (bytes, index) =>
            index === death.program ? insertStop(bytes, death.op, death.stop, kernel.arch) : bytes,
          stopped: die,
        }
  return faultyKernel(kernel, hooks)
}
