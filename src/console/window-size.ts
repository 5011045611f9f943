// Owns the size of a terminal's window (ioctl_tty(2)). It does not know whose terminal it is.

import { TIOCGWINSZ, TIOCSWINSZ } from '../abi/flags.ts'
import { encodeWindowSize } from '../abi/structs.ts'
import type { TerminalSize } from '../config/process.ts'
import type { Kernel } from '../system/kernel.ts'
import { checked, syscall } from '../system/syscall.ts'

/** @throws SystemError */
export function readWindowSize(kernel: Kernel, fd: number): TerminalSize {
  const size = new Uint16Array(4)
  checked(syscall(kernel, 'ioctl', fd, TIOCGWINSZ, new Uint8Array(size.buffer)), 'ioctl', {
    action: 'read the size of a terminal',
  })
  return { columns: size[1] as number, rows: size[0] as number }
}

/** The foreground process group gets SIGWINCH when the size changes. @throws SystemError */
export function writeWindowSize(kernel: Kernel, fd: number, { columns, rows }: TerminalSize): void {
  checked(syscall(kernel, 'ioctl', fd, TIOCSWINSZ, encodeWindowSize(columns, rows)), 'ioctl', {
    action: 'set the size of a terminal',
  })
}
