// Owns the terminal that this command was called from, while it shows that of a container: every key goes to the
// container, and afterwards the terminal is as it was.

import { checked, closeFd, type Kernel, syscall, type TerminalSize } from '../core.ts'

/** asm-generic/ioctls.h, asm-generic/termbits.h; the same on all our architectures. */
const TCGETS = 0x5401
const TCSETS = 0x5402
const TIOCGWINSZ = 0x5413
const AT_FDCWD = -100
const O_RDWR_CLOEXEC = 0o2 | 0o2000000

/** sizeof(struct termios) of the kernel: four words of flags, the line discipline, 19 characters. */
const TERMIOS_BYTES = 36
const [INPUT, CONTROL, LOCAL, CHARACTERS] = [0, 8, 12, 17] as const
const [VTIME, VMIN] = [5, 6] as const
/** cfmakeraw(3): IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON; ECHO ECHONL ICANON ISIG IEXTEN; CSIZE PARENB. */
const COOKED_INPUT = 0o1 | 0o2 | 0o10 | 0o40 | 0o100 | 0o200 | 0o400 | 0o2000
const COOKED_LOCAL = 0o10 | 0o100 | 0o2 | 0o1 | 0o100000
const CHARACTER_BITS = 0o60 | 0o400
const CS8 = 0o60

export interface HostTerminal {
  /** @throws LibcontainerError SystemError when it is gone */
  size(): TerminalSize
  /** Keys are passed on one by one, and none is a signal. @throws LibcontainerError SystemError */
  enterRawMode(): void
  /** As it was. */
  restore(): void
}

/** As runc does it: one of the standard streams, or the one that controls us. @throws LibcontainerError SystemError */
export function openHostTerminal(kernel: Kernel): HostTerminal {
  const attempt = { action: 'use the terminal' }
  const stream = [2, 1, 0].find((fd) => readMode(kernel, fd) !== null)
  const opened = stream === undefined ? openControlling(kernel) : -1
  const fd = stream ?? opened
  const before = readMode(kernel, fd)
  return {
    size: () => {
      const size = new Uint16Array(4)
      checked(syscall(kernel, 'ioctl', fd, TIOCGWINSZ, new Uint8Array(size.buffer)), 'ioctl', attempt)
      return { rows: size[0] as number, columns: size[1] as number }
    },
    enterRawMode: () => {
      if (before !== null) checked(syscall(kernel, 'ioctl', fd, TCSETS, rawMode(before)), 'ioctl', attempt)
    },
    restore: () => {
      if (before !== null) syscall(kernel, 'ioctl', fd, TCSETS, before)
      closeFd(kernel, opened)
    },
  }
}

function openControlling(kernel: Kernel): number {
  const attempt = {
    action: 'open',
    object: '/dev/tty',
    hint: 'a terminal is wanted, and there is none to show it',
  }
  return checked(syscall(kernel, 'openat', AT_FDCWD, '/dev/tty', O_RDWR_CLOEXEC, 0), 'openat', attempt)
}

/** struct termios; null for what is no terminal. */
function readMode(kernel: Kernel, fd: number): Uint8Array | null {
  const mode = new Uint8Array(TERMIOS_BYTES)
  return syscall(kernel, 'ioctl', fd, TCGETS, mode) < 0 ? null : mode
}

/** cfmakeraw(3), but for OPOST: what this program says itself must stay readable. */
function rawMode(mode: Uint8Array): Uint8Array {
  const raw = mode.slice()
  const view = new DataView(raw.buffer)
  const change = (at: number, cleared: number, set: number): void =>
    view.setUint32(at, (view.getUint32(at, true) & ~cleared) | set, true)
  change(INPUT, COOKED_INPUT, 0)
  change(LOCAL, COOKED_LOCAL, 0)
  change(CONTROL, CHARACTER_BITS, CS8)
  raw[CHARACTERS + VMIN] = 1
  raw[CHARACTERS + VTIME] = 0
  return raw
}
