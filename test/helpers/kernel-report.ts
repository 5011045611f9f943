// Owns a report about a host's kernel functions, line by line, with nothing in it that differs from run to run. Every
// host must give the same one. Plain ECMAScript, as it runs in QuickJS too; it changes nothing but a file of its own.

import type { Kernel, SyscallArg } from '../../src/core.ts'

type Check = (kernel: Kernel, scratch: string) => unknown

const AT_FDCWD = -100
const O_CREAT = 0o100
const POLLIN = 1
const LIMIT = 1 << 20

const numbers = {
  x86_64: {
    getpid: 39,
    read: 0,
    write: 1,
    close: 3,
    pipe2: 293,
    lseek: 8,
    dup3: 292,
    fcntl: 72,
    unlinkat: 263,
    socketpair: 53,
    prctl: 157,
  },
  aarch64: {
    getpid: 172,
    read: 63,
    write: 64,
    close: 57,
    pipe2: 59,
    lseek: 62,
    dup3: 24,
    fcntl: 25,
    unlinkat: 35,
    socketpair: 199,
    prctl: 167,
  },
} as const

type Name = keyof (typeof numbers)['x86_64']
type Args = readonly (SyscallArg | undefined)[]

function call(kernel: Kernel, name: Name, ...args: Args): number {
  const [a, b, c, d, e, f] = args
  return kernel.call(numbers[kernel.arch][name], a, b, c, d, e, f)
}

/** A call with what its types forbid. */
const misuse = (kernel: Kernel, name: keyof Kernel, ...args: readonly unknown[]): unknown =>
  Reflect.apply(kernel[name] as (...args: readonly unknown[]) => unknown, kernel, args)

function pair(kernel: Kernel, name: 'pipe2' | 'socketpair'): readonly [number, number] {
  const ends = new Int32Array(2)
  const bytes = new Uint8Array(ends.buffer)
  const made =
    name === 'pipe2' ? call(kernel, name, bytes, 0x80000) : call(kernel, name, 1, 1 | 0x80000, 0, bytes)
  if (made < 0) throw new Error(`${name}: ${made}`)
  return [ends[0] as number, ends[1] as number]
}

const bytesOf = (...bytes: readonly number[]): Uint8Array => new Uint8Array(bytes)
const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
const shown = (value: unknown): string =>
  value instanceof Uint8Array
    ? `<${hex(value)}>`
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)

const invalidUtf8 = [
  [0x61, 0xff, 0x62],
  [0xc0, 0xaf],
  [0xe2, 0x82],
  [0xe2, 0x82, 0x41],
  [0xe0, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x9f, 0x98],
  [0xf0, 0x8f, 0xbf, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80, 0x41],
  [0x80, 0xbf, 0x41, 0xc3],
  [0xef, 0xbb, 0xbf, 0x41],
]

const textChecks: Readonly<Record<string, Check>> = {
  'encode ascii': (kernel) => kernel.encodeText('abc'),
  'encode nothing': (kernel) => kernel.encodeText(''),
  'encode all lengths': (kernel) => kernel.encodeText('aé€😀\0z'),
  'encode lone surrogates': (kernel) => kernel.encodeText('\ud800a\udc00\ud83d\ude00\udfff\ud7ff'),
  'encode latin1': (kernel) => kernel.encodeText('\u00ff\u0080'),
  'encode a rope': (kernel) => kernel.encodeText('é'.repeat(3000) + 'x'.repeat(3000)).length,
  'decode all lengths': (kernel) => kernel.decodeText(kernel.encodeText('aé€😀\0z')),
  'decode a view': (kernel) => kernel.decodeText(bytesOf(0x61, 0x62, 0x63, 0x64).subarray(1, 3)),
  'decode what is not UTF-8': (kernel) =>
    invalidUtf8.map((bytes) => hex(kernel.encodeText(kernel.decodeText(bytesOf(...bytes))))),
}

const callChecks: Readonly<Record<string, Check>> = {
  'call without arguments': (kernel) => call(kernel, 'getpid') > 0,
  'call an unknown number': (kernel) => kernel.call(100_000),
  'call gives the errno': (kernel) => call(kernel, 'close', -1),
  'call with null and undefined': (kernel) => call(kernel, 'close', -1, null, undefined),
  'call with a bigint': (kernel) => call(kernel, 'close', -1n),
  'call with the largest bigint': (kernel) => call(kernel, 'close', 0xffff_ffff_ffff_ffffn),
  'call with a bigint too large': (kernel) => call(kernel, 'close', 1n << 64n),
  'call with a bigint too small': (kernel) => call(kernel, 'close', -(1n << 63n) - 1n),
  'call with the smallest bigint': (kernel) => call(kernel, 'lseek', -1, -(1n << 63n), 0),
  'call with a fraction': (kernel) => call(kernel, 'close', 0.5),
  'call with NaN': (kernel) => call(kernel, 'close', Number.NaN),
  'call with minus zero': (kernel) => call(kernel, 'lseek', -1, -0, 0),
  'call with too large a number': (kernel) => call(kernel, 'close', 2 ** 53),
  'call with a boolean': (kernel) => misuse(kernel, 'call', 3, true),
  'call with an Int8Array': (kernel) => misuse(kernel, 'call', 3, new Int8Array(1)),
  'call with a DataView': (kernel) => misuse(kernel, 'call', 3, new DataView(new ArrayBuffer(1))),
  'call with a symbol': (kernel) => misuse(kernel, 'call', 3, Symbol.iterator),
  'call with an object': (kernel) => misuse(kernel, 'call', 3, { valueOf: () => 1 }),
  'call no number': (kernel) => misuse(kernel, 'call', 'getpid'),
  'call with a NUL in a text': (kernel) => call(kernel, 'unlinkat', AT_FDCWD, 'a\0b', 0),
  'call with a text': (kernel) => call(kernel, 'unlinkat', AT_FDCWD, '/nonexistent/é😀', 0),
  'call with a long text': (kernel) => call(kernel, 'unlinkat', AT_FDCWD, `/${'x'.repeat(5000)}`, 0),
  'call writes into a view': (kernel) => {
    const [read, write] = pair(kernel, 'pipe2')
    const buffer = new Uint8Array(8)
    call(kernel, 'write', write, kernel.encodeText('hello'), 5)
    const length = call(kernel, 'read', read, buffer.subarray(2), 3)
    call(kernel, 'close', read)
    call(kernel, 'close', write)
    return [length, hex(buffer)]
  },
}

const fileChecks: Readonly<Record<string, Check>> = {
  'read a missing file': (kernel) => kernel.readFile(AT_FDCWD, '/nonexistent', 0, LIMIT),
  'read a directory': (kernel) => kernel.readFile(AT_FDCWD, '/', 0, LIMIT),
  'read a path with a NUL': (kernel) => kernel.readFile(AT_FDCWD, '/proc\0', 0, LIMIT),
  'read no path': (kernel) => misuse(kernel, 'readFile', AT_FDCWD, 5, 0, LIMIT),
  'read less than nothing': (kernel) => kernel.readFile(AT_FDCWD, '/proc/version', 0, -1),
  'write a text': (kernel, scratch) => kernel.writeFile(AT_FDCWD, scratch, O_CREAT, 'aé€😀'),
  'read it back': (kernel, scratch) => kernel.readFile(AT_FDCWD, scratch, 0, LIMIT),
  'read what just fits': (kernel, scratch) => kernel.readFile(AT_FDCWD, scratch, 0, 10),
  'read what is too big': (kernel, scratch) => kernel.readFile(AT_FDCWD, scratch, 0, 9),
  'write bytes': (kernel, scratch) =>
    kernel.writeFile(AT_FDCWD, scratch, 0o1000, bytesOf(0, 1, 2, 0xff).subarray(1)),
  'read the bytes': (kernel, scratch) => kernel.readFile(AT_FDCWD, scratch, 0, LIMIT),
  'write much': (kernel, scratch) =>
    kernel.writeFile(AT_FDCWD, scratch, 0o1000, new Uint8Array(100_000).fill(7)),
  'read much': (kernel, scratch) => {
    const bytes = kernel.readFile(AT_FDCWD, scratch, 0, LIMIT)
    return typeof bytes === 'number' ? bytes : [bytes.length, bytes.every((byte) => byte === 7)]
  },
  'write a number': (kernel, scratch) => misuse(kernel, 'writeFile', AT_FDCWD, scratch, 0, 5),
  'write to a missing folder': (kernel) => kernel.writeFile(AT_FDCWD, '/nonexistent/a', O_CREAT, ''),
  'unlink it': (kernel, scratch) => call(kernel, 'unlinkat', AT_FDCWD, scratch, 0),
}

const socketChecks: Readonly<Record<string, Check>> = {
  'a descriptor travels': (kernel) => {
    const [ours, theirs] = pair(kernel, 'socketpair')
    const [read, write] = pair(kernel, 'pipe2')
    const got = new Int32Array(3)
    const buffer = new Uint8Array(16)
    const sent = kernel.send(ours, kernel.encodeText('hi'), [write])
    const received = kernel.receive(theirs, buffer, got)
    const copied = call(kernel, 'write', got[0], kernel.encodeText('through'), 7)
    const length = call(kernel, 'read', read, buffer, 16)
    const isClosedOnExec = call(kernel, 'fcntl', got[0], 1)
    const later = kernel.receive(theirs, buffer, got)
    for (const fd of [ours, read, write, got[0] as number]) if (fd >= 0) call(kernel, 'close', fd)
    const end = kernel.receive(theirs, buffer, got)
    call(kernel, 'close', theirs)
    return [
      sent,
      received,
      copied,
      kernel.decodeText(buffer.subarray(0, length)),
      isClosedOnExec,
      later,
      end,
      ...got,
    ]
  },
  'send to nobody': (kernel) => {
    const [ours, theirs] = pair(kernel, 'socketpair')
    call(kernel, 'close', theirs)
    const sent = kernel.send(ours, bytesOf(1), [])
    call(kernel, 'close', ours)
    return sent
  },
  'send a bad descriptor': (kernel) => {
    const [ours, theirs] = pair(kernel, 'socketpair')
    const sent = kernel.send(ours, bytesOf(1), [-1])
    const tooMany = kernel.send(ours, bytesOf(1), new Array(300).fill(ours))
    call(kernel, 'close', ours)
    call(kernel, 'close', theirs)
    return [sent, tooMany]
  },
  'send no array': (kernel) => misuse(kernel, 'send', 0, bytesOf(1), 'x'),
  'send an array of texts': (kernel) => misuse(kernel, 'send', 0, bytesOf(1), ['x']),
  'receive into an Uint8Array of descriptors': (kernel) =>
    misuse(kernel, 'receive', 0, bytesOf(1), bytesOf(1)),
}

const waitChecks: Readonly<Record<string, Check>> = {
  'poll what is ready': async (kernel) => {
    const [read, write] = pair(kernel, 'pipe2')
    const pending = kernel.poll(read, POLLIN)
    call(kernel, 'write', write, bytesOf(1), 1)
    const ready = await pending
    call(kernel, 'read', read, bytesOf(0), 1)
    call(kernel, 'close', write)
    const hangup = await kernel.poll(read, POLLIN)
    call(kernel, 'close', read)
    return [ready, hangup]
  },
  'unpoll a pending one': async (kernel) => {
    const [read, write] = pair(kernel, 'pipe2')
    const pending = kernel.poll(read, POLLIN)
    const second = await kernel.poll(read, POLLIN)
    kernel.unpoll(read)
    kernel.unpoll(read)
    const result = await pending
    call(kernel, 'close', read)
    call(kernel, 'close', write)
    return [result, second]
  },
  'poll a closed descriptor': (kernel) => kernel.poll(9999, POLLIN),
  'poll what cannot be polled': async (kernel, scratch) => {
    kernel.writeFile(AT_FDCWD, scratch, O_CREAT, '')
    const opened = kernel.call(kernel.arch === 'x86_64' ? 257 : 56, AT_FDCWD, scratch, 0x80000, 0)
    const result = await kernel.poll(opened, POLLIN)
    call(kernel, 'close', opened)
    call(kernel, 'unlinkat', AT_FDCWD, scratch, 0)
    return result
  },
  'poll with unknown events': (kernel) => kernel.poll(0, 1 << 20),
  'poll no descriptor': (kernel) => misuse(kernel, 'poll', '0', POLLIN),
  'many at once': async (kernel) => {
    const pipes = Array.from({ length: 100 }, () => pair(kernel, 'pipe2'))
    const all = Promise.all(pipes.map(([read]) => kernel.poll(read, POLLIN)))
    for (const [, write] of pipes) call(kernel, 'write', write, bytesOf(1), 1)
    const events = new Set(await all)
    for (const fd of pipes.flat()) call(kernel, 'close', fd)
    return [...events]
  },
}

const spawnChecks: Readonly<Record<string, Check>> = {
  'init image is kept': (kernel) => new Set([kernel.initImage(), kernel.initImage()]).size,
  'init image is sealed': (kernel) => (call(kernel, 'fcntl', kernel.initImage(), 1034) & 0xf) === 0xf,
  'init image cannot be written': (kernel) => call(kernel, 'write', kernel.initImage(), bytesOf(1), 1),
  'spawn with a forbidden flag': (kernel) =>
    kernel.spawn({ flags: 0x100, cgroup: -1, pidNamespace: -1, program: null, descriptors: [] }),
  'spawn with a bad namespace': (kernel) =>
    kernel.spawn({ flags: 0, cgroup: -1, pidNamespace: 9999, program: null, descriptors: [] }),
  'spawn with a bad request': (kernel) => misuse(kernel, 'spawn', { flags: 'x' }),
  'init refuses what is no program': async (kernel) => {
    const program = new Uint8Array(64).fill(0xee)
    const child = await kernel.spawn({ flags: 0, cgroup: -1, pidNamespace: -1, program, descriptors: [] })
    const buffer = new Uint8Array(256)
    await kernel.poll(child.pidfd, POLLIN)
    const length = kernel.receive(child.socket, buffer, new Int32Array(1))
    const info = new Int32Array(32)
    const waitid = kernel.arch === 'x86_64' ? 247 : 95
    const waited = kernel.call(waitid, 3, child.pidfd, new Uint8Array(info.buffer), 4, null)
    for (const fd of [child.pidfd, child.socket]) call(kernel, 'close', fd)
    return [
      child.errno,
      child.syscall,
      child.pid > 0,
      hex(buffer.subarray(0, Math.max(0, length))),
      waited,
      info[2],
      info[6],
    ]
  },
}

const execChecks: Readonly<Record<string, Check>> = {
  'exec a closed descriptor': (kernel) => kernel.exec(9999, ['a'], []),
  'exec with a NUL': (kernel) => kernel.exec(kernel.initImage(), ['a\0b'], []),
  'exec with numbers': (kernel) => misuse(kernel, 'exec', 9999, [1], []),
  'exec without arrays': (kernel) => misuse(kernel, 'exec', 9999, 'a', 'b'),
}

/** One line per check: its name and what came of it. */
export async function reportKernel(kernel: Kernel, scratch: string): Promise<string> {
  const lines: string[] = []
  const all = {
    ...textChecks,
    ...callChecks,
    ...fileChecks,
    ...socketChecks,
    ...waitChecks,
    ...spawnChecks,
    ...execChecks,
  }
  for (const [name, check] of Object.entries(all)) {
    try {
      lines.push(`${name}: ${shown(await check(kernel, scratch))}`)
    } catch (error) {
      lines.push(`${name}: ${error}`)
    }
  }
  return `${lines.join('\n')}\n`
}
