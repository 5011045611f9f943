// Owns /dev: nodes, links and ptmx. Everything by the descriptor of the directory, never through a link of the image
// (CVE-2026-41579); what is bound from the host is checked by device number before it is bound (CVE-2025-31133).

import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_CLOEXEC,
  O_NOFOLLOW,
  O_PATH,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  STATX_BASIC_STATS,
} from '../../abi/flags.ts'
import {
  OPEN_HOW_SIZE,
  openHow,
  STATX_MODE,
  STATX_RDEV_MAJOR,
  STATX_RDEV_MINOR,
  STATX_SIZE,
} from '../../abi/structs.ts'
import type { Arch } from '../../abi/syscalls.ts'
import type { ValidConfig, ValidProcess } from '../../config/container-config.ts'
import type { Device } from '../../config/device.ts'
import type { OpArg, Scratch, Slot } from '../../protocol/op.ts'
import type { HostFacts } from '../host-facts.ts'
import type { Planner } from '../planner.ts'
import { planAttach } from './attach.ts'
import { hasNamespace } from './namespaces.ts'
import { isNew, planTarget, type Root } from './target.ts'

const TYPE_BITS = { c: S_IFCHR, b: S_IFBLK, p: S_IFIFO } as const

/** Targets as the programs of a container expect them under /dev. */
const LINKS: readonly (readonly [name: string, target: string])[] = [
  ['fd', '/proc/self/fd'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
  ['core', '/proc/kcore'],
]

/** Whether /dev is the host's own, bound: then nothing in it may be made or removed. */
function isHostDev(config: ValidConfig): boolean {
  return config.mounts.some((mount) => mount.type === 'bind' && mount.destination === '/dev')
}

export function planDevices(
  p: Planner,
  config: ValidConfig,
  process: ValidProcess,
  { arch, caller }: HostFacts,
  root: Root,
): void {
  if (isHostDev(config)) return
  // mknod of a device is refused in a user namespace, whatever its capabilities are.
  const isBound = hasNamespace(config, 'user') || caller.rights !== 'root'
  p.step({ name: 'open', object: '/dev', reason: 'nodes and links are made in it' })
  p.call('umask', [0])
  const dev = planTarget(p, root, '/dev', 'directory')
  const made = new Set<string>()
  config.devices.forEach((device, index) => {
    p.step({
      name: 'make device',
      object: device.path,
      reason: 'asked for',
      field: `devices[${index}]`,
      hints: DEVICE_HINTS,
    })
    const parent = device.path.slice(0, device.path.lastIndexOf('/'))
    const name = device.path.slice(parent.length + 1)
    const kept = { '': root.fd, '/dev': dev }[parent]
    const directory = kept ?? planTarget(p, root, parent, 'directory')
    if (isBound && device.type !== 'p') planBoundDevice(p, device, directory, name, arch)
    else planNode(p, device, directory, name, isNew(root, parent, device.path) && !made.has(device.path))
    made.add(device.path)
    if (kept === undefined) p.close(directory)
  })
  planLinks(p, dev, isNew(root, '/dev', '/dev/ptmx') && !made.has('/dev/ptmx'))
  if (process.terminal) planConsolePlace(p, dev)
  p.close(dev)
}

const DEVICE_HINTS: Readonly<Record<string, string>> = {
  EEXIST: 'the image has something else of that name',
  ENXIO: 'what the host has under that name is another device',
}

/** Linux's encoding of a device number for mknod(2) (include/linux/kdev_t.h, new_encode_dev). */
function encodeDevice(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0
}

function planNode(p: Planner, device: Device, directory: Slot, name: string, fresh: boolean): void {
  const mode = TYPE_BITS[device.type] | (device.fileMode ?? 0o666)
  const number = encodeDevice(device.major ?? 0, device.minor ?? 0)
  const node = [directory, name, mode, number]
  if (fresh) p.call('mknodat', node)
  else {
    p.otherwise('EEXIST', 'mknodat', node, () => {
      planExpectDevice(p, [directory, name, AT_SYMLINK_NOFOLLOW], device, 'EEXIST')
    })
  }
  const uid = device.uid ?? 0
  const gid = device.gid ?? 0
  if (uid !== 0 || gid !== 0) p.call('fchownat', [directory, name, uid, gid, AT_SYMLINK_NOFOLLOW])
}

function planBoundDevice(p: Planner, device: Device, directory: Slot, name: string, arch: Arch): void {
  p.call('mknodat', [directory, name, S_IFREG, 0], { errno: 'EEXIST', skip: 0 })
  const how = openHow(O_PATH | O_CLOEXEC | O_NOFOLLOW[arch], 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS)
  const target = p.open('openat2', [directory, name, { bytes: how }, OPEN_HOW_SIZE])
  const tree = p.open('open_tree', [
    AT_FDCWD,
    device.path,
    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW,
  ])
  planExpectDevice(p, [tree, '', AT_EMPTY_PATH], device, 'ENXIO')
  planAttach(p, tree, target)
  p.close(tree)
}

/** Fails unless what is there is that very device. */
export function planExpectDevice(
  p: Planner,
  place: readonly OpArg[],
  device: Pick<Device, 'type' | 'major' | 'minor'>,
  errno: 'EEXIST' | 'ENXIO',
): void {
  const stat: Scratch = { scratch: STATX_SIZE }
  const code = errno === 'EEXIST' ? 17 : 6
  p.call('statx', [...place, STATX_BASIC_STATS, stat])
  p.call('expect', [{ at: stat, offset: STATX_MODE }, 2, S_IFMT, TYPE_BITS[device.type], code])
  if (device.type === 'p') return
  p.call('expect', [{ at: stat, offset: STATX_RDEV_MAJOR }, 4, 0xffffffff, device.major ?? 0, code])
  p.call('expect', [{ at: stat, offset: STATX_RDEV_MINOR }, 4, 0xffffffff, device.minor ?? 0, code])
}

/** A place for the console, while /dev can still be written to. */
function planConsolePlace(p: Planner, dev: Slot): void {
  p.step({
    name: 'make a place for',
    object: '/dev/console',
    reason: 'the terminal goes there',
    field: 'process.terminal',
  })
  p.call('mknodat', [dev, 'console', S_IFREG | 0o600, 0], { errno: 'EEXIST', skip: 0 })
}

/** @param hasNoPtmx whether nothing has that name */
function planLinks(p: Planner, dev: Slot, hasNoPtmx: boolean): void {
  p.step({
    name: 'make links',
    object: '/dev',
    reason: 'programs expect fd, stdin, stdout, stderr, core and ptmx',
  })
  for (const [name, target] of LINKS) p.call('symlinkat', [target, dev, name], { errno: 'EEXIST', skip: 0 })
  // The host's ptmx would hand out terminals of the host.
  if (!hasNoPtmx) p.call('unlinkat', [dev, 'ptmx', 0], { errno: 'ENOENT', skip: 0 })
  p.call('symlinkat', ['pts/ptmx', dev, 'ptmx'])
  p.step({ name: 'set umask', reason: 'the nodes were made with exact modes' })
  p.call('umask', [0o022])
}
