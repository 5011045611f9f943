// Owns the config.json that a new bundle begins with: what runc and its users agree on. Pure.

import { objectAt } from '../config/validate/values/object-at.ts'
import { OCI_VERSION } from './oci-version.ts'

export interface DefaultSpecOptions {
  /** With a cgroup namespace, as v2 wants it. @default false */
  readonly cgroupNamespace?: boolean
  /** For an ordinary user, who becomes root in a user namespace. @default for root */
  readonly rootless?: { readonly uid: number; readonly gid: number }
}

const CAPABILITIES = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'] as const

const PROCESS = {
  terminal: true,
  user: { uid: 0, gid: 0 },
  args: ['sh'],
  env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'],
  cwd: '/',
  capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
  rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
  noNewPrivileges: true,
} as const

const NOTHING_BUT_DATA = ['nosuid', 'noexec', 'nodev'] as const

const MOUNTS = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  {
    destination: '/dev/shm',
    type: 'tmpfs',
    source: 'shm',
    options: [...NOTHING_BUT_DATA, 'mode=1777', 'size=65536k'],
  },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: NOTHING_BUT_DATA },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...NOTHING_BUT_DATA, 'ro'] },
  {
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: [...NOTHING_BUT_DATA, 'relatime', 'ro'],
  },
] as const

/** The kernel mounts sysfs only for who owns the network namespace, and an ordinary user keeps the host's. */
const SYS_OF_HOST = {
  destination: '/sys',
  type: 'none',
  source: '/sys',
  options: ['rbind', ...NOTHING_BUT_DATA, 'ro'],
} as const

const MASKED_PATHS = [
  ...['/proc/acpi', '/proc/asound', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list'],
  ...['/proc/timer_stats', '/proc/sched_debug', '/sys/firmware', '/proc/scsi'],
] as const

const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'] as const

/** A runtime specification that runs a shell in `rootfs`, ready to be written as JSON. */
export function defaultSpec(options: DefaultSpecOptions = {}): object {
  const { cgroupNamespace = false, rootless } = objectAt(options, 'options')
  const namespaces = ['pid', ...(rootless ? [] : ['network']), 'ipc', 'uts', 'mount']
  if (cgroupNamespace) namespaces.push('cgroup')
  if (rootless) namespaces.push('user')
  return {
    ociVersion: OCI_VERSION,
    process: PROCESS,
    root: { path: 'rootfs', readonly: true },
    hostname: 'runt',
    mounts: rootless ? MOUNTS.map(mountOfUser) : MOUNTS,
    linux: {
      ...(rootless
        ? { uidMappings: [mapTo(rootless.uid)], gidMappings: [mapTo(rootless.gid)] }
        : { resources: { devices: [{ allow: false, access: 'rwm' }] } }),
      namespaces: namespaces.map((type) => ({ type })),
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
    },
  }
}

const mapTo = (hostID: number): object => ({ containerID: 0, hostID, size: 1 })

/** An option that names an id is of no use where one id is mapped alone. */
function mountOfUser(mount: (typeof MOUNTS)[number]): object {
  if (mount.destination === '/sys') return SYS_OF_HOST
  if (!('options' in mount)) return mount
  return { ...mount, options: mount.options.filter((option) => !/^[ug]id=/.test(option)) }
}
