// Owns handing a process to whoever listens on a socket (runc's --pidfd-socket): one message with a pidfd, by which it
// can be watched and signalled without its number ever meaning another one.

import { LibcontainerError } from '../errors.ts'
import { closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { checked } from '../system/syscall.ts'
import { connectAt } from '../system/unix-socket.ts'
import type { ProcessHandle } from './process.ts'

/**
 * @param path absolute
 * @param kind the message: `standard` for a first process, `setns` for one that has joined
 * @throws ConfigInvalid; SystemError
 */
export function sendPidfd(
  kernel: Kernel,
  path: string,
  process: ProcessHandle,
  kind: 'standard' | 'setns',
): void {
  const attempt = { action: 'hand over the process', object: path }
  if (!path.startsWith('/'))
    throw new LibcontainerError({ code: 'ConfigInvalid', ...attempt, reason: 'expected an absolute path' })
  const slash = path.lastIndexOf('/')
  const socket = connectAt(kernel, path.slice(0, slash) || '/', path.slice(slash + 1))
  try {
    checked(kernel.send(socket, kernel.encodeText(kind), [process.pidfd]), 'sendmsg', attempt)
  } finally {
    closeFd(kernel, socket)
  }
}
