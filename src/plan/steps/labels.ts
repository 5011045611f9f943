// Owns the labels that the process gets at execve: its AppArmor profile and its SELinux context. They are asked for
// before any namespace is joined and any mount of the image is made, through a procfs that is checked, and without
// crossing a mount in it (CVE-2019-16884, CVE-2025-52881).

import {
  AT_FDCWD,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
  PROC_SUPER_MAGIC,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_XDEV,
} from '../../abi/flags.ts'
import { OPEN_HOW_SIZE, openHow, STATFS_SIZE } from '../../abi/structs.ts'
import type { Arch } from '../../abi/syscalls.ts'
import type { ValidConfig, ValidProcess } from '../../config/container-config.ts'
import type { Scratch, Slot, Struct } from '../../protocol/op.ts'
import { utf8Length } from '../../protocol/utf8.ts'
import { chooseOverride } from '../override.ts'
import type { Planner } from '../planner.ts'

export function planProcessLabels(p: Planner, config: ValidConfig, process: ValidProcess, arch: Arch): void {
  const profile = chooseOverride('apparmorProfile', process, config)
  if (profile.value !== undefined) {
    p.step({
      name: 'ask for AppArmor profile',
      object: profile.value,
      reason: 'execve will put the process under it',
      field: profile.field,
      hints: { ENOENT: 'no profile of that name is loaded', ...PROC_HINTS },
    })
    planWriteAttribute(p, arch, 'apparmor/exec', `exec ${profile.value}`)
  }
  const { value: label, field } = chooseOverride('selinuxLabel', process, config)
  if (label === undefined) return
  const hints = { EINVAL: 'the policy that is loaded does not know this context', ...PROC_HINTS }
  p.step({
    name: 'ask for SELinux context',
    object: label,
    reason: 'execve will give it to the process',
    field,
    hints,
  })
  planWriteAttribute(p, arch, 'exec', label)
  p.step({
    name: 'label keys',
    object: label,
    reason: 'or the process may not use its session keyring; execve takes this back',
    field,
    hints,
  })
  planWriteAttribute(p, arch, 'keycreate', label)
}

const EXDEV = 18
const PROC_HINTS = { EXDEV: 'what is mounted on /proc is not procfs, or something is mounted in it' }

/** Writes a file of /proc/self/attr (proc_pid_attr(5)). */
function planWriteAttribute(p: Planner, arch: Arch, name: string, text: string): void {
  const statfs: Scratch = { scratch: STATFS_SIZE }
  const resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS
  const how: Struct = { bytes: openHow(O_WRONLY | O_CLOEXEC, 0, resolve) }
  const proc = p.open('openat', [AT_FDCWD, '/proc', O_PATH | O_CLOEXEC | O_DIRECTORY[arch], 0])
  p.call('fstatfs', [proc, statfs])
  p.call('expect', [statfs, 8, 0xffffffff, PROC_SUPER_MAGIC, EXDEV])
  const fd = p.open('openat2', [proc, `self/attr/${name}`, how, OPEN_HOW_SIZE])
  p.call('write', [fd, text, utf8Length(text)])
  p.close(fd)
  p.close(proc)
}

/** For file systems that take no context at mount: the label of their root directory, from which the rest follows. */
export function planRootLabel(p: Planner, mount: Slot, label: string): void {
  const root = p.open('openat', [mount, '.', O_RDONLY | O_CLOEXEC, 0])
  p.call('fsetxattr', [root, 'security.selinux', label, utf8Length(label), 0])
  p.close(root)
}
