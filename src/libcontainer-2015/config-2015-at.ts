// Owns how a configuration of 2015 is read: a reader for each of its keys. What comes out has the names, the codes and
// the units of the original.

import { int64At, integerAt, listOf, textsAt } from '../config/validate/values/json-values.ts'
import { mapAt, type Reader } from '../config/validate/values/record-at.ts'
import { booleanAt, textAt } from '../config/validate/values/scalar-at.ts'
import { cgroup2015At } from './cgroup-2015-at.ts'
import type {
  Command2015,
  Config2015,
  Device2015,
  IdMapping2015,
  Mount2015,
  Namespace2015,
  Network2015,
  Rlimit2015,
  Route2015,
  Seccomp2015,
  Syscall2015,
  SyscallArg2015,
} from './config-2015.ts'
import type { ObjectReader } from './values-2015.ts'

/** The reader of a whole configuration. */
export function config2015At(object: ObjectReader): Reader<Config2015> {
  const idMappings = listOf(
    object<IdMapping2015>('an id mapping', { container_id: integerAt, host_id: integerAt, size: integerAt }),
  )
  return object<Config2015>('a configuration', {
    no_pivot_root: booleanAt,
    parent_death_signal: integerAt,
    pivot_dir: textAt,
    rootfs: textAt,
    readonlyfs: booleanAt,
    privatefs: booleanAt,
    mounts: listOf(mountAt(object)),
    devices: listOf(device2015At(object)),
    mount_label: textAt,
    hostname: textAt,
    namespaces: listOf(object<Namespace2015>('a namespace', { type: textAt, path: textAt })),
    capabilities: textsAt,
    networks: listOf(networkAt(object)),
    routes: listOf(
      object<Route2015>('a route', {
        destination: textAt,
        source: textAt,
        gateway: textAt,
        interface_name: textAt,
      }),
    ),
    cgroups: cgroup2015At(object, device2015At(object)),
    apparmor_profile: textAt,
    process_label: textAt,
    rlimits: listOf(object<Rlimit2015>('a limit', { type: integerAt, hard: int64At, soft: int64At })),
    additional_groups: textsAt,
    uid_mappings: idMappings,
    gid_mappings: idMappings,
    mask_paths: textsAt,
    readonly_paths: textsAt,
    system_properties: (value, at) =>
      mapAt(value, at, 'kernel parameters', (_, text, field) => textAt(text, field)),
    seccomp: seccompAt(object),
  })
}

function mountAt(object: ObjectReader): Reader<Mount2015> {
  const commands = listOf(
    object<Command2015>('a command', { path: textAt, args: textsAt, env: textsAt, dir: textAt }),
  )
  return object<Mount2015>('a mount', {
    source: textAt,
    destination: textAt,
    device: textAt,
    flags: integerAt,
    data: textAt,
    relabel: textAt,
    premount_cmds: commands,
    postmount_cmds: commands,
  })
}

function device2015At(object: ObjectReader): Reader<Device2015> {
  return object<Device2015>('a device', {
    type: integerAt,
    path: textAt,
    major: integerAt,
    minor: integerAt,
    permissions: textAt,
    file_mode: integerAt,
    uid: integerAt,
    gid: integerAt,
  })
}

function networkAt(object: ObjectReader): Reader<Network2015> {
  return object<Network2015>('a network', {
    type: textAt,
    name: textAt,
    bridge: textAt,
    mac_address: textAt,
    address: textAt,
    gateway: textAt,
    ipv6_address: textAt,
    ipv6_gateway: textAt,
    mtu: integerAt,
    txqueuelen: integerAt,
    host_interface_name: textAt,
    hairpin_mode: booleanAt,
  })
}

function seccompAt(object: ObjectReader): Reader<Seccomp2015> {
  const args = listOf(
    object<SyscallArg2015>('a condition', { index: integerAt, value: int64At, op: integerAt }),
  )
  return object<Seccomp2015>('a filter', {
    syscalls: listOf(object<Syscall2015>('a system call', { value: integerAt, action: integerAt, args })),
  })
}
