// Owns a kernel that notes when each call of the parent began and ended. It passes every call on as it is; a note
// costs about a third of a microsecond, which the phases contain.

import type { Kernel } from 'libcontainer/core'
import { SYSCALLS } from '../src/abi/syscalls.ts'

export interface KernelEvent {
  /** The name of the system call, or the kernel's function. */
  readonly name: string
  /** The path that it is about; '' where there is none. */
  readonly path: string
  /** Microseconds of CLOCK_MONOTONIC. */
  readonly begin: number
  end: number
  readonly result: unknown
}

/** Microseconds of CLOCK_MONOTONIC, which init's clock shows too. */
export function nowMicros(): number {
  return Number(process.hrtime.bigint()) / 1000
}

export function recordingKernel(kernel: Kernel, events: KernelEvent[]): Kernel {
  const index = kernel.arch === 'x86_64' ? 0 : 1
  const names = new Map<number, string>(
    Object.entries(SYSCALLS).map(([name, numbers]) => [numbers[index], name]),
  )
  const record = <T>(name: string, path: unknown, action: () => T): T => {
    const begin = nowMicros()
    const result = action()
    const end = nowMicros()
    const event = { name, path: typeof path === 'string' ? path : '', begin, end, result }
    events.push(event)
    return result
  }
  /** The end of a wait is when its promise is settled. */
  const recordWait = async <T>(name: string, action: () => Promise<T>): Promise<T> => {
    const begin = nowMicros()
    const result = await action()
    events.push({ name, path: '', begin, end: nowMicros(), result })
    return result
  }
  return {
    ...kernel,
    call: (nr, ...args) =>
      record(
        names.get(nr) ?? String(nr),
        args.find((arg) => typeof arg === 'string'),
        () => kernel.call(nr, ...args),
      ),
    readFile: (directory, path, ...rest) =>
      record('readFile', path, () => kernel.readFile(directory, path, ...rest)),
    writeFile: (directory, path, ...rest) =>
      record('writeFile', path, () => kernel.writeFile(directory, path, ...rest)),
    send: (socket, bytes, descriptors) => record('send', '', () => kernel.send(socket, bytes, descriptors)),
    receive: (socket, bytes, descriptors) =>
      record('receive', '', () => kernel.receive(socket, bytes, descriptors)),
    unpoll: (fd) => record('unpoll', '', () => kernel.unpoll(fd)),
    poll: (fd, wanted) => recordWait('poll', () => kernel.poll(fd, wanted)),
    spawn: (request) => recordWait('spawn', () => kernel.spawn(request)),
  }
}
