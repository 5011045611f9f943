// Owns the way from the config.json of an OCI bundle to a configuration and a process of ours. Pure; what it returns
// is checked once more, as every configuration is.

import type { ContainerConfig } from '../config/container-config.ts'
import { DEFAULT_DEVICES, DEFAULT_NAMESPACES, DEFAULT_NETWORKS } from '../config/defaults.ts'
import type { Device } from '../config/device.ts'
import type { CgroupMount, Mount } from '../config/mount.ts'
import type { Namespace, TimeOffset, TimeOffsets } from '../config/namespace.ts'
import type { Network } from '../config/network.ts'
import type { ProcessSpec } from '../config/process.ts'
import { propagationAt } from '../config/validate/nouns/normalize-mounts.ts'
import { quoteText } from '../config/validate/values/describe-value.ts'
import { absolutePathAt, cleanPath } from '../config/validate/values/path-at.ts'
import { refuseField } from '../config/validate/values/refuse.ts'
import { convertHooks } from './convert-hooks.ts'
import { convertIdMappings } from './convert-id-mappings.ts'
import { convertIntelRdt } from './convert-intel-rdt.ts'
import { convertMount } from './convert-mount.ts'
import { convertCommand, convertRights } from './convert-process.ts'
import { convertResources } from './convert-resources.ts'
import { convertCpuAffinity, convertMemoryPolicy } from './convert-scheduling.ts'
import { convertSeccomp } from './convert-seccomp.ts'
import { isEmpty } from './is-empty.ts'
import type { RuntimeSpec, SpecDevice, SpecLinux, SpecTimeOffset } from './runtime-spec.ts'
import { specAt } from './spec-at.ts'

export interface ConvertOptions {
  /** The cgroup where the specification has no path; read only then, so it may be a getter. @default no cgroup then */
  readonly cgroupPath?: string | undefined
  /** Who will make the cgroup: for systemd the specification says `slice:prefix:name`. @default 'cgroupfs' */
  readonly cgroupManager?: 'cgroupfs' | 'systemd'
}

export interface ConvertedSpec {
  readonly config: ContainerConfig
  readonly process: ProcessSpec
  /** What the specification says to warn of, and to go on. Each begins with the field. */
  readonly warnings: readonly string[]
  /** What is normal, and of use only to who looks for a mistake. Each begins with the field. */
  readonly remarks: readonly string[]
}

/**
 * Converts a runtime specification (OCI 1.x, Linux) as parseJson returns it. Fields that it does not know are passed
 * over, as the specification wants; those that it knows and we do not apply yet are refused.
 * @param bundle the bundle's directory, absolute: relative paths of the specification start there
 * @throws `ConfigInvalid`, with the field's path in the specification
 */
export function convertSpec(spec: unknown, bundle: string, options: ConvertOptions = {}): ConvertedSpec {
  const base = absolutePathAt(bundle, 'bundle')
  const given = specAt(spec, '')
  const warnings: string[] = []
  const remarks: string[] = []
  const warn = (text: string) => void warnings.push(text)
  const { root, mounts = [], linux = {} } = given
  const { execCPUAffinity: affinity } = given.process
  const inUserNamespace = (linux.namespaces ?? []).some(({ type }) => type === 'user')
  const config: ContainerConfig = {
    rootfs: cleanPath(root.path.startsWith('/') ? root.path : `${base}/${root.path}`),
    readonlyRootfs: root.readonly ?? false,
    ...convertNames(given),
    ...convertLinux(linux, warn),
    ...convertCgroup(withoutOldZero(linux, given.ociVersion), options, warn),
    ...convertRights(given.process, warn),
    ...(affinity && { execCpuAffinity: convertCpuAffinity(affinity) }),
    seccomp: convertSeccomp(linux.seccomp, (text) => void remarks.push(text)),
    mounts: mounts.map((mount, index) =>
      showCgroups(
        convertMount(mount, { bundle: base, at: `mounts[${index}]`, inUserNamespace, warn }),
        linux.namespaces,
      ),
    ),
    ...(given.hooks && !isEmpty(given.hooks) && { hooks: convertHooks(given.hooks) }),
    labels: given.annotations ?? {},
  }
  return { config, process: convertCommand(given.process), warnings, remarks }
}

/**
 * Without a cgroup namespace a container has its cgroup's name from the root, and runtimes show it all cgroups to find
 * it by. One in a user namespace sees its own alone: those of its maker would be its own to write to (CVE-2023-25809).
 */
function showCgroups(mount: Mount, namespaces: SpecLinux['namespaces'] = []): Mount {
  const isApart = namespaces.some(({ type }) => type === 'cgroup' || type === 'user')
  return mount.type === 'cgroup' && !isApart ? ({ ...mount, wholeTree: true } as CgroupMount) : mount
}

function convertNames({
  hostname,
  domainname,
}: RuntimeSpec): Pick<ContainerConfig, 'hostname' | 'domainname'> {
  return { ...(hostname && { hostname }), ...(domainname && { domainname }) }
}

/** Those that need no check, as they are ours. */
const NEW: ReadonlyMap<string, Namespace> = new Map(
  DEFAULT_NAMESPACES.map((namespace) => [namespace.type, namespace]),
)

/** Absent means none here, where our own default is a set; but for the devices, which the specification promises. */
function convertLinux(linux: SpecLinux, warn: (text: string) => void): Partial<ContainerConfig> {
  const { namespaces = [], timeOffsets, rootfsPropagation } = linux
  const hasRoot = namespaces.some(({ type }) => type === 'mount')
  return {
    namespaces: namespaces.map(({ type, path }) => (path ? { type, path } : (NEW.get(type) ?? { type }))),
    ...convertUserMappings(linux, warn),
    ...convertNetDevices(linux),
    ...(timeOffsets && !isEmpty(timeOffsets) && { timeOffsets: convertTimeOffsets(timeOffsets) }),
    ...(rootfsPropagation && {
      rootfsPropagation: propagationAt(rootfsPropagation, 'linux.rootfsPropagation'),
    }),
    devices: convertDevices(linux.devices ?? [], hasRoot ? DEFAULT_DEVICES : [], warn),
    maskedPaths: eachOnce(linux.maskedPaths),
    readonlyPaths: eachOnce(linux.readonlyPaths),
    sysctl: linux.sysctl ?? {},
    ...(linux.personality && { personality: linux.personality.domain }),
    ...(linux.memoryPolicy && { memoryPolicy: convertMemoryPolicy(linux.memoryPolicy) }),
    ...(linux.intelRdt && { intelRdt: convertIntelRdt(linux.intelRdt) }),
    ...(linux.mountLabel && { mountLabel: linux.mountLabel }),
  }
}

/** Beside them a new namespace has its loopback device up, as it has without any. */
function convertNetDevices({
  netDevices = {},
  namespaces = [],
}: SpecLinux): Pick<ContainerConfig, 'networks'> {
  const devices = Object.entries(netDevices).map(
    ([hostInterfaceName, { name }]): Network => ({
      type: 'device',
      hostInterfaceName,
      ...(name && { name }),
    }),
  )
  if (devices.length === 0) return {}
  const isNew = namespaces.some(({ type, path }) => type === 'network' && !path)
  return { networks: [...(isNew ? DEFAULT_NETWORKS : []), ...devices] }
}

/** A namespace that is joined has its own mappings; containerd says them once more. */
function convertUserMappings(
  { namespaces = [], uidMappings, gidMappings }: SpecLinux,
  warn: (text: string) => void,
): Pick<ContainerConfig, 'uidMappings' | 'gidMappings'> {
  const isMapped = (uidMappings?.length ?? 0) > 0 || (gidMappings?.length ?? 0) > 0
  if (isMapped && namespaces.some(({ type, path }) => type === 'user' && path)) {
    warn(
      'linux.uidMappings, linux.gidMappings: the user namespace is joined, and keeps the mappings that it has',
    )
    return {}
  }
  return {
    ...(uidMappings && { uidMappings: convertIdMappings(uidMappings) }),
    ...(gidMappings && { gidMappings: convertIdMappings(gidMappings) }),
  }
}

/** `system.slice:docker:0123` */
const SYSTEMD_PATH = /^[^/:]*:[^/:]*:[^/:]*$/

function eachOnce(paths: readonly string[] | null | undefined): readonly string[] {
  return [...new Set((paths ?? []).map(cleanPath))]
}

/**
 * A limit of 0 processes is one since 1.3.0. Before, it was none, and callers that write an older version mean that:
 * podman does for `--pids-limit=-1`.
 */
function withoutOldZero(linux: SpecLinux, ociVersion: string): SpecLinux {
  if (Number(linux.resources?.pids?.limit) !== 0 || !/^1\.[0-2]\./.test(ociVersion)) return linux
  const { pids, ...resources } = linux.resources ?? {}
  return { ...linux, resources }
}

function convertCgroup(
  { cgroupsPath, resources = {} }: SpecLinux,
  options: ConvertOptions,
  warn: (text: string) => void,
): Pick<ContainerConfig, 'cgroup'> {
  if (cgroupsPath && SYSTEMD_PATH.test(cgroupsPath) && options.cgroupManager !== 'systemd')
    refuseField(
      'linux.cgroupsPath',
      'slice, prefix and name are for systemd, which is not asked to make the cgroup',
      'ask it, by --systemd-cgroup or the cgroupManager of the factory; or write a path',
    )
  // As runc has it, an absolute path cannot lead out of the root; a relative one that would is refused later.
  const path = (cgroupsPath?.startsWith('/') ? cleanPath(cgroupsPath) : cgroupsPath) || options.cgroupPath
  if (path) return { cgroup: convertResources(path, resources, warn) }
  const { devices = [], ...limits } = resources
  if (!isEmpty(limits))
    refuseField('linux.cgroupsPath', 'expected a path, for linux.resources to be set there')
  if (devices.length > 0) warn('linux.resources.devices: there is no cgroup to hold these rules')
  return {}
}

function convertTimeOffsets({ monotonic, boottime }: NonNullable<SpecLinux['timeOffsets']>): TimeOffsets {
  return {
    ...(monotonic && { monotonic: convertTimeOffset(monotonic) }),
    ...(boottime && { boottime: convertTimeOffset(boottime) }),
  }
}

function convertTimeOffset({ secs = 0, nanosecs = 0 }: SpecTimeOffset): TimeOffset {
  return { seconds: BigInt(secs), nanoseconds: nanosecs }
}

/**
 * First those of the specification; each takes the place of a default one with its path. As runc and crun have it, the
 * first of a path is made.
 */
function convertDevices(
  devices: readonly SpecDevice[],
  defaults: readonly Device[],
  warn: (text: string) => void,
): readonly Device[] {
  const byPath = new Map<string, Device>()
  devices.map(convertDevice).forEach((device, index) => {
    if (byPath.has(device.path))
      warn(
        `linux.devices[${index}].path: ${quoteText(device.path)} was given before, and this one is left out`,
      )
    else byPath.set(device.path, device)
  })
  return [...byPath.values(), ...defaults.filter(({ path }) => !byPath.has(path))]
}

const S_IFMT = 0o170000

/**
 * `u` is an old name of `c` (mknod(1)); the type may be said once more in the mode, as stat(2) has it; the numbers of a
 * FIFO say nothing, and some generators write them.
 */
function convertDevice({ fileMode, major, minor, ...device }: SpecDevice): Device {
  return {
    ...device,
    type: device.type === 'u' ? 'c' : device.type,
    path: cleanPath(device.path),
    ...(device.type !== 'p' && { major, minor }),
    ...(fileMode !== undefined && { fileMode: fileMode & ~S_IFMT }),
  }
}
