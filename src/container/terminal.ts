// Owns the caller's side of a process's terminal: the master, or the socket of somebody else who gets it.

import type { TerminalSize } from '../config/process.ts'
import { terminalSizeAt } from '../config/validate/nouns/normalize-terminal.ts'
import { connectConsoleSocket, sendTerminal } from '../console/console-socket.ts'
import { readWindowSize, writeWindowSize } from '../console/window-size.ts'
import { closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'

/** The master of a terminal. Reading it ends when no process has the terminal any more. */
export class TerminalHandle {
  readonly #kernel: Kernel
  #fd: number

  /** Takes the descriptor over. */
  constructor(kernel: Kernel, fd: number) {
    this.#kernel = kernel
    this.#fd = fd
  }

  /** The master, borrowed; -1 once it is closed. */
  get fd(): number {
    return this.#fd
  }

  /** @throws SystemError */
  size(): TerminalSize {
    return readWindowSize(this.#kernel, this.#fd)
  }

  /** Tells the foreground processes by SIGWINCH. @throws ConfigInvalid; SystemError */
  resize(size: TerminalSize): void {
    writeWindowSize(this.#kernel, this.#fd, terminalSizeAt(size, 'size'))
  }

  /** Hangs up: the session gets SIGHUP. */
  close(): void {
    closeFd(this.#kernel, this.#fd)
    this.#fd = -1
  }
}

/** Where the master of a start goes. */
export interface TerminalReceiver {
  readonly take: (master: number) => void
  /** What the process's handle has; null where there is no terminal, or somebody else has it. */
  readonly handle: () => TerminalHandle | null
  /** After a start: lets go of the socket; and of the master, unless the start went well. */
  readonly end: (succeeded: boolean) => void
}

/** Connects to the socket, if there is one, before anything is made. @throws ConfigInvalid; SystemError */
export function receiveTerminal(kernel: Kernel, consoleSocket: string | undefined): TerminalReceiver {
  const socket = consoleSocket === undefined ? -1 : connectConsoleSocket(kernel, consoleSocket)
  let terminal: TerminalHandle | null = null
  return {
    take: (master) => {
      terminal = new TerminalHandle(kernel, master)
      if (socket < 0) return
      sendTerminal(kernel, socket, master)
      terminal.close()
      terminal = null
    },
    handle: () => terminal,
    end: (succeeded) => {
      closeFd(kernel, socket)
      if (!succeeded) terminal?.close()
    },
  }
}
