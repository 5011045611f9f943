// Owns the hint for a command that could not be executed, from the errno and the head of the file: errno speaks of the
// command, and means its interpreter, its loader or its architecture. Pure.

import type { Arch } from '../../abi/syscalls.ts'
import type { ExecutableHead } from './executable-head.ts'

/** EM_* numbers (include/uapi/linux/elf-em.h, and the ELF specification's list). */
const MACHINES: Readonly<Record<number, string>> = {
  3: 'i386',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  43: 'sparc64',
  62: 'x86_64',
  183: 'aarch64',
  243: 'riscv',
  258: 'loongarch',
}

/** Longer paths are cut: they come from the container. */
const MAX_SHOWN = 100

/** @returns null when the head says no more than the errno */
export function explainExecve(errno: string, head: ExecutableHead, arch: Arch): string | null {
  if (errno === 'ENOENT') return explainMissing(head)
  if (errno === 'ENOEXEC') return explainFormat(head, arch)
  if (errno === 'EACCES' && head.kind === 'script')
    return `permission denied: its interpreter ${show(head.interpreter)} may not be executed by this user`
  return null
}

function explainMissing(head: ExecutableHead): string | null {
  if (head.kind === 'script') {
    const { interpreter } = head
    return interpreter.endsWith('\r')
      ? `its first line ends in CR LF, so that its interpreter would be ${show(interpreter)}`
      : `its interpreter ${show(interpreter)}, or the loader of that, is missing in the container`
  }
  if (head.kind === 'elf' && head.loader !== null)
    return `its loader ${show(head.loader)} is missing in the container`
  return null
}

function explainFormat(head: ExecutableHead, arch: Arch): string | null {
  switch (head.kind) {
    case 'empty':
      return 'the file is empty'
    case 'other':
      return 'it is no ELF file, and has no first line with #! and an interpreter'
    case 'script':
      return head.interpreter === ''
        ? 'its first line has #! and no interpreter'
        : `its interpreter ${show(head.interpreter)} is no program of this machine`
    case 'elf': {
      const machine = MACHINES[head.machine] ?? `machine ${head.machine}`
      return machine === arch && head.bits === 64
        ? 'the ELF file is damaged'
        : `it is built for ${machine}, and this machine is ${arch}`
    }
  }
}

function show(path: string): string {
  return JSON.stringify(path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}...` : path)
}
