// Owns the number that stands in an op for the name of its call: a system call's on an architecture, or a pseudo-op's
// with its bit, which makes it negative in a signed word. `execve` is the pseudo-op.

import { type Arch, SYSCALLS, type SyscallName, syscallNumber } from '../abi/syscalls.ts'
import { PSEUDO_BIT, PSEUDO_OPS, type PseudoName } from './schema.ts'

type CallNumbers = Readonly<Record<SyscallName | PseudoName, number>>

function numbersOn(arch: Arch): CallNumbers {
  const numbers: Record<string, number> = {}
  for (const name in SYSCALLS) numbers[name] = syscallNumber(name as SyscallName, arch)
  for (const name in PSEUDO_OPS) numbers[name] = PSEUDO_BIT | PSEUDO_OPS[name as PseudoName].nr
  return numbers as CallNumbers
}

/** Made once: a start looks up every op of its programs here. */
export const CALL_NUMBERS: Readonly<Record<Arch, CallNumbers>> = {
  x86_64: numbersOn('x86_64'),
  aarch64: numbersOn('aarch64'),
}
