// Owns choosing the manager for a machine, and where a container's cgroups are: from a configuration, or from the
// paths in a state file, which are believed only where they lead into a cgroup file system.

import { ERRNO } from '../abi/errno.ts'
import { CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC } from '../abi/flags.ts'
import { STATFS_SIZE } from '../abi/structs.ts'
import type { CgroupConfig } from '../config/cgroup.ts'
import { LibcontainerError } from '../errors.ts'
import type { Kernel } from '../system/kernel.ts'
import { syscall } from '../system/syscall.ts'
import { isRootOfMachine } from './device-privilege.ts'
import { DevicePrograms } from './devices/device-programs.ts'
import type { CgroupHierarchies, CgroupHierarchy, CgroupPlace } from './hierarchies.ts'
import { locateCgroup } from './locate-cgroup.ts'
import type { CgroupManager, CgroupUnit } from './manager.ts'
import { UNIFIED } from './manager-input.ts'
import { labelProperties } from './systemd/label-properties.ts'
import { SystemdCgroupManager } from './systemd/manager.ts'
import { expandSlice, parseUnitName } from './systemd/unit-name.ts'
import { userOfBus } from './systemd/user-of-bus.ts'
import { CgroupV1Manager } from './v1/manager.ts'
import { CgroupV2Manager } from './v2/manager.ts'

export interface CgroupOptions {
  /** How long to wait for the kernel to freeze, thaw or let go of processes. @default 10000 */
  readonly timeoutMs?: number
}

export interface CreateCgroupOptions extends CgroupOptions {
  /** The container's id, where systemd makes the cgroup: `cgroup.path` is `slice:prefix:name` then. @default null */
  readonly systemd?: string | null
  /** The container's labels, some of which are for systemd. @default none */
  readonly labels?: Readonly<Record<string, string>>
  /** v2: the user of the host whose the cgroup becomes. @default null, the caller's */
  readonly owner?: number | null
}

const DEFAULT_TIMEOUT_MS = 10_000

/**
 * The manager for a new container. Nothing is made before its `create`.
 * @throws LibcontainerError ConfigInvalid for a path that is not one; SystemError for a relative path where the
 * caller's own cgroup is not below the mount
 */
export function createCgroupManager(
  kernel: Kernel,
  hierarchies: CgroupHierarchies,
  config: CgroupConfig,
  { timeoutMs = DEFAULT_TIMEOUT_MS, systemd = null, owner = null, labels = {} }: CreateCgroupOptions = {},
): CgroupManager {
  if (systemd === null) return createFileManager(kernel, hierarchies, config, timeoutMs, owner)
  const bus = isRootOfMachine(kernel) ? 'system' : 'user'
  const { unit: name, slice } = parseUnitName(config.path, bus)
  const above = bus === 'system' ? '' : userManagerCgroup(kernel, hierarchies)
  const path = `${above}${expandSlice(name.endsWith('.slice') ? name : slice)}${name.endsWith('.slice') ? '' : `/${name}`}`
  const files = createFileManager(kernel, hierarchies, { ...config, path }, timeoutMs, owner)
  return new SystemdCgroupManager({
    kernel,
    files,
    unit: { name, bus },
    made: { id: systemd, slice, config, asked: labelProperties(labels) },
  })
}

/** The cgroup of the user's manager, in which its units are: ours is in it, or it is where systemd puts it. */
function userManagerCgroup(kernel: Kernel, { unified }: CgroupHierarchies): string {
  const uid = userOfBus(kernel)
  const service = `/user@${uid}.service`
  const own = unified?.own ?? ''
  const at = `${own}/`.indexOf(`${service}/`)
  return at >= 0 ? own.slice(0, at + service.length) : `/user.slice/user-${uid}.slice${service}`
}

function createFileManager(
  kernel: Kernel,
  hierarchies: CgroupHierarchies,
  config: CgroupConfig,
  timeoutMs: number,
  owner: number | null,
): CgroupManager {
  const { version, v1, unified, devicePrograms } = hierarchies
  const input = { kernel, config, timeoutMs }
  const locate = (hierarchy: CgroupHierarchy): CgroupPlace => ({
    controllers: hierarchy.controllers,
    directory: locateCgroup(version, hierarchy, config.path),
    mountPoint: hierarchy.mountPoint,
  })
  if (version === 2 && unified !== null) {
    return new CgroupV2Manager({ ...input, places: [locate(unified)], devicePrograms, owner })
  }
  const places = v1.map(locate)
  // On a hybrid machine: what controllers v2 has there are left alone.
  if (unified !== null) places.push({ ...locate(unified), controllers: [UNIFIED] })
  return new CgroupV1Manager({ ...input, places })
}

/**
 * The manager for the cgroups of a container that was made before.
 * @param paths as `CgroupManager.paths` gave them
 * @param unit as `CgroupManager.unit` gave it
 * @throws LibcontainerError SystemError for a path that is not in a cgroup file system
 */
export function loadCgroupManager(
  kernel: Kernel,
  paths: Readonly<Record<string, string>>,
  unit: CgroupUnit | null = null,
  { timeoutMs = DEFAULT_TIMEOUT_MS }: CgroupOptions = {},
): CgroupManager {
  const files = loadFileManager(kernel, paths, timeoutMs)
  return unit === null ? files : new SystemdCgroupManager({ kernel, files, unit, made: null })
}

function loadFileManager(
  kernel: Kernel,
  paths: Readonly<Record<string, string>>,
  timeoutMs: number,
): CgroupManager {
  const byDirectory = new Map<string, CgroupPlace & { readonly controllers: string[] }>()
  for (const name of Object.keys(paths)) {
    const directory = paths[name] as string
    const shared = byDirectory.get(directory)
    if (shared !== undefined) {
      shared.controllers.push(name)
      continue
    }
    checkSavedPath(kernel, directory)
    byDirectory.set(directory, { controllers: [name], directory, mountPoint: '' })
  }
  const places = [...byDirectory.values()]
  const [first] = places
  if (first === undefined) throw refuseSaved('', 'there is none')
  const input = { kernel, config: null, timeoutMs }
  if (places.length > 1 || !first.controllers.includes(UNIFIED))
    return new CgroupV1Manager({ ...input, places })
  return new CgroupV2Manager({
    ...input,
    places: [first],
    devicePrograms: new DevicePrograms(kernel),
    owner: null,
  })
}

/** Absolute; every part has a name that is none of `.`, `..` and nothing. */
const CLEAN = /^(?:\/(?!\.{0,2}(?:\/|$))[^/\0]+)+$/

// A state file that was tampered with must not make us write to, or remove, other directories. What does not exist
// is let through: the machine was started anew, and there is nothing to do.
function checkSavedPath(kernel: Kernel, path: string): void {
  if (!CLEAN.test(path)) throw refuseSaved(path, 'it is not an absolute, clean path')
  // What is below a directory of a cgroup file system is in it as well, and not the root of its hierarchy.
  const above = readMagic(kernel, `${path}/..`)
  if (above === -ERRNO.ENOENT || isCgroupMagic(above)) return
  if (isCgroupMagic(readMagic(kernel, path))) throw refuseSaved(path, 'it is the root of a hierarchy')
  throw refuseSaved(path, 'it is not in a cgroup file system')
}

function isCgroupMagic(magic: number): boolean {
  return magic === CGROUP_SUPER_MAGIC || magic === CGROUP2_SUPER_MAGIC
}

// The type of the file system, or the negated errno.
function readMagic(kernel: Kernel, path: string): number {
  const statfs = new Uint8Array(STATFS_SIZE)
  const result = syscall(kernel, 'statfs', path, statfs)
  return result < 0 ? result : new DataView(statfs.buffer).getUint32(0, true)
}

function refuseSaved(path: string, reason: string): LibcontainerError {
  const hint = 'the state file was changed, or is of another machine'
  return new LibcontainerError({
    code: 'SystemError',
    action: 'use the saved cgroup path',
    object: path,
    reason,
    hint,
  })
}
