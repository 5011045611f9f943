// Owns showing a container's terminal on our own streams, until nobody in the container has it any more or the
// process has ended. No stream of ours is made non-blocking: it is the caller's too.

import {
  closeFd,
  duplicateFd,
  type Kernel,
  setNonBlocking,
  syscall,
  type TerminalHandle,
  writeAll,
} from '../core.ts'

const STDIN = 0
const STDOUT = 1
const POLLIN = 1
const POLLOUT = 4
const [EPERM, EINTR, EAGAIN] = [-1, -4, -11] as const
/** A pipe that can be written to takes so much without waiting (PIPE_BUF). */
const CHUNK_BYTES = 4096

const SIG_BLOCK = 0
const SIGPIPE = 13

export interface TerminalRelay {
  /** Shows what is still on its way; when others go on to hold the terminal, it does not wait for them. */
  finish(): Promise<void>
  /** Lets go of the terminal. */
  end(): void
}

/** Begins to copy in both directions. */
export function relayTerminal(kernel: Kernel, terminal: TerminalHandle): TerminalRelay {
  blockPipeSignal(kernel)
  setNonBlocking(kernel, terminal.fd)
  // One descriptor is polled for one purpose at a time.
  const typing = duplicateFd(kernel, terminal.fd)
  let finishing = false
  // Whatever ends it, nobody types any more; what the container shows goes on.
  copyInput(kernel, typing).catch(() => undefined)
  const shown = copyOutput(kernel, terminal.fd, () => finishing)
  return {
    finish: () => {
      finishing = true
      kernel.unpoll(terminal.fd)
      return shown
    },
    end: () => {
      kernel.unpoll(STDIN)
      closeFd(kernel, typing)
      terminal.close()
    },
  }
}

/** Else the end of our reader would end us before the caller's terminal is as it was. */
function blockPipeSignal(kernel: Kernel): void {
  const mask = new Uint8Array(new BigUint64Array([1n << BigInt(SIGPIPE - 1)]).buffer)
  syscall(kernel, 'rt_sigprocmask', SIG_BLOCK, mask, null, mask.length)
}

async function copyInput(kernel: Kernel, typing: number): Promise<void> {
  const chunk = new Uint8Array(CHUNK_BYTES)
  while (await isReady(kernel, STDIN, POLLIN)) {
    const length = syscall(kernel, 'read', STDIN, chunk, chunk.length)
    if (length === EINTR || length === EAGAIN) continue
    if (length <= 0) return
    await writeAll(kernel, typing, chunk.subarray(0, length))
  }
}

async function copyOutput(kernel: Kernel, master: number, isFinishing: () => boolean): Promise<void> {
  const chunk = new Uint8Array(CHUNK_BYTES)
  let isHeard = true
  for (;;) {
    const length = syscall(kernel, 'read', master, chunk, chunk.length)
    if (length > 0) {
      // Also for nobody it is read: the container must not wait.
      if (isHeard) isHeard = await show(kernel, chunk.subarray(0, length))
    } else if (length === EAGAIN) {
      if (isFinishing() || (await kernel.poll(master, POLLIN)) < 0) return
    } else if (length !== EINTR) return
  }
}

/** @returns whether there is somebody to show it to */
async function show(kernel: Kernel, bytes: Uint8Array): Promise<boolean> {
  for (let rest = bytes; rest.length > 0; ) {
    if (!(await isReady(kernel, STDOUT, POLLOUT))) return false
    const written = syscall(kernel, 'write', STDOUT, rest, rest.length)
    if (written >= 0) rest = rest.subarray(written)
    else if (written !== EINTR && written !== EAGAIN) return false
  }
  return true
}

/** What cannot be polled, a file, is always ready. */
async function isReady(kernel: Kernel, fd: number, events: number): Promise<boolean> {
  const result = await kernel.poll(fd, events)
  return result > 0 || result === EPERM
}
