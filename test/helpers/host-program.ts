// Owns a program that runs in the QuickJS host and goes well or wrong as its first argument says. Plain ECMAScript.

import type { Kernel } from '../../src/core.ts'
import { reportKernel } from './kernel-report.ts'

type Deed = (kernel: Kernel, args: readonly string[], env: readonly string[]) => unknown

const say = (kernel: Kernel, text: string): void => {
  const bytes = kernel.encodeText(text)
  const write = kernel.arch === 'x86_64' ? 1 : 64
  kernel.call(write, 1, bytes, bytes.length)
}

const wait = (kernel: Kernel): Promise<number> => kernel.poll(0, 1)

const throwAny = (value: unknown): never => {
  throw value
}

const deeds: Readonly<Record<string, Deed>> = {
  kernel: async (kernel, [scratch = '']) => say(kernel, await reportKernel(kernel, scratch)),
  arguments: (kernel, args, env) => say(kernel, JSON.stringify([args, env])),
  status: (_, [status]) => Number(status),
  'no-status': () => 'x',
  throw: () => {
    throw new Error('first line\nsecond line')
  },
  'throw-no-error': () => {
    throwAny({ toString: () => 'an object' })
  },
  'throw-worse': () => {
    throwAny({ toString: () => throwAny(new Error('again')) })
  },
  'reject-unseen': async (kernel) => {
    void Promise.reject(new Error('nobody looks'))
    await wait(kernel)
  },
  'reject-seen-later': async () => {
    const rejected = Promise.reject(new Error('somebody looks'))
    await Promise.resolve()
    await rejected.catch(() => undefined)
  },
  'wait-for-nothing': () => new Promise(() => undefined),
  'wait-for-input': async (kernel) => say(kernel, (await wait(kernel)) & 1 ? 'ready' : 'not ready'),
  memory: () => {
    const held: unknown[] = []
    for (;;) held.push(new Array(1000).fill({}))
  },
  stack: () => {
    const deeper = (n: number): number => 1 + deeper(n)
    return deeper(1)
  },
  eval: () => Reflect.construct(Object.getPrototypeOf(deeds.stack).constructor, ['return 1']),
  streams: (kernel) => {
    const fcntl = kernel.arch === 'x86_64' ? 72 : 25
    return [0, 1, 2].filter((fd) => kernel.call(fcntl, fd, 1) < 0).length
  },
  heap: () => {
    // Through every size of block, up and down, with what others hold in between.
    const held: { readonly bytes: Uint8Array; readonly mark: number }[] = []
    let wrong = 0
    for (let round = 0; round < 3; round++) {
      for (let size = 1; size < 3 << 20; size += 1 + (size >> 3)) {
        const mark = (size + round) & 0xff
        held.push({ bytes: new Uint8Array(size).fill(mark), mark })
        if (held.length > 100) {
          const [one] = held.splice((size * 31) % 100, 1)
          if (!one?.bytes.every((byte) => byte === one.mark)) wrong++
        }
      }
    }
    const grown: number[] = []
    for (let i = 0; i < 300_000; i++) grown.push(i)
    if (!grown.every((value, i) => value === i)) wrong++
    while (grown.length > 3) grown.length >>= 1
    return wrong + (grown.join() === '0,1' ? 0 : 1)
  },
  cycles: () => {
    for (let i = 0; i < 200_000; i++) {
      const cycle: { self?: unknown; bytes: Uint8Array } = { bytes: new Uint8Array(1000) }
      cycle.self = cycle
    }
  },
}

/** @returns the exit status */
export async function main(
  kernel: Kernel,
  [deed = '', ...args]: readonly string[],
  env: readonly string[],
): Promise<unknown> {
  const result = await deeds[deed]?.(kernel, args, env)
  return result ?? 0
}
