// Owns handing a terminal to whoever listens on a socket (runc's --console-socket): one message with the descriptor
// of the master, then the end. The listener is trusted with the terminal, and with nothing else.

import { LibcontainerError } from '../errors.ts'
import type { Kernel } from '../system/kernel.ts'
import { checked } from '../system/syscall.ts'
import { connectAt } from '../system/unix-socket.ts'

/** What receivers show as the terminal's name. */
const NAME = '/dev/ptmx'

/** The connected socket, owned by the caller. @throws ConfigInvalid for a path that is not absolute; SystemError */
export function connectConsoleSocket(kernel: Kernel, path: string): number {
  const slash = path.lastIndexOf('/')
  if (path.startsWith('/')) return connectAt(kernel, path.slice(0, slash) || '/', path.slice(slash + 1))
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'connect to the console socket',
    object: path,
    reason: 'expected an absolute path',
  })
}

/** Sends the master. @throws SystemError */
export function sendTerminal(kernel: Kernel, socket: number, master: number): void {
  checked(kernel.send(socket, kernel.encodeText(NAME), [master]), 'sendmsg', {
    action: 'hand over the terminal',
  })
}
