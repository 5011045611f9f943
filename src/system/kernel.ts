// Owns the interface that a host (Node, Bun, QuickJS) provides: the only way from TypeScript to the kernel.
// It holds no policy: one function is one action of the kernel. Every descriptor returned is close-on-exec.

import type { Arch } from '../abi/syscalls.ts'

/**
 * An argument of a raw system call. A string is passed as NUL-terminated UTF-8 (a string with a NUL inside gives
 * `-EINVAL`); a Uint8Array as its address, valid for the call only; null as 0. A number must be a safe integer.
 */
export type SyscallArg = number | bigint | string | Uint8Array | null

export interface SpawnRequest {
  /** `CLONE_NEW*`: what is made by clone3, or without a new user namespace by the child itself before its exec. */
  readonly flags: number
  /** A cgroup v2 directory, for `CLONE_INTO_CGROUP`; -1 for none. Borrowed. */
  readonly cgroup: number
  /** A pid namespace to enter, joined around the clone only; -1 for none. Borrowed. */
  readonly pidNamespace: number
  /** A program to send at once, without a way back through JavaScript. Borrowed until the promise settles. */
  readonly program: Uint8Array | null
  /** The descriptors that go with `program`. Borrowed. */
  readonly descriptors: readonly number[]
}

export interface Spawned {
  /** 0, or the errno of the call that failed; then nothing was left behind. */
  readonly errno: number
  /**
   * The failed call: `clone3`, `setns`, `socketpair`, `sendmsg`, `memfd_create` (the image), `mmap` (a stack), or of
   * the child `dup3`, `close_range`, `unshare`, `execveat`; '' on success.
   */
  readonly syscall: string
  readonly pid: number
  /** Owned by the caller. */
  readonly pidfd: number
  /** The parent's end of the control socket (stream, non-blocking). Owned by the caller. */
  readonly socket: number
}

export interface Kernel {
  readonly arch: Arch

  /** A raw system call: its result, or the negated errno. Results above 2^53 lose precision (addresses only). */
  call(
    nr: number,
    a?: SyscallArg,
    b?: SyscallArg,
    c?: SyscallArg,
    d?: SyscallArg,
    e?: SyscallArg,
    f?: SyscallArg,
  ): number

  /** UTF-8 bytes of a text, without a terminator. */
  encodeText(text: string): Uint8Array
  /** The text of UTF-8 bytes; what is not UTF-8 becomes U+FFFD. */
  decodeText(bytes: Uint8Array): string

  /**
   * A whole small file: openat (`O_RDONLY | O_CLOEXEC | flags`), read to the end, close.
   * @returns the bytes, or the negated errno; `-EFBIG` when it holds more than `limitBytes`.
   */
  readFile(directory: number, path: string, flags: number, limitBytes: number): Uint8Array | number
  /**
   * openat (`O_WRONLY | O_CLOEXEC | flags`, mode 0600), one write of all, close.
   * @returns 0, or the negated errno of the first call that failed (a short write gives `-EIO`).
   */
  writeFile(directory: number, path: string, flags: number, data: string | Uint8Array): number

  /**
   * The sealed memfd that holds init, made at the first call and kept (CVE-2019-5736). Borrowed.
   * @returns the descriptor, or the negated errno
   */
  initImage(): number

  /**
   * Starts init in a new process: clone3 straight into the sealed image, beside JavaScript. The child has the control socket as descriptor 3, again as 0, 1 and 2, and nothing else.
   */
  spawn(request: SpawnRequest): Promise<Spawned>

  /** sendmsg with `MSG_NOSIGNAL | MSG_DONTWAIT`: bytes sent or the negated errno. Descriptors go with the first byte. */
  send(socket: number, bytes: Uint8Array, descriptors: readonly number[]): number
  /**
   * recvmsg with `MSG_DONTWAIT | MSG_CMSG_CLOEXEC` into `bytes`: bytes received (0 at the end) or the negated errno.
   * Received descriptors are stored in `descriptors` (owned by the caller); the rest of that array is set to -1.
   * When more came than there is room for, all of them are closed: `-EMSGSIZE`.
   */
  receive(socket: number, bytes: Uint8Array, descriptors: Int32Array): number

  /**
   * Waits until one of the poll(2) `events` is there: resolves to the events that are (`POLLHUP` and `POLLERR`
   * included), or to 0 after `unpoll`. At most one poll per descriptor at a time. A pending poll keeps the host's
   * loop alive. Resolves to the negated errno when the descriptor cannot be polled (`-EEXIST`: it is polled already).
   */
  poll(fd: number, events: number): Promise<number>
  /** Ends a pending poll; without one, nothing. Must come before the close of a polled descriptor. */
  unpoll(fd: number): void

  /** execveat of a descriptor, in this process: returns the negated errno, or never. */
  exec(fd: number, argv: readonly string[], env: readonly string[]): number
}
