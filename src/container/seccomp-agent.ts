// Owns handing the listener of a seccomp filter to the program that the configuration names (`listenerPath` of the OCI
// runtime specification, config-linux.md): one message with the state and the descriptor.

import { isLibcontainerError, LibcontainerError } from '../errors.ts'
import { OCI_VERSION } from '../oci/oci-version.ts'
import { closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { checked } from '../system/syscall.ts'
import { connectAt } from '../system/unix-socket.ts'
import type { Instance } from './instance.ts'
import { ociState } from './oci-state.ts'

/** Takes the listener over: it goes to the program, or else to the container's own requests. @throws SystemError */
export function takeListener(
  instance: Instance,
  listener: number,
  pid: number,
  status: 'creating' | 'running',
): void {
  const { host, config, state, seccompRequests } = instance
  const { listenerPath, listenerMetadata = '' } = config.seccomp ?? {}
  if (listenerPath === undefined) {
    seccompRequests.add(listener)
    return
  }
  const { ociVersion, id, pid: init, bundle, annotations } = ociState(state, status)
  const message = {
    ociVersion: OCI_VERSION,
    fds: ['seccompFd'],
    pid,
    metadata: listenerMetadata,
    state: { ociVersion, id, status, pid: init, bundle, ...(annotations && { annotations }) },
  }
  try {
    sendListener(instance, listenerPath, JSON.stringify(message), listener)
  } finally {
    closeFd(host.kernel, listener)
  }
}

function sendListener({ host: { kernel } }: Instance, path: string, text: string, listener: number): void {
  const socket = connectAgent(kernel, path)
  try {
    // The kernel takes so few bytes whole, or not at all.
    checked(kernel.send(socket, kernel.encodeText(text), [listener]), 'sendmsg', {
      action: 'hand the listener to',
      object: path,
      field: 'seccomp.listenerPath',
    })
  } finally {
    closeFd(kernel, socket)
  }
}

function connectAgent(kernel: Kernel, path: string): number {
  const slash = path.lastIndexOf('/')
  try {
    return connectAt(kernel, path.slice(0, slash) || '/', path.slice(slash + 1))
  } catch (error) {
    if (!isLibcontainerError(error)) throw error
    throw new LibcontainerError({
      code: 'SystemError',
      action: 'hand the listener to',
      object: path,
      // runc's words.
      reason: `failed to connect with seccomp agent: ${error.reason}`,
      field: 'seccomp.listenerPath',
      ...(error.errno === undefined ? {} : { errno: error.errno }),
      cause: error,
    })
  }
}
