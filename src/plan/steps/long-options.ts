// Owns new file systems with an option that is longer than fsconfig(2) takes, such as an overlay's many layers: they are
// mounted by mount(2), which takes a page. Its path is a descriptor's own, as the image can bend any other.

import { O_CLOEXEC, O_DIRECTORY, O_PATH } from '../../abi/flags.ts'
import type { Arch } from '../../abi/syscalls.ts'
import type { FilesystemMount, Mount } from '../../config/mount.ts'
import { LibcontainerError } from '../../errors.ts'
import { splitOptions } from '../../labels/mount-options.ts'
import type { Slot } from '../../protocol/op.ts'
import { utf8Length } from '../../protocol/utf8.ts'
import type { Planner } from '../planner.ts'
import { newMountFlags, planAtDescriptor } from './mount-changes.ts'
import { PROC_HINTS, planOpenProcSelf } from './procfs.ts'

/** What the kernel copies of a value, less the NUL behind it: of fsconfig(2), and of all options of mount(2). */
const VALUE_BYTES = 255
const PAGE_BYTES = 4095

/** Whether fsconfig(2) would refuse the source or an option for its length. */
export function hasLongOption(source: string, data: string): boolean {
  // Most are short in any encoding.
  if (source.length + data.length <= VALUE_BYTES / 3) return false
  if (utf8Length(source) > VALUE_BYTES) return true
  return splitOptions(data).some(([, value]) => value !== null && utf8Length(value) > VALUE_BYTES)
}

/** Opens, while the host's /proc is in sight, what such mounts need; null where there is none. */
export function planLongOptions(p: Planner, arch: Arch, mounts: readonly Mount[]): Slot | null {
  if (!mounts.some(isLong)) return null
  p.step({
    name: 'open /proc/self/fd',
    reason: 'an option is longer than fsconfig(2) takes, and mount(2) needs a path',
    field: 'mounts',
    hints: PROC_HINTS,
  })
  return planOpenProcSelf(p, arch, 'fd', O_PATH | O_CLOEXEC | O_DIRECTORY[arch])
}

function isLong(mount: Mount): boolean {
  if (mount.type === 'bind' || mount.type === 'cgroup' || mount.type === 'remount') return false
  const { source = '', data = '' } = mount as FilesystemMount
  return hasLongOption(source, data)
}

/** Mounts on a target, which is closed. @throws ConfigInvalid where it is too long for mount(2), too */
export function planLongMount(
  p: Planner,
  paths: Slot,
  { type, source = type }: FilesystemMount,
  data: string,
  attributes: number,
  target: Slot,
  field: string,
): void {
  const length = utf8Length(data)
  if (length > PAGE_BYTES) {
    throw new LibcontainerError({
      code: 'ConfigInvalid',
      action: 'plan the mount of',
      object: type,
      field: `${field}.data`,
      reason: `its options are ${length} bytes long, and the kernel takes ${PAGE_BYTES}`,
    })
  }
  planAtDescriptor(p, paths, target, (path) => [source, path, type, newMountFlags(attributes), data])
  p.close(target)
}
