// Owns the containers that the fault tests start: configurations with everything that a start can do, a root
// filesystem of busybox for them, and the place where all of it lies. Faults are made elsewhere.

import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ContainerConfig,
  DEFAULT_MOUNTS,
  type Mount,
  type Namespace,
  type ProcessSpec,
} from 'libcontainer/core'
import type { Scope } from './leftovers.ts'

export interface Place {
  /** Of states. */
  readonly root: string
  readonly rootfs: string
  /** The same, owned by root of the user namespace. */
  readonly mappedRootfs: string
  /** Mounted over the image's, so that users are looked up inside. */
  readonly etc: string
  readonly scope: Scope
}

/** The first id of the range that user namespaces get. */
const MAPPED = 100_000
const COMMANDS = ['sh', 'true', 'sleep', 'cat', 'echo']

/** Makes the place anew; `name` tells tests apart that run at the same time. */
export function makePlace(name: string): Place {
  const directory = join(tmpdir(), `${name}-${process.pid}`)
  const place = placeAt(directory, `${name}_${process.pid}`)
  makeRootfs(place.rootfs, 0)
  makeRootfs(place.mappedRootfs, MAPPED)
  makeEtc(place.etc)
  return place
}

/** The place that another process has made. */
export function placeAt(directory: string, name: string): Place {
  const at = (part: string): string => join(directory, part)
  const scope = { root: at('state'), name }
  return { root: scope.root, rootfs: at('rootfs'), mappedRootfs: at('mapped'), etc: at('etc'), scope }
}

/** Where `placeAt` finds it. */
export function directoryOf(place: Place): string {
  return join(place.root, '..')
}

function makeRootfs(directory: string, owner: number): void {
  mkdirSync(join(directory, 'bin'), { recursive: true })
  if (!existsSync(join(directory, 'bin/busybox')))
    copyFileSync('/usr/bin/busybox', join(directory, 'bin/busybox'))
  for (const command of COMMANDS) symlinkSync('busybox', join(directory, 'bin', command))
  makeEtc(join(directory, 'etc'))
  for (const path of ['', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })]) {
    if (!COMMANDS.some((command) => path === `bin/${command}`)) chownSync(join(directory, path), owner, owner)
  }
}

function makeEtc(directory: string): void {
  mkdirSync(directory)
  writeFileSync(join(directory, 'passwd'), 'root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/tmp:/bin/sh\n')
  writeFileSync(join(directory, 'group'), 'root:x:0:\ndaemon:x:1:\nstaff:x:50:daemon\n')
}

/**
 * - `plain`: no user namespace.
 * - `user`: a new user namespace; the parent opens the trees and writes the maps.
 */
export type Variant = 'plain' | 'user'

const NAMESPACES: readonly Namespace[] = [
  { type: 'mount' },
  { type: 'uts' },
  { type: 'ipc' },
  { type: 'pid' },
  { type: 'network' },
  { type: 'cgroup' },
  { type: 'time' },
]

const ROWS = [{ containerId: 0, hostId: MAPPED, size: 65_536 }]

/** Of the place's own file system, as not every other one can have an id map. */
const mappedBind = (source: string): Mount => ({
  type: 'bind',
  source,
  destination: '/srv',
  recursive: false,
  idMap: { uidMappings: ROWS, gidMappings: ROWS },
})

/** Everything that a configuration can ask for. */
export function fullConfig(place: Place, id: string, variant: Variant): ContainerConfig {
  const map = [{ containerId: 0, hostId: MAPPED, size: 65_536 }]
  return {
    rootfs: variant === 'plain' ? place.rootfs : place.mappedRootfs,
    readonlyRootfs: true,
    namespaces: variant === 'plain' ? NAMESPACES : [{ type: 'user' }, ...NAMESPACES],
    ...(variant === 'user' && { uidMappings: map, gidMappings: map }),
    timeOffsets: { monotonic: { seconds: 100n }, boottime: { seconds: 200n } },
    ...(variant === 'plain' && NETWORK),
    hostname: 'faults',
    domainname: 'faults.example',
    mounts: [
      ...DEFAULT_MOUNTS,
      {
        type: 'tmpfs',
        destination: '/tmp',
        attributes: ['nosuid'],
        propagation: ['rslave'],
        data: 'size=1m,mode=1777',
      },
      {
        type: 'bind',
        source: place.etc,
        destination: '/etc',
        attributes: ['nodev'],
        recursiveAttributes: ['ro', 'nodev'],
      },
      { type: 'bind', source: join(place.etc, 'group'), destination: '/group', recursive: false },
      { type: 'tmpfs', destination: '/home', copyUp: true },
      { type: 'remount', destination: '/dev/shm', attributes: ['nosuid'], data: 'size=2m' },
      ...(variant === 'plain' ? [mappedBind(place.etc)] : []),
    ],
    sysctl: { 'net.ipv4.ip_forward': '1', 'kernel.shm_rmid_forced': '1' },
    rlimits: [
      { type: 'NOFILE', soft: 1024, hard: 4096 },
      { type: 'CORE', soft: 0, hard: 0 },
    ],
    additionalGroups: ['staff'],
    parentDeathSignal: 'KILL',
    cgroup: {
      path: `/${place.scope.name}_of_${id}/${id}`,
      memory: { limitBytes: 64n << 20n },
      cpu: { shares: 512, quotaMicros: 50_000, periodMicros: 100_000 },
      pids: { limit: 30 },
    },
  }
}

/**
 * Joins the user and the pid namespace of a container that runs, and makes the others: with `path`s, by descriptor.
 * With `fork` the pid namespace is a new one: init makes it and goes on in another process.
 */
export function joinedConfig(place: Place, pid: number, fork: boolean): ContainerConfig {
  const path = (name: string): string => `/proc/${pid}/ns/${name}`
  return {
    rootfs: place.mappedRootfs,
    namespaces: [
      { type: 'user', path: path('user') },
      fork ? { type: 'pid' } : { type: 'pid', path: path('pid') },
      { type: 'uts' },
      fork ? { type: 'ipc' } : { type: 'ipc', path: path('ipc') },
      { type: 'network' },
    ],
    mounts: [],
    devices: [],
    maskedPaths: [],
    readonlyPaths: [],
    hostname: 'joined',
  }
}

/** In one variant only: taking a pair down takes the kernel as long as all the rest. */
const NETWORK: Partial<ContainerConfig> = {
  networks: [
    { type: 'loopback' },
    {
      type: 'veth',
      name: 'eth0',
      address: '10.78.0.2/24',
      gateway: '10.78.0.1',
      ipv6Address: '2001:db8:78::2/64',
    },
  ],
  routes: [{ destination: '10.79.0.0/16', gateway: '10.78.0.9', interfaceName: 'eth0' }],
}

/** A process with everything that a process can ask for; it runs until it is killed. */
export const FULL_PROCESS: ProcessSpec = {
  args: ['sleep', '1000'],
  env: ['PATH=/bin'],
  user: 'daemon',
  cwd: '/tmp',
  umask: 0o027,
  oomScoreAdj: 100,
}

/** The configuration of a container as it is made by the thousand: the defaults and a cgroup. */
export function smallConfig(place: Place, id: string): ContainerConfig {
  return {
    rootfs: place.rootfs,
    cgroup: { path: `/${place.scope.name}_of_${id}/${id}`, pids: { limit: 30 } },
  }
}

/** A container with programs of its own at each moment of its life. */
export function hooksConfig(place: Place, id: string): ContainerConfig {
  const hook = { path: '/bin/true', timeoutMs: 60_000 }
  const command = { path: 'true', env: ['PATH=/usr/bin:/bin'] }
  return {
    ...smallConfig(place, id),
    maskedPaths: ['/proc/kcore'],
    mounts: [
      { type: 'tmpfs', destination: '/dev', premountCommands: [command], postmountCommands: [command] },
      { type: 'proc', destination: '/proc' },
    ],
    hooks: {
      prestart: [hook],
      createRuntime: [{ path: '/bin/true' }],
      createContainer: [hook],
      startContainer: [hook],
      poststart: [hook],
      poststop: [hook],
    },
  }
}
