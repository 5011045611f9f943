// Owns hearing that a container is ready, and telling the service manager of it, as sd_notify(3) has it. Whatever else
// the container says goes no further: it must not speak in the name of the service.

import { ERRNO } from '../abi/errno.ts'
import { POLLIN, POLLOUT, SHUT_RD } from '../abi/flags.ts'
import { isLibcontainerError, LibcontainerError } from '../errors.ts'
import { NOTIFY_DIRECTORY } from '../state/state-directory.ts'
import { closeAll, closeFd, openPipe } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { pollWithin } from '../system/poll-within.ts'
import { checked, syscall, systemError } from '../system/syscall.ts'
import { connectDatagrams, receiveAt } from '../system/unix-socket.ts'
import { type Instance, refreshState } from './instance.ts'
import { NOTIFY_SOCKET } from './notify-socket.ts'
import { openContainerProcess } from './open-process.ts'

/**
 * - `told`: the service manager knows that the container is ready.
 * - `unanswered`: it was told, and did not say within half a minute that it had heard.
 * - `ended`: the first process ended without having been ready.
 */
export type Readiness = 'told' | 'unanswered' | 'ended'

const ACTION = 'wait for the readiness of'
const READY = 'READY=1'
/** As runc: what is behind that in a datagram is cut off. */
const DATAGRAM_BYTES = 4096
/** SCM_MAX_FD (include/net/scm.h). */
const MAX_DESCRIPTORS = 253
const BARRIER_TIMEOUT_MS = 30_000

export class ReadinessSocket {
  readonly #instance: Instance
  readonly #kernel: Kernel
  readonly #socket: number

  constructor(instance: Instance) {
    if (!instance.state.notify_socket) throw noSocket(instance)
    this.#instance = instance
    this.#kernel = instance.host.kernel
    this.#socket = receiveAt(this.#kernel, `${instance.directory.path}/${NOTIFY_DIRECTORY}`, NOTIFY_SOCKET)
  }

  /**
   * Waits until the first process says that it is ready, and tells the service manager; then nobody listens any more.
   * Once, after the start.
   * @param manager its socket, as NOTIFY_SOCKET has it: an absolute path, or `@` and an abstract address
   * @param mainPid the process that the manager should watch from now on; in its pid namespace, which is ours.
   * Defaults to the first process
   * @throws ConfigInvalid for another address; SystemError
   */
  async relay(manager: string, mainPid?: number): Promise<Readiness> {
    let socket = -1
    try {
      refreshState(this.#instance)
      const pid = mainPid ?? this.#instance.state.init_process_pid
      socket = connectToManager(this.#kernel, manager)
      return (await this.#isReady()) ? await tellManager(this.#kernel, socket, pid) : 'ended'
    } finally {
      closeFd(this.#kernel, socket)
      this.close()
    }
  }

  /** Nobody listens any more. For a start that failed. */
  close(): void {
    closeFd(this.#kernel, this.#socket)
  }

  /** False when the first process ended before. */
  async #isReady(): Promise<boolean> {
    const pidfd = openIfRunning(this.#instance)
    try {
      let isRunning = pidfd >= 0
      const end = isRunning ? this.#kernel.poll(pidfd, POLLIN) : Promise.resolve(0)
      void end.then(() => {
        isRunning = false
      })
      while (isRunning) {
        // One datagram at a time: whoever sends without end must not keep us from everything else.
        const events = await Promise.race([this.#kernel.poll(this.#socket, POLLIN), end])
        if (events < 0) throw systemError(events, 'poll', { action: ACTION, object: this.#instance.id })
        if (this.#receive().isReady) return true
      }
      // What it said last is still there, and nobody else adds to it.
      syscall(this.#kernel, 'shutdown', this.#socket, SHUT_RD)
      for (;;) {
        const { length, isReady } = this.#receive()
        if (isReady || length <= 0) return isReady
      }
    } finally {
      closeFd(this.#kernel, pidfd)
    }
  }

  /** Takes a datagram, if one is there; descriptors that came with it are closed. @throws SystemError */
  #receive(): { readonly length: number; readonly isReady: boolean } {
    const bytes = new Uint8Array(DATAGRAM_BYTES)
    const descriptors = new Int32Array(MAX_DESCRIPTORS)
    const length = this.#kernel.receive(this.#socket, bytes, descriptors)
    if (length === -ERRNO.EAGAIN) return { length, isReady: false }
    checked(length, 'recvmsg', { action: ACTION, object: this.#instance.id })
    closeAll(this.#kernel, descriptors)
    const lines = this.#kernel.decodeText(bytes.subarray(0, length)).split('\n')
    return { length, isReady: lines.includes(READY) }
  }
}

/** In the words and the order of runc. @throws SystemError */
async function tellManager(kernel: Kernel, socket: number, mainPid: number): Promise<Readiness> {
  await send(kernel, socket, `${READY}\n`)
  await send(kernel, socket, `MAINPID=${mainPid}\n`)
  const [read, write] = openPipe(kernel)
  try {
    await send(kernel, socket, 'BARRIER=1', [write]).finally(() => closeFd(kernel, write))
    // The manager closes it when it has come that far: whoever ends before is not known to it (sd_notify_barrier(3)).
    return (await pollWithin(kernel, read, POLLIN, BARRIER_TIMEOUT_MS)) === 0 ? 'unanswered' : 'told'
  } finally {
    closeFd(kernel, read)
  }
}

async function send(
  kernel: Kernel,
  socket: number,
  text: string,
  descriptors: readonly number[] = [],
): Promise<void> {
  const bytes = kernel.encodeText(text)
  for (;;) {
    const sent = kernel.send(socket, bytes, descriptors)
    if (sent !== -ERRNO.EAGAIN) {
      checked(sent, 'sendmsg', { action: 'tell the service manager', object: text.trimEnd() })
      return
    }
    await kernel.poll(socket, POLLOUT)
  }
}

function connectToManager(kernel: Kernel, address: string): number {
  if (/^(\/|@.)/.test(address)) return connectDatagrams(kernel, address)
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'connect to the service manager at',
    object: address,
    reason: 'expected an absolute path, or "@" and an abstract address',
  })
}

function openIfRunning(instance: Instance): number {
  try {
    return openContainerProcess(instance, ACTION)
  } catch (error) {
    if (isLibcontainerError(error) && error.code === 'ContainerNotRunning') return -1
    throw error
  }
}

function noSocket({ id }: Instance): LibcontainerError {
  return new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'listen for the readiness of',
    object: id,
    field: 'notifySocket',
    reason: 'it was made without a socket for that',
    hint: 'have NOTIFY_SOCKET set when it is created, too',
  })
}
