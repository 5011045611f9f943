// Owns a program for containers of tests: it sends each of its arguments to NOTIFY_SOCKET, one datagram each, as a
// service does by sd_notify(3). Its exit status is the errno of what failed. Plain ECMAScript.

import { isLibcontainerError, type Kernel } from '../../src/core.ts'
import { connectDatagrams } from '../../src/system/unix-socket.ts'

const STDIN = 0
const FAILED = 255

/** A text that begins so goes with a descriptor. */
const WITH_DESCRIPTOR = /^(FDSTORE|BARRIER)=/

/** @returns the exit status */
export async function main(
  kernel: Kernel,
  texts: readonly string[],
  env: readonly string[],
): Promise<number> {
  const address = env
    .find((variable) => variable.startsWith('NOTIFY_SOCKET='))
    ?.slice('NOTIFY_SOCKET='.length)
  try {
    const socket = connectDatagrams(kernel, address ?? '')
    for (const text of texts) {
      const sent = kernel.send(socket, kernel.encodeText(text), WITH_DESCRIPTOR.test(text) ? [STDIN] : [])
      if (sent < 0) return -sent
    }
    return 0
  } catch (error) {
    if (isLibcontainerError(error)) return error.errno === 'ECONNREFUSED' ? 111 : FAILED
    throw error
  }
}
