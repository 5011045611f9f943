// Owns the features document of the OCI runtime specification (features.md): what of it works here. Nothing is
// claimed: each name that the specification has is asked of the conversion itself. Pure.

import { CAPABILITIES } from '../config/capability.ts'
import { isLibcontainerError } from '../errors.ts'
import { type ConvertedSpec, convertSpec } from './convert-spec.ts'
import { OCI_VERSION } from './oci-version.ts'

export interface Features {
  readonly ociVersionMin: string
  readonly ociVersionMax: string
  readonly hooks: readonly string[]
  readonly mountOptions: readonly string[]
  readonly linux: {
    readonly namespaces: readonly string[]
    readonly capabilities: readonly string[]
    readonly cgroup: Readonly<Record<'v1' | 'v2' | 'systemd' | 'systemdUser' | 'rdma', boolean>>
    readonly seccomp: SeccompFeatures
    readonly apparmor: Enabled
    readonly selinux: Enabled
    readonly intelRdt: Readonly<Record<'enabled' | 'schemata' | 'monitoring', boolean>>
    readonly memoryPolicy: Readonly<Record<'modes' | 'flags', readonly string[]>>
    readonly mountExtensions: { readonly idmap: Enabled }
    readonly netDevices: Enabled
  }
}

interface Enabled {
  readonly enabled: boolean
}

interface SeccompFeatures
  extends Enabled,
    Readonly<
      Record<'actions' | 'operators' | 'archs' | 'knownFlags' | 'supportedFlags', readonly string[]>
    > {}

const names = (text: string): readonly string[] => text.trim().split(/\s+/)

const NAMESPACES = names('cgroup ipc mount network pid time user uts')
const HOOKS = names('prestart createRuntime createContainer startContainer poststart poststop')

/** Those of the specification (config.md, "Linux mount options"), sorted. */
const MOUNT_OPTIONS = names(`
  async atime bind defaults dev diratime dirsync exec idmap iversion lazytime loud mand noatime nodev nodiratime noexec
  noiversion nolazytime nomand norelatime nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime
  remount rexec ridmap rnoatime rnodev rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow ro rprivate
  rrelatime rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid
  symfollow sync tmpcopyup unbindable`)

const ACTIONS = names('ALLOW ERRNO KILL KILL_PROCESS KILL_THREAD LOG NOTIFY TRACE TRAP')
const OPERATORS = names('EQ GE GT LE LT MASKED_EQ NE')
const ARCHITECTURES = names('AARCH64 ARM X32 X86 X86_64')
const SECCOMP_FLAGS = names('LOG SPEC_ALLOW TSYNC WAIT_KILLABLE_RECV')
const POLICY_MODES =
  names(`MPOL_BIND MPOL_DEFAULT MPOL_INTERLEAVE MPOL_LOCAL MPOL_PREFERRED MPOL_PREFERRED_MANY
  MPOL_WEIGHTED_INTERLEAVE`)
const POLICY_FLAGS = names('MPOL_F_NUMA_BALANCING MPOL_F_RELATIVE_NODES MPOL_F_STATIC_NODES')

export function specFeatures(): Features {
  return {
    ociVersionMin: '1.0.0',
    ociVersionMax: OCI_VERSION,
    hooks: HOOKS.filter((kind) => converts({ hooks: { [kind]: [{ path: '/hook' }] } })),
    mountOptions: MOUNT_OPTIONS.filter(isMountOption),
    linux: {
      namespaces: NAMESPACES.filter((type) => converts(linux({ namespaces: [{ type }] }))),
      capabilities: CAPABILITIES.map((name) => `CAP_${name}`),
      cgroup: {
        v1: true,
        v2: true,
        systemd: true,
        systemdUser: true,
        rdma: converts(linux({ cgroupsPath: '/x', resources: { rdma: { mlx: { hcaHandles: 1 } } } })),
      },
      seccomp: seccompFeatures(),
      apparmor: { enabled: converts({ process: { ...PROCESS, apparmorProfile: 'x' } }) },
      selinux: { enabled: converts({ process: { ...PROCESS, selinuxLabel: 'x' } }) },
      intelRdt: {
        enabled: converts(linux({ intelRdt: { closID: 'x' } })),
        schemata: converts(linux({ intelRdt: { schemata: ['L3:0=f'] } })),
        monitoring: converts(linux({ intelRdt: { enableMonitoring: true } })),
      },
      memoryPolicy: {
        modes: POLICY_MODES.filter((mode) => converts(linux({ memoryPolicy: { mode, nodes: '0' } }))),
        flags: POLICY_FLAGS.filter((flag) =>
          converts(linux({ memoryPolicy: { mode: 'MPOL_BIND', nodes: '0', flags: [flag] } })),
        ),
      },
      mountExtensions: { idmap: { enabled: isMountOption('idmap') } },
      netDevices: { enabled: converts(linux({ netDevices: { eth0: { name: 'eth1' } } })) },
    },
  }
}

function seccompFeatures(): SeccompFeatures {
  const works = (more: object): boolean => {
    const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', ...more }
    return converts(linux({ seccomp }))
  }
  const allFlags = SECCOMP_FLAGS.map((name) => `SECCOMP_FILTER_FLAG_${name}`)
  const flags = allFlags.filter((flag) => works({ flags: [flag] }))
  const rule = (op: string): object => ({
    names: ['read'],
    action: 'SCMP_ACT_LOG',
    args: [{ index: 0, value: 1, valueTwo: 1, op }],
  })
  return {
    enabled: true,
    actions: ACTIONS.map((name) => `SCMP_ACT_${name}`).filter((defaultAction) => works({ defaultAction })),
    operators: OPERATORS.map((name) => `SCMP_CMP_${name}`).filter((op) => works({ syscalls: [rule(op)] })),
    archs: ARCHITECTURES.map((name) => `SCMP_ARCH_${name}`).filter((arch) =>
      works({ architectures: [arch] }),
    ),
    knownFlags: flags,
    supportedFlags: flags,
  }
}

const PROCESS = { args: ['x'], cwd: '/' }

const linux = (linux: object): object => ({ linux })

function convert(more: object): ConvertedSpec | null {
  try {
    return convertSpec({ ociVersion: OCI_VERSION, root: { path: '/x' }, process: PROCESS, ...more }, '/x')
  } catch (error) {
    if (isLibcontainerError(error)) return null
    throw error
  }
}

/** Not refused, and not with a warning that it is left out either. */
function converts(more: object): boolean {
  return convert(more)?.warnings.length === 0
}

/** Those of every file system, which go to it with its own. */
const OF_FILE_SYSTEM = names('dirsync lazytime mand sync')

function isMountOption(option: string): boolean {
  const rows = [{ containerID: 0, hostID: 1000, size: 1 }]
  const maps = /^r?idmap$/.test(option) ? { uidMappings: rows, gidMappings: rows } : {}
  const mounts = (type: string): object => ({
    mounts: [{ destination: '/x', source: '/y', type, options: [option], ...maps }],
  })
  if (converts(mounts('bind'))) return true
  // What a file system makes of an unknown word is its own affair, and no feature of ours.
  const [mount] = convert(mounts('tmpfs'))?.config.mounts ?? []
  if (mount === undefined || !converts(mounts('tmpfs'))) return false
  return OF_FILE_SYSTEM.includes(option) || !('data' in mount) || !mount.data
}
