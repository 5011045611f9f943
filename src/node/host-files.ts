// Owns what Node and Bun lend of the host's files beside what Node has itself: device nodes, extended attributes,
// the contexts of the policy. Synchronous, as each is a system call or a few.

import {
  chooseSelinuxLabels as chooseSelinuxLabelsOf,
  type Device,
  readDevice as readDeviceOf,
  readHostDevices as readHostDevicesOf,
  readXattrNames as readXattrNamesOf,
  readXattr as readXattrOf,
  type SelinuxLabels,
  type SelinuxOptions,
  writeXattr as writeXattrOf,
} from '../core.ts'
import { nodeKernel } from './node-kernel.ts'

/**
 * The device at a path of the host, as a configuration takes it in `devices`. A link is not followed.
 * @throws LibcontainerError `ConfigInvalid` when it is no character or block device; `SystemError`
 */
export function readDevice(path: string): Device {
  return readDeviceOf(nodeKernel(), path)
}

/**
 * All devices below /dev, by path; not `console`, `ptmx`, and what is in `pts`, `shm`, `fd` and `mqueue`.
 * @throws LibcontainerError `SystemError`
 */
export function readHostDevices(): readonly Device[] {
  return readHostDevicesOf(nodeKernel())
}

/**
 * The value of an extended attribute (xattr(7)) such as `user.mime_type`; null when there is none of that name. A link
 * is not followed. @throws LibcontainerError `ConfigInvalid` for what is no path or name; `SystemError`
 */
export function readXattr(path: string, name: string): Uint8Array | null {
  return readXattrOf(nodeKernel(), path, name)
}

/** The names of all extended attributes that the caller may see. @throws as `readXattr` */
export function readXattrNames(path: string): readonly string[] {
  return readXattrNamesOf(nodeKernel(), path)
}

/**
 * Sets an extended attribute, whether it is there or not. A link is not followed.
 * @throws LibcontainerError `ConfigInvalid`; `SystemError`, with `errno` `ENOTSUP` where the file system has none
 */
export function writeXattr(path: string, name: string, value: Uint8Array): void {
  writeXattrOf(nodeKernel(), path, name, value)
}

/**
 * SELinux labels for a container, to be spread into its configuration; null on a kernel without SELinux. They are
 * reserved nowhere: `taken` holds those of the containers that there are.
 * @throws LibcontainerError `ConfigInvalid` for a part that makes no context; `SystemError` where the policy says
 * nothing of containers
 */
export function chooseSelinuxLabels(options: SelinuxOptions = {}): SelinuxLabels | null {
  return chooseSelinuxLabelsOf(nodeKernel(), options)
}
