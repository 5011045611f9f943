// Owns the labels that the process gets at execve: its AppArmor profile and its SELinux context. They are asked for
// before any namespace is joined and any mount of the image is made, through the procfs of procfs.ts.

import { O_CLOEXEC, O_RDONLY, O_WRONLY } from '../../abi/flags.ts'
import type { Arch } from '../../abi/syscalls.ts'
import type { ValidConfig, ValidProcess } from '../../config/container-config.ts'
import type { Slot } from '../../protocol/op.ts'
import { utf8Length } from '../../protocol/utf8.ts'
import { chooseOverride } from '../override.ts'
import type { Planner } from '../planner.ts'
import { PROC_HINTS, planOpenProcSelf } from './procfs.ts'

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

/** Writes a file of /proc/self/attr (proc_pid_attr(5)). */
function planWriteAttribute(p: Planner, arch: Arch, name: string, text: string): void {
  const fd = planOpenProcSelf(p, arch, `attr/${name}`, O_WRONLY | O_CLOEXEC)
  p.call('write', [fd, text, utf8Length(text)])
  p.close(fd)
}

/** For file systems that take no context at mount: the label of their root directory, from which the rest follows. */
export function planRootLabel(p: Planner, mount: Slot, label: string): void {
  const root = p.open('openat', [mount, '.', O_RDONLY | O_CLOEXEC, 0])
  p.call('fsetxattr', [root, 'security.selinux', label, utf8Length(label), 0])
  p.close(root)
}
