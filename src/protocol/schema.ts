// Owns the layout of everything that crosses the control socket between the parent and init: the source of truth
// from which tools/generate.ts writes native/protocol/ops.gen.h and docs/ops.md. Data only.

export interface WireField {
  readonly name: string
  /** Bytes of one element. */
  readonly size: 1 | 2 | 4 | 8
  /** Elements; @default 1 */
  readonly count?: number
  readonly doc: string
}

/** "LCOP" in little endian. */
export const MAGIC = 0x504f434c
/** Raised with every change of a layout or of a meaning: both sides come from one build, so there is no range. */
export const VERSION = 5

/** What the parent sends first, once per program. The ops follow, then the data; descriptors come with byte 0. */
export const HEADER: readonly WireField[] = [
  { name: 'magic', size: 4, doc: 'MAGIC' },
  { name: 'version', size: 2, doc: 'VERSION' },
  { name: 'flags', size: 2, doc: 'PROGRAM_* flags' },
  { name: 'op_count', size: 4, doc: 'ops that follow the header' },
  { name: 'data_size', size: 4, doc: 'bytes of data that follow the ops' },
  { name: 'scratch_size', size: 4, doc: 'zeroed bytes that init adds behind the data; not sent' },
  { name: 'descriptor_count', size: 2, doc: 'descriptors sent with the first byte' },
  { name: 'descriptor_slot', size: 2, doc: 'the slot of the first of them; the others follow' },
  { name: 'reserved', size: 8, doc: '0' },
]

export const PROGRAM_FLAGS = {
  /** Another program follows on the same socket after the last op; slots live on, data does not. */
  PROGRAM_MORE: 1,
} as const

/** One op: a system call or a pseudo-op. */
export const OP: readonly WireField[] = [
  { name: 'nr', size: 4, doc: 'system call number, or a PSEUDO_* number' },
  { name: 'flags', size: 2, doc: 'OP_* flags' },
  { name: 'skip_errno', size: 2, doc: 'the errno that OP_SKIP_ON_ERRNO and OP_SKIP_ON_SUCCESS know' },
  { name: 'kinds', size: 1, count: 6, doc: 'ARG_* kind of each argument' },
  { name: 'slot', size: 1, doc: 'where OP_STORE puts the result' },
  { name: 'skip', size: 1, doc: 'ops to skip' },
  { name: 'args', size: 8, count: 6, doc: 'arguments, by kind' },
]

export const OP_FLAGS = {
  /** The result goes to a slot (an error does not). */
  OP_STORE: 1,
  /** Any error is passed over: the next op runs. */
  OP_IGNORE: 2,
  /** The error `skip_errno` skips the next `skip` ops; any other is a fault (or passed over, with OP_IGNORE). */
  OP_SKIP_ON_ERRNO: 4,
  /** Success skips the next `skip` ops; the error `skip_errno` runs them (any error with OP_IGNORE). */
  OP_SKIP_ON_SUCCESS: 8,
} as const

export const ARG_KINDS = {
  /** The value itself. */
  ARG_VALUE: 0,
  /** An offset into data and scratch, passed as an address. */
  ARG_DATA: 1,
  /** The number of a slot, passed as what the slot holds. */
  ARG_SLOT: 2,
  /** The same for the last time: the descriptor is closed when the op is done, and the slot holds -1 again. */
  ARG_LAST: 3,
} as const

/** Pseudo-ops have this bit set in `nr`. */
export const PSEUDO_BIT = 0x80000000

export interface PseudoOp {
  readonly nr: number
  readonly args: readonly string[]
  readonly doc: string
}

export const PSEUDO_OPS = {
  gate: {
    nr: 1,
    args: ['id'],
    doc: 'tell the parent and wait for its word; exit without a sound when the parent is gone',
  },
  return: {
    nr: 2,
    args: ['id', 'descriptor or -1', 'bytes', 'length'],
    doc: 'send a value that only exists inside: a descriptor, bytes, or both; EFBIG when the length is more than MAX_RETURN or than the data has',
  },
  started: { nr: 3, args: [], doc: 'tell the parent that all is done but the rest of this program' },
  fork: {
    nr: 4,
    args: ['id'],
    doc: 'go on in a new process that is a sibling (CLONE_PARENT), once this one has told its pid and sent its pidfd; this one exits 0',
  },
  execve: {
    nr: 5,
    args: ['path', 'argv table', 'argc', 'envp table', 'envc'],
    doc: 'tables are offsets of strings, 8 bytes each, with room for one more at the end',
  },
  lookup: {
    nr: 6,
    args: ['path table', 'count'],
    doc: 'the address of the first path that is an executable file; else EACCES where one was found but may not run, else ENOENT',
  },
  expect: {
    nr: 7,
    args: ['address', 'width', 'mask', 'value', 'errno'],
    doc: 'fail with errno unless the masked unsigned number of width 1, 2, 4 or 8 bytes is the value',
  },
  store: {
    nr: 8,
    args: ['address', 'width', 'value'],
    doc: 'write a number into the data: a slot or an address into a structure',
  },
  bounding: {
    nr: 9,
    args: ['keep'],
    doc: 'drop each capability from the bounding set whose bit is not in keep',
  },
  await: {
    nr: 10,
    args: ['listening socket'],
    doc: 'hang up on the parent; go on when somebody connects and says go, who is the parent from then on. Who leaves without a word is passed over',
  },
  child: {
    nr: 11,
    args: [],
    doc: 'a copy of init in a new process, a child; here it gives the pid, there it fails with ECHILD, so that the copy alone runs what a success skips',
  },
  load: {
    nr: 12,
    args: ['address', 'width', 'mask', 'bits'],
    doc: 'the masked unsigned number, with the bits set as well: what one system call wrote, for an argument of another',
  },
  pick: {
    nr: 13,
    args: ['address', 'width', 'mask', 'value', 'one', 'other'],
    doc: 'one of two arguments, by whether the masked unsigned number is the value',
  },
  each: {
    nr: 14,
    args: ['text table', 'count'],
    doc: 'the address of the next text, from the first one on; behind the last one ENODATA. What it skips then is run after each text, and back here. It has a slot, and none is among the ops of another',
  },
  mortal: {
    nr: 15,
    args: ['signals'],
    doc: 'until an execve, end by each signal whose bit is set, bit 0 for signal 1: process 1 of a pid namespace is deaf to what it does not handle. It ends with 128 and the number where the kernel does not let it die of the signal',
  },
} as const satisfies Readonly<Record<string, PseudoOp>>

export type PseudoName = keyof typeof PSEUDO_OPS

/** What init sends; `length` bytes follow, and a descriptor comes with byte 0 where the message has one. */
export const MESSAGE: readonly WireField[] = [
  { name: 'kind', size: 4, doc: 'MESSAGE_* kind' },
  { name: 'op', size: 4, doc: 'index of the op, counted through all programs so far' },
  {
    name: 'value',
    size: 4,
    doc: 'fault: errno; gate, return: id; fork: the pid, in the pid namespace of the forking process',
  },
  { name: 'length', size: 4, doc: 'bytes that follow' },
  { name: 'round', size: 4, doc: 'fault: in what an each repeats, how many texts were done with before' },
]

/** Bytes of a message, without those that follow it. */
export const MESSAGE_SIZE = 20

export const MESSAGE_KINDS = {
  /** All is done but the rest of this program; the end of the socket then means that execve succeeded. */
  MESSAGE_STARTED: 1,
  /** An op failed, or what came is no program (EPROTO); init ends. */
  MESSAGE_FAULT: 2,
  /** A value that the plan asked for. */
  MESSAGE_RETURN: 3,
  /** init waits for one byte. */
  MESSAGE_GATE: 4,
  /** The new process, with its pidfd: sent before that process does anything. The sender exits 0. */
  MESSAGE_FORK: 5,
} as const

/** In the `op` of a fault: not an op is wrong but the header, the descriptors, or the end of the program. */
export const NO_OP = 0xffffffff

/** What the parent answers at a gate: one byte. */
export const GATE_GO = 1

export const LIMITS = {
  /** Ops per program. */
  MAX_OPS: 16384,
  /** Data and scratch together, bytes. */
  MAX_DATA: 16 << 20,
  /** Descriptors per program: SCM_MAX_FD of the kernel is 253. */
  MAX_DESCRIPTORS: 253,
  /** Slots; those that nothing was stored in hold -1. */
  SLOTS: 256,
  /** The slot that holds the control socket; init uses it as such, so ops may move the socket. */
  CONTROL_SLOT: 0,
  /** The descriptor number of the control socket when init starts. */
  CONTROL_FD: 3,
  /** Bytes that a return may carry. */
  MAX_RETURN: 4 << 20,
  /** Digits of the exit status that the waiter writes over its last argument. */
  WAITER_STATUS_DIGITS: 3,
} as const
