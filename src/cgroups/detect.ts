// Owns finding the cgroup hierarchies of the machine: which are mounted, where, and where the caller is in them.
// It is read once and handed on as a value: never on the way of a start.

import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID } from '../abi/flags.ts'
import { STATX_SIZE } from '../abi/structs.ts'
import { LibcontainerError } from '../errors.ts'
import { readText } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { type MountInfo, parseMountinfo } from '../system/mountinfo.ts'
import { parseCgroupFile } from '../system/procfs.ts'
import { syscall } from '../system/syscall.ts'
import { DevicePrograms } from './devices/device-programs.ts'
import type { CgroupHierarchies, CgroupHierarchy } from './hierarchies.ts'
import { readUsualTree } from './usual-tree.ts'

/** The key of the v2 hierarchy in what parseCgroupFile returns. */
const UNIFIED = ''
const NAMED = 'name='

/**
 * The hierarchies that the caller can reach.
 * @throws LibcontainerError SystemError when no cgroup file system is mounted
 */
export function readCgroupHierarchies(kernel: Kernel): CgroupHierarchies {
  const own = parseCgroupFile(readText(kernel, '/proc/self/cgroup'))
  const found = readUsualTree(kernel, own) ?? searchMounts(kernel, own)
  const devicePrograms = new DevicePrograms(kernel)
  if (found.unified === null) return { ...found, devicePrograms }
  const handedOut = readText(kernel, `${found.unified.mountPoint}/cgroup.controllers`).trim()
  return {
    ...found,
    devicePrograms,
    unified: { ...found.unified, controllers: handedOut === '' ? [] : handedOut.split(' ') },
  }
}

function searchMounts(kernel: Kernel, own: ReadonlyMap<string, string>): FoundHierarchies {
  const mounts = parseMountinfo(linesOfCgroups(readText(kernel, '/proc/self/mountinfo')))
  const statx = new Uint32Array(STATX_SIZE / 4)
  const found = findHierarchies(mounts, own, (mount) => isVisible(kernel, mount, statx))
  if (found !== null) return found
  throw new LibcontainerError({
    code: 'SystemError',
    action: 'find the cgroup hierarchies',
    reason: 'no cgroup file system is mounted',
    hint: 'mount -t cgroup2 none /sys/fs/cgroup',
  })
}

/** Of what may be hundreds of lines a few are ours; a blank in a path is escaped there, so the mark is in no path. */
function linesOfCgroups(mountinfo: string): string {
  let lines = ''
  let at = mountinfo.indexOf(' - cgroup')
  while (at >= 0) {
    const end = mountinfo.indexOf('\n', at) + 1 || mountinfo.length
    lines += mountinfo.slice(mountinfo.lastIndexOf('\n', at) + 1, end)
    at = mountinfo.indexOf(' - cgroup', end)
  }
  return lines
}

type FoundHierarchies = Omit<CgroupHierarchies, 'devicePrograms'>

/** The same from the contents of the files; the controllers of v2 are left empty. Pure but for `isVisible`. */
export function findHierarchies(
  mounts: readonly MountInfo[],
  own: ReadonlyMap<string, string>,
  isVisible: (mount: MountInfo) => boolean,
): FoundHierarchies | null {
  const hierarchies = new Map<string, CgroupHierarchy>()
  const chosen = new Map<string, MountInfo>()
  for (const mount of mounts) {
    if (mount.filesystem !== 'cgroup' && mount.filesystem !== 'cgroup2') continue
    const { mountPoint, root } = mount
    // A v1 mount names its controllers among its options; the kernel's own list tells which of them are controllers.
    const controllers =
      mount.filesystem === 'cgroup2' ? [] : mount.superOptions.filter((option) => own.has(option))
    const key = mount.filesystem === 'cgroup2' ? UNIFIED : controllers[0]
    if (key === undefined || !isBetter(mount, chosen.get(key)) || !isVisible(mount)) continue
    chosen.set(key, mount)
    hierarchies.set(key, { controllers, mountPoint, root, own: own.get(key) ?? '/' })
  }
  const unified = hierarchies.get(UNIFIED) ?? null
  const v1 = [...hierarchies.values()].filter((hierarchy) => hierarchy !== unified)
  // Named hierarchies alone control nothing: beside v2 they are left to whoever mounted them.
  if (v1.some(({ controllers }) => !controllers[0]?.startsWith(NAMED))) return { version: 1, v1, unified }
  return unified === null ? null : { version: 2, v1: [], unified }
}

/**
 * The same hierarchy may be mounted again, for a container say: one that can be written counts before one that cannot,
 * and of these the one that shows most.
 */
function isBetter(mount: MountInfo, known: MountInfo | undefined): boolean {
  if (known === undefined) return true
  if (isReadonly(mount) !== isReadonly(known)) return isReadonly(known)
  return mount.root.length < known.root.length
}

function isReadonly({ options, superOptions }: MountInfo): boolean {
  return options.includes('ro') || superOptions.includes('ro')
}

const STATX_OFFSET_MNT_ID = 144

// A mount that another one covers is still in mountinfo, and its path leads elsewhere.
function isVisible(kernel: Kernel, { id, mountPoint }: MountInfo, statx: Uint32Array<ArrayBuffer>): boolean {
  const bytes = new Uint8Array(statx.buffer)
  if (syscall(kernel, 'statx', AT_FDCWD, mountPoint, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, bytes) < 0)
    return false
  const isTold = ((statx[0] as number) & STATX_MNT_ID) !== 0
  // An int of the kernel, in 64 bits.
  return !isTold || statx[STATX_OFFSET_MNT_ID / 4] === id
}
