// Tests of the kernel interface in this runtime: what JavaScript hands in and gets back. Nothing here needs
// privileges; test/integration/spawn.test.ts has what does.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { ERRNO } from '../abi/errno.ts'
import {
  AF_UNIX,
  AT_FDCWD,
  F_GETFD,
  O_CREAT,
  O_TRUNC,
  POLLHUP,
  POLLIN,
  POLLOUT,
  SOCK_CLOEXEC,
  SOCK_STREAM,
} from '../abi/flags.ts'
import { type SyscallName, syscallNumber } from '../abi/syscalls.ts'
import type { SyscallArg } from '../core.ts'
import { nodeKernel } from './node-kernel.ts'

const kernel = nodeKernel()
const scratch = mkdtempSync(join(tmpdir(), 'node-kernel-'))
after(() => rmSync(scratch, { recursive: true }))

function call(name: SyscallName, ...args: readonly unknown[]): number {
  const [a, b, c, d, e, f] = args as readonly SyscallArg[]
  return kernel.call(syscallNumber(name, kernel.arch), a, b, c, d, e, f)
}

function socketPair(): readonly [number, number] {
  const ends = new Int32Array(2)
  assert.equal(call('socketpair', AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, new Uint8Array(ends.buffer)), 0)
  return [ends[0] as number, ends[1] as number]
}

function close(...fds: readonly number[]): void {
  for (const fd of fds) assert.equal(call('close', fd), 0)
}

const openDescriptors = () => readdirSync('/proc/self/fd').length
const bytes = (...values: readonly number[]) => Uint8Array.from(values)

describe('call', () => {
  test('returns the result or the negated errno', () => {
    assert.equal(call('getpid'), process.pid)
    assert.equal(call('close', -1), -ERRNO.EBADF)
    assert.equal(kernel.call(100_000), -ERRNO.ENOSYS)
  })

  test('takes numbers and bigints of 64 bits', () => {
    const [near, far] = socketPair()
    close(far)
    assert.equal(call('fcntl', near, F_GETFD), 1)
    assert.equal(call('fcntl', BigInt(near), BigInt(F_GETFD)), 1)
    // The upper half counts: a descriptor is an unsigned int, an offset is not.
    const path = join(scratch, 'offsets')
    writeFileSync(path, '')
    const fd = call('openat', AT_FDCWD, path, 0, 0)
    for (const offset of [2 ** 40 + 1, 2n ** 40n + 1n])
      assert.equal(call('lseek', fd, offset, 0), 2 ** 40 + 1)
    for (const offset of [-1, -1n, 2n ** 64n - 1n, -(2n ** 63n)])
      assert.equal(call('lseek', fd, offset, 0), -ERRNO.EINVAL)
    close(near, fd)
  })

  test('takes strings as UTF-8', () => {
    const path = join(scratch, 'ä€😀')
    writeFileSync(path, '')
    assert.equal(call('faccessat2', AT_FDCWD, path, 0, 0), 0)
    assert.equal(call('faccessat2', AT_FDCWD, path + '/.'.repeat(1500), 0, 0), -ERRNO.ENOTDIR)
    assert.equal(call('faccessat2', AT_FDCWD, path + '/.'.repeat(3000), 0, 0), -ERRNO.ENAMETOOLONG)
    assert.equal(call('faccessat2', AT_FDCWD, `${path}\0`, 0, 0), -ERRNO.EINVAL)
  })

  test('takes the address of the part of a buffer that a Uint8Array is', () => {
    const [near, far] = socketPair()
    const buffer = bytes(0, 0, 0, 0, 0, 0)
    assert.equal(call('write', far, bytes(1, 2, 3, 4).subarray(1, 3), 2), 2)
    assert.equal(call('read', near, buffer.subarray(3), 3), 2)
    assert.deepEqual(buffer, bytes(0, 0, 0, 2, 3, 0))
    assert.equal(call('pipe2', null, 0), -ERRNO.EFAULT)
    close(near, far)
  })

  test('refuses everything else', () => {
    const wrong = [
      1.5,
      Number.NaN,
      2 ** 53,
      true,
      {},
      [],
      () => 1,
      Symbol.iterator,
      new Int8Array(1),
      2n ** 64n,
    ]
    for (const value of wrong) assert.throws(() => call('getpid', value), TypeError)
    assert.throws(() => kernel.call(undefined as never), TypeError)
  })
})

describe('files', () => {
  const path = join(scratch, 'file')

  test('are read whole, whatever their size', () => {
    for (const size of [0, 1, 8191, 8192, 8193, 100_000]) {
      const content = new Uint8Array(size).map((_, at) => at % 251)
      writeFileSync(path, content)
      assert.deepEqual(kernel.readFile(AT_FDCWD, path, 0, size), content)
      if (size > 0) assert.equal(kernel.readFile(AT_FDCWD, path, 0, size - 1), -ERRNO.EFBIG)
    }
    const status = kernel.readFile(AT_FDCWD, '/proc/self/mountinfo', 0, 1 << 24) as Uint8Array
    assert.equal(kernel.decodeText(status), readFileSync('/proc/self/mountinfo', 'utf8'))
  })

  test('are written whole', () => {
    for (const length of [0, 1, ...Array.from({ length: 20 }, (_, at) => 495 + at), 100_000]) {
      const text = `${'x'.repeat(length)}ä€😀`
      assert.equal(kernel.writeFile(AT_FDCWD, path, O_CREAT | O_TRUNC, text), 0)
      assert.equal(readFileSync(path, 'utf8'), text)
    }
    assert.equal(kernel.writeFile(AT_FDCWD, path, O_TRUNC, bytes(65, 66, 67).subarray(1)), 0)
    assert.equal(readFileSync(path, 'utf8'), 'BC')
  })

  test('give the errno of the call that failed, and leave nothing open', () => {
    const before = openDescriptors()
    assert.equal(kernel.readFile(AT_FDCWD, join(scratch, 'missing'), 0, 1), -ERRNO.ENOENT)
    assert.equal(kernel.readFile(AT_FDCWD, scratch, 0, 1), -ERRNO.EISDIR)
    assert.equal(kernel.readFile(AT_FDCWD, 'a\0b', 0, 1), -ERRNO.EINVAL)
    assert.equal(kernel.writeFile(AT_FDCWD, join(scratch, 'missing'), 0, ''), -ERRNO.ENOENT)
    assert.equal(kernel.writeFile(AT_FDCWD, '/dev/full', 0, 'x'), -ERRNO.ENOSPC)
    assert.equal(kernel.writeFile(AT_FDCWD, 'a\0b', O_CREAT, 'x'), -ERRNO.EINVAL)
    assert.throws(() => kernel.writeFile(AT_FDCWD, path, 0, 5 as never), TypeError)
    assert.throws(() => kernel.readFile(AT_FDCWD, path, 0, -1), TypeError)
    assert.equal(openDescriptors(), before)
  })
})

test('text is UTF-8 both ways', () => {
  assert.deepEqual(kernel.encodeText('a\0€\ud800'), bytes(97, 0, 0xe2, 0x82, 0xac, 0xef, 0xbf, 0xbd))
  assert.equal(kernel.decodeText(bytes(0xef, 0xbb, 0xbf, 97, 0xff)), '\ufeffa\ufffd')
})

describe('messages', () => {
  test('carry bytes and descriptors', () => {
    const [near, far] = socketPair()
    const descriptors = new Int32Array(4).fill(7)
    const buffer = new Uint8Array(8)
    assert.equal(kernel.receive(near, buffer, descriptors), -ERRNO.EAGAIN)
    assert.deepEqual([...descriptors], [-1, -1, -1, -1])
    assert.equal(kernel.send(far, bytes(1, 2, 3), [near, far]), 3)
    assert.equal(kernel.receive(near, buffer, descriptors), 3)
    assert.deepEqual(buffer, bytes(1, 2, 3, 0, 0, 0, 0, 0))
    assert.deepEqual([...descriptors.subarray(2)], [-1, -1])
    for (const fd of descriptors.subarray(0, 2)) assert.equal(call('fcntl', fd, F_GETFD), 1, 'close-on-exec')
    close(...descriptors.subarray(0, 2), far)
    assert.equal(kernel.receive(near, buffer, descriptors), 0, 'the end')
    assert.equal(kernel.send(near, bytes(1), []), -ERRNO.EPIPE, 'and no SIGPIPE')
    close(near)
  })

  test('with more descriptors than there is room for are refused, and nothing stays open', () => {
    const [near, far] = socketPair()
    const before = openDescriptors()
    for (const room of [0, 1, 2]) {
      const descriptors = new Int32Array(room)
      assert.equal(kernel.send(far, bytes(1), [near, near, near]), 1)
      assert.equal(kernel.receive(near, new Uint8Array(1), descriptors), -ERRNO.EMSGSIZE)
      assert.ok(descriptors.every((fd) => fd === -1))
    }
    assert.equal(kernel.send(far, bytes(1), Array(254).fill(near)), -ERRNO.EINVAL)
    assert.equal(openDescriptors(), before)
    close(near, far)
  })
})

describe('poll', () => {
  test('resolves to the events that are there', async () => {
    const [near, far] = socketPair()
    assert.equal(await kernel.poll(near, POLLOUT), POLLOUT)
    const pending = kernel.poll(near, POLLIN)
    assert.equal(await kernel.poll(near, POLLIN), -ERRNO.EEXIST)
    assert.equal(call('write', far, bytes(1), 1), 1)
    assert.equal(await pending, POLLIN)
    close(far)
    assert.equal(await kernel.poll(near, POLLIN), POLLIN | POLLHUP)
    close(near)
  })

  test('ends with unpoll, and the number may be another file at once', async () => {
    const [near, far] = socketPair()
    const before = kernel.poll(near, POLLIN)
    kernel.unpoll(near)
    close(near)
    const [again, other] = socketPair()
    assert.equal(again, near, 'the kernel gives the lowest free number')
    const after = kernel.poll(again, POLLIN)
    assert.equal(call('write', other, bytes(1), 1), 1)
    assert.deepEqual(await Promise.all([before, after]), [0, POLLIN])
    kernel.unpoll(again)
    kernel.unpoll(-1)
    kernel.unpoll(1 << 30)
    close(far, again, other)
  })

  test('refuses what cannot be polled', async () => {
    const fd = call('openat', AT_FDCWD, process.execPath, 0, 0)
    assert.equal(await kernel.poll(fd, POLLIN), -ERRNO.EPERM)
    close(fd)
    assert.equal(await kernel.poll(fd, POLLIN), -ERRNO.EBADF)
    assert.equal(await kernel.poll(-1, POLLIN), -ERRNO.EBADF)
    assert.equal(await kernel.poll(0, 1 << 30), -ERRNO.EINVAL)
  })

  test('serves many descriptors at a time', async () => {
    const pairs = Array.from({ length: 300 }, socketPair)
    for (let round = 0; round < 3; round++) {
      const pending = pairs.map(([near]) => kernel.poll(near, POLLIN))
      for (const [, far] of pairs) call('write', far, bytes(1), 1)
      assert.ok((await Promise.all(pending)).every((events) => events === POLLIN))
      for (const [near] of pairs) call('read', near, bytes(0), 1)
    }
    close(...pairs.flat())
  })
})

test('a process ends when nothing is pending, and not before', () => {
  const here = new URL('./node-kernel.js', import.meta.url).href
  const run = (then: string, timeout: number) =>
    spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { nodeKernel } from '${here}'; const kernel = nodeKernel(); ${then}`,
      ],
      { timeout, killSignal: 'SIGKILL' },
    )
  const pending = 'kernel.poll(kernel.call(kernel.arch === "x86_64" ? 290 : 19, 0, 0), 1)'
  assert.equal(run(`${pending}; console.log('waits')`, 1000).signal, 'SIGKILL')
  const ended = run(
    `const p = ${pending}; for (let fd = 3; fd < 99; fd++) kernel.unpoll(fd); console.log(await p)`,
    120_000,
  )
  assert.deepEqual([ended.status, ended.stdout.toString()], [0, '0\n'])
})

test('exec replaces the process, and a refusal comes back', () => {
  assert.equal(kernel.exec(-1, ['x'], []), -ERRNO.EBADF)
  assert.equal(kernel.exec(0, ['a\0b'], []), -ERRNO.EINVAL)
  assert.throws(() => kernel.exec(0, [1] as never, []), TypeError)
  const here = new URL('./node-kernel.js', import.meta.url).href
  const program = `
    import { openSync } from 'node:fs'
    import { nodeKernel } from '${here}'
    const kernel = nodeKernel()
    const fcntl = kernel.arch === 'x86_64' ? 72 : 25
    for (const fd of [0, 1, 2]) kernel.call(fcntl, fd, 2, 0)
    console.log(kernel.exec(openSync('/usr/bin/env'), ['env', 'sh', '-c', 'echo "$@" "$A"', 'sh', 'ä'], ['A=€']))`
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program])
  assert.equal(run.stdout.toString(), 'ä €\n')
})
