// Owns the one container that all contenders make, in three notations: the library's configuration, an OCI bundle's
// config.json and the floor's description. They must ask the kernel for the same things.

import { readFileSync } from 'node:fs'
import {
  type ContainerConfig,
  DEFAULT_CAPABILITIES,
  DEFAULT_DEVICE_RULES,
  DEFAULT_MASKED_PATHS,
  DEFAULT_MOUNTS,
  DEFAULT_NAMESPACES,
  DEFAULT_READONLY_PATHS,
  type DeviceRule,
  type Mount,
} from 'libcontainer'
import type { Layout } from './layout.ts'

export const COMMAND = '/bin/true'
export const IDLE_COMMAND = ['/bin/sleep', '1000000']
/** Long enough to look at who waits for it. */
export const SHORT_COMMAND = ['/bin/sleep', '1']
export const ENVIRONMENT = ['PATH=/bin', 'HOME=/']
const MEMORY_LIMIT_BYTES = 256 << 20
const PIDS_LIMIT = 64

/** For the library. `name` is that of the cgroup, directly below the root of each hierarchy. */
export function containerConfig(rootfs: string, name: string, hasLimits: boolean): ContainerConfig {
  const limits = { memory: { limitBytes: BigInt(MEMORY_LIMIT_BYTES) }, pids: { limit: PIDS_LIMIT } }
  // The others load no filter.
  return { rootfs, cgroup: { path: `/${name}`, ...(hasLimits ? limits : {}) }, seccomp: null }
}

/** For an OCI runtime: the content of config.json. */
export function ociConfig(rootfs: string, name: string, hasLimits: boolean, args: readonly string[]): string {
  const capabilities = DEFAULT_CAPABILITIES.map((capability) => `CAP_${capability}`)
  const limits = { memory: { limit: MEMORY_LIMIT_BYTES }, pids: { limit: PIDS_LIMIT } }
  const config = {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args,
      env: ENVIRONMENT,
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      noNewPrivileges: true,
    },
    root: { path: rootfs, readonly: false },
    mounts: DEFAULT_MOUNTS.map(ociMount),
    linux: {
      cgroupsPath: `/${name}`,
      // Runtimes add the default devices to this by themselves, as the library's default rules do.
      resources: { devices: [{ allow: false, access: 'rwm' }], ...(hasLimits ? limits : {}) },
      namespaces: DEFAULT_NAMESPACES.map(({ type }) => ({ type })),
      maskedPaths: DEFAULT_MASKED_PATHS,
      readonlyPaths: DEFAULT_READONLY_PATHS,
    },
  }
  return JSON.stringify(config, null, 2)
}

function ociMount(mount: Mount): object {
  const source = 'source' in mount ? mount.source : mount.type
  const data = 'data' in mount && mount.data !== undefined ? mount.data.split(',') : []
  return {
    destination: mount.destination,
    type: mount.type,
    source,
    options: [...(mount.attributes ?? []), ...data],
  }
}

/** For the floor: one line for each thing to do. `deviceProgram` is a file of BPF instructions, for v2. */
export function floorContainer(rootfs: string, name: string, layout: Layout, deviceProgram: string): string {
  const lines = [['rootfs', rootfs]]
  for (const path of DEFAULT_READONLY_PATHS) lines.push(['readonly', path])
  for (const path of DEFAULT_MASKED_PATHS) lines.push(['mask', path])
  const { hierarchies } = layout
  for (const { mountPoint } of hierarchies) lines.push(['directory', `${mountPoint}/${name}`])
  for (const { mountPoint, controllers } of hierarchies) {
    const directory = `${mountPoint}/${name}`
    if (layout.name === 'v2') lines.push(['born_in', directory], ['device_program', deviceProgram])
    else lines.push(['tasks', `${directory}/tasks`], ['view', directory, controllers.join(',')])
    for (const [file, value] of limits(layout, mountPoint, controllers)) {
      lines.push(['write', `${directory}/${file}`, value])
    }
  }
  return `${lines.map((words) => words.join('\t')).join('\n')}\n`
}

type Write = readonly [file: string, value: string]

function limits(layout: Layout, mountPoint: string, controllers: readonly string[]): readonly Write[] {
  const writes: Write[] = []
  const has = (controller: string): boolean => controllers.includes(controller)
  if (layout.name === 'v1' && has('cpuset')) {
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      writes.push([file, readFileSync(`${mountPoint}/${file}`, 'utf8').trim()])
    }
  }
  if (layout.name === 'v1' && has('devices')) {
    writes.push(['devices.deny', 'a'])
    for (const rule of DEFAULT_DEVICE_RULES) if (rule.allow) writes.push(['devices.allow', deviceLine(rule)])
  }
  if (layout.hasLimits && has('memory')) {
    writes.push([layout.name === 'v1' ? 'memory.limit_in_bytes' : 'memory.max', String(MEMORY_LIMIT_BYTES)])
  }
  if (layout.hasLimits && has('pids')) writes.push(['pids.max', String(PIDS_LIMIT)])
  return writes
}

function deviceLine({ type, major, minor, access }: DeviceRule): string {
  return `${type} ${major ?? '*'}:${minor ?? '*'} ${access}`
}
