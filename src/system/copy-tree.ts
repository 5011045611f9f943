// Owns copying what is in one directory into another, by descriptors only: names are bytes as the kernel has them, and
// no link is ever followed. Files keep type, content, owner and permissions; extended attributes, times and hard links
// are not kept.

import {
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  STATX_BASIC_STATS,
} from '../abi/flags.ts'
import {
  STATX_GID,
  STATX_MODE,
  STATX_RDEV_MAJOR,
  STATX_RDEV_MINOR,
  STATX_SIZE,
  STATX_UID,
} from '../abi/structs.ts'
import type { SyscallName } from '../abi/syscalls.ts'
import { closeAll } from './fd.ts'
import type { Kernel, SyscallArg } from './kernel.ts'
import { type Attempt, checked, syscall } from './syscall.ts'

/** Copies a directory's entries, and its owner; its permissions too unless told not to. @throws SystemError */
export function copyTree(
  kernel: Kernel,
  from: number,
  to: number,
  options: { readonly keepMode: boolean },
  attempt: Attempt,
): void {
  const copier = new TreeCopier(kernel, attempt)
  const { mode, uid, gid } = copier.stat(from, '', AT_EMPTY_PATH)
  copier.call('fchown', to, uid, gid)
  if (!options.keepMode) copier.call('fchmod', to, mode & MODE_BITS)
  copier.copyEntries(from, to)
}

const MODE_BITS = 0o7777
const PATH_MAX = 4096
/** More than one call copies. */
const MAX_COUNT = 0x7fff_f000

class TreeCopier {
  readonly #kernel: Kernel
  readonly #attempt: Attempt

  constructor(kernel: Kernel, attempt: Attempt) {
    this.#kernel = kernel
    this.#attempt = attempt
  }

  /** A system call that must succeed. */
  call(
    name: SyscallName,
    a?: SyscallArg,
    b?: SyscallArg,
    c?: SyscallArg,
    d?: SyscallArg,
    e?: SyscallArg,
  ): number {
    return checked(syscall(this.#kernel, name, a, b, c, d, e), name, this.#attempt)
  }

  stat(directory: number, name: string | Uint8Array, flags: number) {
    const bytes = new Uint8Array(STATX_SIZE)
    this.call('statx', directory, name, flags, STATX_BASIC_STATS, bytes)
    const view = new DataView(bytes.buffer)
    const minor = view.getUint32(STATX_RDEV_MINOR, true)
    return {
      mode: view.getUint16(STATX_MODE, true),
      uid: view.getUint32(STATX_UID, true),
      gid: view.getUint32(STATX_GID, true),
      // As mknod(2) takes it (include/linux/kdev_t.h, new_encode_dev).
      device: (minor & 0xff) | (view.getUint32(STATX_RDEV_MAJOR, true) << 8) | ((minor & ~0xff) << 12),
    }
  }

  copyEntries(from: number, to: number): void {
    for (const name of this.#readNames(from)) this.#copyEntry(from, to, name)
  }

  #copyEntry(from: number, to: number, name: Uint8Array): void {
    const { mode, uid, gid, device } = this.stat(from, name, AT_SYMLINK_NOFOLLOW)
    const type = mode & S_IFMT
    if (type === S_IFDIR) this.#copyDirectory(from, to, name)
    else if (type === S_IFREG) this.#copyFile(from, to, name)
    else if (type === S_IFLNK) this.#copyLink(from, to, name)
    else this.call('mknodat', to, name, mode, device)
    this.call('fchownat', to, name, uid, gid, AT_SYMLINK_NOFOLLOW)
    // Behind the owner, whose change clears the set-user-ID bit.
    if (type !== S_IFLNK) this.call('fchmodat', to, name, mode & MODE_BITS)
  }

  #copyDirectory(from: number, to: number, name: Uint8Array): void {
    this.call('mkdirat', to, name, 0o700)
    const flags = O_RDONLY | O_DIRECTORY[this.#kernel.arch]
    this.#withOpen([from, to], name, [flags, flags], (source, copy) => this.copyEntries(source, copy))
  }

  #copyFile(from: number, to: number, name: Uint8Array): void {
    const flags = [O_RDONLY | O_NONBLOCK, O_WRONLY | O_CREAT | O_EXCL] as const
    this.#withOpen([from, to], name, flags, (source, copy) => {
      while (this.call('sendfile', copy, source, null, MAX_COUNT) > 0);
    })
  }

  #copyLink(from: number, to: number, name: Uint8Array): void {
    // One byte more than is read: it ends the text.
    const target = new Uint8Array(PATH_MAX + 1)
    this.call('readlinkat', from, name, target, PATH_MAX)
    this.call('symlinkat', target, to, name)
  }

  #withOpen(
    directories: readonly [number, number],
    name: Uint8Array,
    flags: readonly [number, number],
    use: (source: number, copy: number) => void,
  ): void {
    const always = O_CLOEXEC | O_NOFOLLOW[this.#kernel.arch]
    const opened: number[] = []
    try {
      for (const [index, directory] of directories.entries())
        opened.push(this.call('openat', directory, name, (flags[index] ?? 0) | always, 0o600))
      use(opened[0] as number, opened[1] as number)
    } finally {
      closeAll(this.#kernel, opened)
    }
  }

  /** The names of a directory's entries, each with the byte that ends it. */
  #readNames(directory: number): readonly Uint8Array[] {
    const names: Uint8Array[] = []
    for (;;) {
      const buffer = new Uint8Array(32768)
      const view = new DataView(buffer.buffer)
      const length = this.call('getdents64', directory, buffer, buffer.length)
      if (length === 0) return names.filter((name) => !isDots(name))
      for (let at = 0; at < length; at += view.getUint16(at + 16, true))
        names.push(buffer.subarray(at + 19, buffer.indexOf(0, at + 19) + 1))
    }
  }
}

const DOT = 0x2e

/** `.` or `..` */
function isDots(name: Uint8Array): boolean {
  return name[0] === DOT && (name.length === 2 || (name[1] === DOT && name.length === 3))
}
