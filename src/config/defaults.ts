// Owns the safe default set: what a container gets when its configuration says nothing. Every set is frozen and
// exported, so that a caller can spread and change it; nothing here looks at the host.

import type { Capability } from './capability.ts'
import type { Device, DeviceRule } from './device.ts'
import type { Mount } from './mount.ts'
import type { IdMapping, Namespace, NamespaceType } from './namespace.ts'
import type { Network } from './network.ts'

function frozen<T extends object>(items: readonly T[]): readonly T[] {
  return Object.freeze(items.map((item) => Object.freeze(item)))
}

/** Everything that needs no further configuration: user and time namespaces are the caller's choice. */
export const DEFAULT_NAMESPACES: readonly Namespace[] = frozen<Namespace>([
  { type: 'mount' },
  { type: 'uts' },
  { type: 'ipc' },
  { type: 'pid' },
  { type: 'network' },
  { type: 'cgroup' },
])

const PLAIN = Object.freeze(['nosuid', 'noexec', 'nodev'] as const)
const DEVPTS_DATA = 'newinstance,ptmxmode=0666,mode=0620'

/** The file systems that the OCI runtime specification lists (config-linux.md), as `runc spec` writes them. */
export const DEFAULT_MOUNTS: readonly Mount[] = frozen<Mount>([
  { type: 'proc', source: 'proc', destination: '/proc', attributes: PLAIN },
  {
    type: 'tmpfs',
    source: 'tmpfs',
    destination: '/dev',
    attributes: Object.freeze(['nosuid', 'strictatime'] as const),
    data: 'mode=755,size=65536k',
  },
  {
    type: 'devpts',
    source: 'devpts',
    destination: '/dev/pts',
    attributes: Object.freeze(['nosuid', 'noexec'] as const),
    data: `${DEVPTS_DATA},gid=5`,
  },
  {
    type: 'tmpfs',
    source: 'shm',
    destination: '/dev/shm',
    attributes: PLAIN,
    data: 'mode=1777,size=65536k',
  },
  { type: 'mqueue', source: 'mqueue', destination: '/dev/mqueue', attributes: PLAIN },
  {
    type: 'sysfs',
    source: 'sysfs',
    destination: '/sys',
    attributes: Object.freeze([...PLAIN, 'ro'] as const),
  },
  {
    type: 'cgroup',
    destination: '/sys/fs/cgroup',
    attributes: Object.freeze([...PLAIN, 'relatime', 'ro'] as const),
  },
])

function characterDevice(path: string, major: number, minor: number): Device {
  return { type: 'c', path, major, minor, fileMode: 0o666, uid: 0, gid: 0 }
}

/** The nodes that the OCI runtime specification promises, but for console and ptmx, which are links and binds. */
export const DEFAULT_DEVICES: readonly Device[] = frozen([
  characterDevice('/dev/null', 1, 3),
  characterDevice('/dev/zero', 1, 5),
  characterDevice('/dev/full', 1, 7),
  characterDevice('/dev/tty', 5, 0),
  characterDevice('/dev/random', 1, 8),
  characterDevice('/dev/urandom', 1, 9),
])

function allowed(major: number, minor?: number): DeviceRule {
  const numbers = minor === undefined ? { major } : { major, minor }
  return { allow: true, type: 'c', ...numbers, access: 'rwm' }
}

/** Nothing but the default nodes, terminals and tun; making any node is allowed, opening it is not (as in runc). */
export const DEFAULT_DEVICE_RULES: readonly DeviceRule[] = frozen([
  { allow: false, type: 'a', access: 'rwm' },
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  allowed(1, 3),
  allowed(1, 5),
  allowed(1, 7),
  allowed(5, 0),
  allowed(1, 8),
  allowed(1, 9),
  allowed(5, 2),
  allowed(136),
  allowed(10, 200),
])

/** What tells about the host, or works on it: `runc spec`, and powercap (CVE-2020-8694: power meters leak keys). */
export const DEFAULT_MASKED_PATHS: readonly string[] = Object.freeze([
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
])

/** What acts on the host when it is written to; as `runc spec` writes it. */
export const DEFAULT_READONLY_PATHS: readonly string[] = Object.freeze([
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
])

/** The 14 of the original's template. They bound what root may do in the container. */
export const DEFAULT_CAPABILITIES: readonly Capability[] = Object.freeze([
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
] as const)

/** A new network namespace has a loopback device that is down. */
export const DEFAULT_NETWORKS: readonly Network[] = frozen<Network>([{ type: 'loopback' }])

/**
 * DEFAULT_MOUNTS as far as the namespaces allow them. Inside a user namespace the kernel mounts `proc`, `sysfs` and
 * `mqueue` only for the owner of the pid, network or ipc namespace that they show: where that namespace is shared
 * with the host, the host's own mount is bound instead. And `gid=5` (the tty group) needs gid 5 to be mapped.
 */
export function defaultMounts(
  namespaces: readonly Namespace[],
  gidMappings: readonly IdMapping[],
): readonly Mount[] {
  if (!namespaces.some(({ type }) => type === 'user')) return DEFAULT_MOUNTS
  const isOwned = (owner: NamespaceType) =>
    namespaces.some(({ type, path }) => type === owner && path === undefined)
  const isTtyMapped = gidMappings.some(({ containerId, size }) => containerId <= 5 && containerId + size > 5)
  return frozen(
    DEFAULT_MOUNTS.map((mount): Mount => {
      const owner = SHOWS[mount.type]
      if (owner !== undefined && !isOwned(owner)) return bindOf(mount)
      return mount.type === 'devpts' && !isTtyMapped ? { ...mount, data: DEVPTS_DATA } : mount
    }),
  )
}

const SHOWS: Readonly<Record<string, NamespaceType>> = Object.freeze({
  proc: 'pid',
  sysfs: 'network',
  mqueue: 'ipc',
})

// Recursive, because the kernel refuses a bind that would uncover what is mounted below (mount_namespaces(7)).
function bindOf({ destination, attributes = [] }: Mount): Mount {
  return {
    type: 'bind',
    source: destination,
    destination,
    recursive: true,
    attributes,
  }
}
