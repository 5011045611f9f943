// Owns the types of an op as plans write it, before it becomes bytes: a system call or a pseudo-op with plain
// values as arguments. It knows no numbers of the wire and no container.

import type { Errno } from '../abi/errno.ts'
import type { SyscallName } from '../abi/syscalls.ts'
import type { PseudoName } from './schema.ts'

/** A numbered place in init that holds an earlier result or a descriptor that was sent. */
export interface Slot {
  readonly slot: number
  /** As an argument: the descriptor in it is closed when the op is done. */
  readonly isLast?: true
}

/** Zeroed memory of init that system calls write to; the same object is the same memory. */
export interface Scratch {
  readonly scratch: number
}

/** A structure for the kernel: bytes, aligned to 8. The same object is the same memory, so ops can write to it. */
export interface Struct {
  readonly bytes: Uint8Array
}

/** An address inside a structure or scratch memory. */
export interface At {
  readonly at: Struct | Scratch
  readonly offset: number
}

/** A table of strings for `execve` and `lookup`. */
export interface Table {
  readonly table: readonly string[]
}

/** A number is itself; a string becomes the address of NUL-terminated UTF-8; the others their address or content. */
export type OpArg = number | bigint | string | Slot | Scratch | Struct | At | Table

/** What an error, or a success, does beside stopping everything. */
export interface OnResult {
  /** Any error is passed over. */
  readonly ignore?: true
  /** This error skips the next `skip` ops. With `successSkips` it runs them instead. */
  readonly errno?: Errno
  readonly skip?: number
  /** Success skips so many ops. */
  readonly successSkips?: number
}

export interface Op {
  readonly call: SyscallName | PseudoName
  readonly args: readonly OpArg[]
  readonly into?: Slot
  readonly on?: OnResult
}

/** A program as it goes over the socket. */
export interface Program {
  /** The ops one after another, in the parts that whoever planned them has words for. */
  readonly steps: readonly { readonly ops: readonly Op[] }[]
  /** Whether another program follows. */
  readonly more: boolean
  /** The slot of the first descriptor that goes along; the others follow it. @default the one behind the control socket's */
  readonly descriptorSlot?: number
  readonly descriptorCount: number
}
