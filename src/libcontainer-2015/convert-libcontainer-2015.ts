// Owns the way from a configuration of the original library (June 2015) to one of ours: `config` in its state.json, and
// its sample configurations. Pure; what it returns is checked once more, as every configuration is.

import { signalName } from '../abi/signals.ts'
import type { Capability } from '../config/capability.ts'
import type { ContainerConfig } from '../config/container-config.ts'
import type { Device } from '../config/device.ts'
import type { IdMapping, Namespace, NamespaceType } from '../config/namespace.ts'
import type { Rlimit, RlimitType } from '../config/process.ts'
import { refuseField, refuseValue } from '../config/validate/values/refuse.ts'
import { parseJson } from '../json/parse-json.ts'
import type { Config2015, Device2015, IdMapping2015, Namespace2015, Rlimit2015 } from './config-2015.ts'
import { config2015At } from './config-2015-at.ts'
import { convertCgroup } from './convert-cgroup-2015.ts'
import { convertMounts } from './convert-mounts-2015.ts'
import { convertNetworks, convertRoutes } from './convert-networks-2015.ts'
import { convertSeccomp } from './convert-seccomp-2015.ts'
import { objectsThatTell } from './values-2015.ts'

export interface Converted2015 {
  readonly config: ContainerConfig
  /** What was passed over, or is other than it reads. Each begins with the key of the original. */
  readonly warnings: readonly string[]
}

/**
 * Converts a configuration of the original library. Every field is converted, or refused by its key; keys that the original does not have are passed over, as it did, and named in a warning. What the original
 * left as it was stays so: no filter of system calls and no `no_new_privs` but where it asks for a filter.
 *
 * Its defects are not converted: inheritable capabilities stay empty, attributes of a bind hold without `ro` too,
 * several conditions on a system call must all hold, and a swappiness that is absent is unset.
 * @param json its JSON as text, or as parseJson returns it: JSON.parse loses limits above 2^53
 * @throws `ConfigInvalid`, with the key's path in the original
 */
export function convertLibcontainer2015(json: unknown): Converted2015 {
  const config = typeof json === 'string' ? parseJson(json) : json
  refuseState(config)
  const warnings: string[] = []
  const warn = (text: string) => void warnings.push(text)
  const given = config2015At(objectsThatTell(warn))(config, '')
  if (given.pivot_dir)
    warn('pivot_dir: not needed, as the root is entered without a directory for the old one')
  return { config: convertConfig(given, warn), warnings }
}

/** A whole state.json is the likeliest thing to be handed in by mistake. */
function refuseState(config: unknown): void {
  if (typeof config !== 'object' || config === null || !('init_process_pid' in config)) return
  refuseField('init_process_pid', 'this is a state of 2015, not a configuration', 'convert its "config"')
}

/** Go's zero values of what we have no "absent" for. */
const ZERO = Object.freeze({
  rootfs: '',
  readonlyfs: false,
  no_pivot_root: false,
  parent_death_signal: 0,
  namespaces: [],
  devices: [],
  mask_paths: [],
  readonly_paths: [],
  system_properties: {},
  capabilities: [],
  rlimits: [],
  additional_groups: [],
  networks: [],
  routes: [],
})

function convertConfig(given: Config2015, warn: (text: string) => void): ContainerConfig {
  const { seccomp, cgroups, uid_mappings, gid_mappings, ...rest } = { ...ZERO, ...given }
  const signal = convertSignal(rest.parent_death_signal)
  return {
    rootfs: rest.rootfs,
    readonlyRootfs: rest.readonlyfs,
    noPivotRoot: rest.no_pivot_root,
    namespaces: rest.namespaces.map(convertNamespace),
    ...(uid_mappings && { uidMappings: uid_mappings.map(convertIdMapping) }),
    ...(gid_mappings && { gidMappings: gid_mappings.map(convertIdMapping) }),
    ...(rest.hostname && { hostname: rest.hostname }),
    mounts: convertMounts(given, warn),
    devices: rest.devices.map(convertDevice),
    maskedPaths: rest.mask_paths,
    readonlyPaths: rest.readonly_paths,
    sysctl: rest.system_properties,
    // Names are checked with all others; what we have no name for is refused there.
    capabilities: rest.capabilities as readonly Capability[],
    noNewPrivileges: seccomp !== undefined,
    seccomp: seccomp === undefined ? null : convertSeccomp(seccomp, warn),
    rlimits: rest.rlimits.map(convertRlimit),
    additionalGroups: rest.additional_groups,
    ...(signal && { parentDeathSignal: signal }),
    networks: convertNetworks(rest.networks),
    routes: convertRoutes(rest.routes),
    ...(cgroups && { cgroup: convertCgroup(cgroups, warn) }),
    ...convertLabels(given),
  }
}

function convertLabels({
  apparmor_profile,
  process_label,
  mount_label,
}: Config2015): Pick<ContainerConfig, 'apparmorProfile' | 'selinuxLabel' | 'mountLabel'> {
  return {
    ...(apparmor_profile && { apparmorProfile: apparmor_profile }),
    ...(process_label && { selinuxLabel: process_label }),
    ...(mount_label && { mountLabel: mount_label }),
  }
}

function convertSignal(number: number): string | null {
  if (number === 0) return null
  const name = signalName(number)
  if (name === null) refuseValue('parent_death_signal', 'the number of a signal', number)
  return name
}

const NAMESPACES: Readonly<Record<string, NamespaceType>> = Object.freeze({
  NEWNET: 'network',
  NEWPID: 'pid',
  NEWNS: 'mount',
  NEWUTS: 'uts',
  NEWIPC: 'ipc',
  NEWUSER: 'user',
})

function convertNamespace({ type = '', path }: Namespace2015, index: number): Namespace {
  const known = Object.hasOwn(NAMESPACES, type) ? NAMESPACES[type] : undefined
  if (known === undefined) refuseValue(`namespaces[${index}].type`, Object.keys(NAMESPACES).join(', '), type)
  return path ? { type: known, path } : { type: known }
}

function convertIdMapping({ container_id = 0, host_id = 0, size = 0 }: IdMapping2015): IdMapping {
  return { containerId: container_id, hostId: host_id, size }
}

const PERMISSIONS = 0o7777

/** The permissions of the node are for the list of the cgroup; a node has modes. */
function convertDevice(device: Device2015, index: number): Device {
  const { path = '', major = 0, minor = 0, file_mode = 0, uid = 0, gid = 0 } = device
  return {
    type: deviceType(device.type, `devices[${index}].type`),
    path,
    major,
    minor,
    fileMode: file_mode & PERMISSIONS,
    uid,
    gid,
  }
}

function deviceType(code: number | undefined, at: string): 'c' | 'b' {
  const type = code === undefined ? '' : String.fromCharCode(code)
  if (type !== 'c' && type !== 'b') refuseValue(at, '99 (c) or 98 (b)', code)
  return type
}

/** By their numbers (include/uapi/asm-generic/resource.h). */
const RLIMITS: readonly RlimitType[] = [
  'CPU',
  'FSIZE',
  'DATA',
  'STACK',
  'CORE',
  'RSS',
  'NPROC',
  'NOFILE',
  'MEMLOCK',
  'AS',
  'LOCKS',
  'SIGPENDING',
  'MSGQUEUE',
  'NICE',
  'RTPRIO',
  'RTTIME',
]

function convertRlimit({ type = 0, soft = 0, hard = 0 }: Rlimit2015, index: number): Rlimit {
  const name = RLIMITS[type]
  if (name === undefined)
    refuseValue(`rlimits[${index}].type`, `a number from 0 to ${RLIMITS.length - 1}`, type)
  return { type: name, soft, hard }
}
