// Owns reading device nodes of the host, for callers who give some of them to a container. It looks at nodes and never
// opens one: opening a device may do something.

import { ERRNO } from '../abi/errno.ts'
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFMT,
} from '../abi/flags.ts'
import { OPEN_HOW_SIZE, openHow } from '../abi/structs.ts'
import type { Device } from '../config/device.ts'
import { absolutePathAt, cleanPath } from '../config/validate/values/path-at.ts'
import { LibcontainerError } from '../errors.ts'
import { closeFd, openFd } from '../system/fd.ts'
import { readDirectory } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { type FileStatus, statEntry } from '../system/stat.ts'
import { checked, syscall, systemError } from '../system/syscall.ts'

/**
 * The device at a path of the host, as a configuration takes it in `devices`: numbers, permission bits and owner. A
 * link is not followed. @throws `ConfigInvalid` when it is no character or block device; `SystemError`
 */
export function readDevice(kernel: Kernel, path: string): Device {
  const clean = cleanPath(absolutePathAt(path, 'path'))
  const status = statEntry(kernel, AT_FDCWD, clean)
  const attempt = { action: 'read the device', object: path }
  if (typeof status === 'number') throw systemError(status, 'statx', attempt)
  const device = deviceOf(clean, status)
  if (device !== null) return device
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    ...attempt,
    field: 'path',
    reason: 'it is no character or block device',
  })
}

/** Terminals, which belong to whoever opened them, and what every container has of its own. */
const SKIPPED: ReadonlySet<string> = new Set(['console', 'fd', 'mqueue', 'ptmx', 'pts', 'shm'])

/**
 * All devices below /dev, by path; not `console`, `ptmx`, and what is in `pts`, `shm`, `fd` and `mqueue`. For a
 * privileged container: its device rules are to allow them beside. @throws `SystemError`
 */
export function readHostDevices(kernel: Kernel): readonly Device[] {
  const devices: Device[] = []
  const dev = openFd(kernel, '/dev', O_DIRECTORY[kernel.arch] | O_NOFOLLOW[kernel.arch])
  try {
    collectDevices(kernel, dev, '/dev', devices)
  } finally {
    closeFd(kernel, dev)
  }
  return devices.sort((a, b) => (a.path < b.path ? -1 : 1))
}

function collectDevices(kernel: Kernel, directory: number, path: string, devices: Device[]): void {
  for (const { name } of readDirectory(kernel, `/proc/self/fd/${directory}`) ?? []) {
    if (SKIPPED.has(name)) continue
    const object = `${path}/${name}`
    const status = statEntry(kernel, directory, name)
    // It may go while we look: devices come and go.
    if (status === -ERRNO.ENOENT) continue
    if (typeof status === 'number') throw systemError(status, 'statx', { action: 'read the device', object })
    const device = deviceOf(object, status)
    if (device !== null) devices.push(device)
    else if ((status.mode & S_IFMT) === S_IFDIR) collectBelow(kernel, directory, name, object, devices)
  }
}

function collectBelow(kernel: Kernel, parent: number, name: string, path: string, devices: Device[]): void {
  const how = openHow(O_CLOEXEC | O_DIRECTORY[kernel.arch], 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS)
  const opened = syscall(kernel, 'openat2', parent, name, how, OPEN_HOW_SIZE)
  if (opened === -ERRNO.ENOENT) return
  const directory = checked(opened, 'openat2', { action: 'open directory', object: path })
  try {
    collectDevices(kernel, directory, path, devices)
  } finally {
    closeFd(kernel, directory)
  }
}

function deviceOf(path: string, { mode, uid, gid, major, minor }: FileStatus): Device | null {
  const kind = mode & S_IFMT
  if (kind !== S_IFCHR && kind !== S_IFBLK) return null
  return { type: kind === S_IFCHR ? 'c' : 'b', path, major, minor, fileMode: mode & 0o7777, uid, gid }
}
