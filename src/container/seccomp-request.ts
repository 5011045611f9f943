// Owns one system call that waits for an answer (seccomp_unotify(2)): what it is, and the ways to answer it.

import { ERRNO } from '../abi/errno.ts'
import {
  SECCOMP_IOCTL_NOTIF_ADDFD,
  SECCOMP_IOCTL_NOTIF_ID_VALID,
  SECCOMP_IOCTL_NOTIF_RECV,
  SECCOMP_IOCTL_NOTIF_SEND,
  SECCOMP_USER_NOTIF_FLAG_CONTINUE,
} from '../abi/flags.ts'
import { type FilterArch, syscallName, X32_SYSCALL_BIT } from '../abi/syscall-numbers.ts'
import { LibcontainerError } from '../errors.ts'
import type { Kernel } from '../system/kernel.ts'
import { checked, syscall } from '../system/syscall.ts'

/** sizeof(struct seccomp_notif), and where its fields are (include/uapi/linux/seccomp.h). */
const NOTIF_BYTES = 80
const [PID, NUMBER, ARCHITECTURE, ARGUMENTS] = [8, 16, 20, 32] as const
/** sizeof(struct seccomp_notif_resp) */
const RESPONSE_BYTES = 24
const O_CLOEXEC = 0x80000

/** AUDIT_ARCH_* (include/uapi/linux/audit.h). */
const ARCHITECTURES: Readonly<Record<number, FilterArch>> = {
  3221225534: 'x86_64',
  1073741827: 'x86',
  3221225655: 'aarch64',
  1073741864: 'arm',
}

/**
 * A system call that waits. It must be answered once, by `succeed`, `fail` or `proceed`; answers to a process that has
 * ended meanwhile are lost. Memory that its arguments point to belongs to the process, which may change it at any
 * time: what is checked there is not what the kernel will see, if the call proceeds.
 */
export class SeccompRequest {
  /** In the pid namespace of the caller; 0 when it is none of it. */
  readonly pid: number
  /** The name of the call; null for what has none. */
  readonly syscall: string | null
  readonly number: number
  /** null: none that we know. */
  readonly architecture: FilterArch | null
  /** Six, as the registers have them. */
  readonly args: readonly bigint[]
  readonly #kernel: Kernel
  readonly #listener: number
  /** The id that the kernel gave it, in the first 8 bytes. */
  readonly #notif: Uint8Array

  /** @see receiveRequest */
  constructor(kernel: Kernel, listener: number, notif: Uint8Array) {
    const view = new DataView(notif.buffer)
    const number = view.getUint32(NUMBER, true)
    const arch = ARCHITECTURES[view.getUint32(ARCHITECTURE, true)] ?? null
    const isX32 = arch === 'x86_64' && number >= X32_SYSCALL_BIT && number !== 0xffffffff
    this.pid = view.getUint32(PID, true)
    this.number = number
    this.architecture = isX32 ? 'x32' : arch
    this.syscall =
      this.architecture === null
        ? null
        : syscallName(this.architecture, isX32 ? number - X32_SYSCALL_BIT : number)
    this.args = Array.from({ length: 6 }, (_, index) => view.getBigUint64(ARGUMENTS + 8 * index, true))
    this.#kernel = kernel
    this.#listener = listener
    this.#notif = notif
  }

  /** Whether it still waits: a pid that was looked at meanwhile was that of this process. */
  isWaiting(): boolean {
    return syscall(this.#kernel, 'ioctl', this.#listener, SECCOMP_IOCTL_NOTIF_ID_VALID, this.#notif) === 0
  }

  /** The call returns this, and does not happen. @throws SystemError */
  succeed(value: bigint | number = 0n): void {
    this.#respond(BigInt(value), 0, 0)
  }

  /** The call fails. @param errno a name such as `EPERM`, or its number @throws ConfigInvalid; SystemError */
  fail(errno: string | number): void {
    const number = typeof errno === 'number' ? errno : (ERRNO as Readonly<Record<string, number>>)[errno]
    if (number === undefined || !Number.isInteger(number) || number < 1 || number > 4095) {
      throw new LibcontainerError({
        code: 'ConfigInvalid',
        action: 'answer a system call',
        field: 'errno',
        reason: 'expected the name of an errno, or a number from 1 to 4095',
      })
    }
    this.#respond(0n, -number, 0)
  }

  /** The call happens, as if nobody had been asked. Not for what a filter is to prevent. @throws SystemError */
  proceed(): void {
    this.#respond(0n, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE)
  }

  /**
   * Gives the process a descriptor, before the answer. @returns its number there
   * @throws SystemError, also when the process has ended
   */
  addDescriptor(fd: number, { closeOnExec = true }: { readonly closeOnExec?: boolean } = {}): number {
    const request = new Uint8Array(24)
    const view = new DataView(request.buffer)
    request.set(this.#notif.subarray(0, 8))
    view.setUint32(12, fd, true)
    view.setUint32(20, closeOnExec ? O_CLOEXEC : 0, true)
    const added = syscall(this.#kernel, 'ioctl', this.#listener, SECCOMP_IOCTL_NOTIF_ADDFD, request)
    return checked(added, 'ioctl', { action: 'give a descriptor to process', object: String(this.pid) })
  }

  #respond(value: bigint, error: number, flags: number): void {
    const response = new Uint8Array(RESPONSE_BYTES)
    const view = new DataView(response.buffer)
    response.set(this.#notif.subarray(0, 8))
    view.setBigInt64(8, value, true)
    view.setInt32(16, error, true)
    view.setUint32(20, flags, true)
    const sent = syscall(this.#kernel, 'ioctl', this.#listener, SECCOMP_IOCTL_NOTIF_SEND, response)
    // It has ended, or a signal has interrupted the call.
    if (sent === -ERRNO.ENOENT) return
    checked(sent, 'ioctl', { action: 'answer process', object: String(this.pid) })
  }
}

/** The next request; null when its process has ended before it could be read. @throws SystemError */
export function receiveRequest(kernel: Kernel, listener: number): SeccompRequest | null {
  const notif = new Uint8Array(NOTIF_BYTES)
  const received = syscall(kernel, 'ioctl', listener, SECCOMP_IOCTL_NOTIF_RECV, notif)
  if (received === -ERRNO.ENOENT || received === -ERRNO.EINTR) return null
  checked(received, 'ioctl', { action: 'receive a request of the seccomp filter' })
  return new SeccompRequest(kernel, listener, notif)
}
