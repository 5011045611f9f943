// Owns handing the pidfd of a process that was started to whoever listens on a socket of the caller's.

import { type Kernel, type ProcessHandle, sendPidfd } from '../core.ts'
import { absolutePath } from './absolute-path.ts'

export const PIDFD_SOCKET_OPTION = {
  value: 'PATH',
  help: 'send a pidfd of the process to whoever listens on this socket',
} as const

export interface PidfdSocket {
  /** @throws LibcontainerError SystemError */
  send(process: ProcessHandle): void
}

/** To be asked for before the working directory changes. @param path undefined: nothing is sent */
export function pidfdSocketAt(
  kernel: Kernel,
  path: string | undefined,
  kind: 'standard' | 'setns',
): PidfdSocket {
  if (path === undefined || path === '') return { send: () => undefined }
  const target = absolutePath(kernel, path)
  return { send: (process) => sendPidfd(kernel, target, process, kind) }
}
