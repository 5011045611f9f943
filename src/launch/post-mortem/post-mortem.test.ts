// Tests that what a container's file says about itself is read as it is, and that no bytes at all can do harm.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { ERRNO } from '../../abi/errno.ts'
import type { CgroupManager } from '../../cgroups/manager.ts'
import { errnoHint } from './errno-hints.ts'
import { type ExecutableHead, readExecutableHead } from './executable-head.ts'
import { explainExecve } from './explain-execve.ts'
import { explainLookup } from './explain-lookup.ts'
import { spawnError } from './spawn-error.ts'

/** One character for each byte: what is read must not depend on the encoding. */
const decode = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
const encode = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
const headOf = (text: string): ExecutableHead => readExecutableHead(encode(text), decode)

it('reads the interpreter of a script as the kernel does', () => {
  const table: readonly (readonly [string, string])[] = [
    ['#!/bin/sh\n', '/bin/sh'],
    ['#! \t /bin/sh -x y\nrest', '/bin/sh'],
    ['#!/bin/sh\r\n', '/bin/sh\r'],
    ['#!/bin/sh', '/bin/sh'],
    ['#!\n', ''],
    ['#!relative\n', 'relative'],
  ]
  for (const [text, interpreter] of table) assert.deepEqual(headOf(text), { kind: 'script', interpreter })
  assert.deepEqual(headOf(''), { kind: 'empty' })
  for (const text of ['#', 'echo x\n', '\x7fELF', '\0']) assert.deepEqual(headOf(text), { kind: 'other' })
})

/** Two program headers, of which the second names the loader, at 300. */
function elfOf(bits: 32 | 64, little: boolean): Uint8Array {
  const bytes = new Uint8Array(512)
  const view = new DataView(bytes.buffer)
  const wide = bits === 64
  const half = (at: number, value: number): void => view.setUint16(at, value, little)
  const word = (at: number, value: number): void =>
    wide ? view.setBigUint64(at, BigInt(value), little) : view.setUint32(at, value, little)
  const entry = wide ? 56 : 32
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2])
  half(18, 243)
  word(wide ? 32 : 28, 64)
  half(wide ? 54 : 42, entry)
  half(wide ? 56 : 44, 2)
  view.setUint32(64 + entry, 3, little)
  word(64 + entry + (wide ? 8 : 4), 300)
  word(64 + entry + (wide ? 32 : 16), 9)
  bytes.set(encode('/lib/ld.1\0'), 300)
  return bytes
}

it('reads machine and loader of an ELF file of either width and byte order', () => {
  for (const [bits, little] of [
    [32, true],
    [32, false],
    [64, true],
    [64, false],
  ] as const) {
    const bytes = elfOf(bits, little)
    const expected = { kind: 'elf', bits, machine: 243, loader: '/lib/ld.1' } as const
    assert.deepEqual(readExecutableHead(bytes, decode), expected)
    assert.deepEqual(readExecutableHead(bytes.subarray(0, 305), decode), { ...expected, loader: null })
  }
})

it('takes any bytes, and says something short about them', () => {
  const errno = fc.constantFrom('ENOENT', 'ENOEXEC', 'EACCES', 'EINVAL')
  const elf = fc
    .uint8Array({ minLength: 60, maxLength: 300 })
    .map((rest) => [0x7f, 0x45, 0x4c, 0x46, ...rest])
  const script = fc.uint8Array({ maxLength: 5000 }).map((rest) => [0x23, 0x21, ...rest])
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 600 }), elf, script).map((list) => Uint8Array.from(list))
  fc.assert(
    fc.property(bytes, errno, (head, name) => {
      const hint = explainExecve(name, readExecutableHead(head, decode), 'x86_64')
      assert.ok(
        hint === null || (hint.length > 10 && hint.length < 900 && !/[\n\0]/.test(hint)),
        String(hint),
      )
      const status = explainLookup(name, head)
      assert.ok(status === null || status.length < 100)
    }),
  )
})

it('has words of its own only where an errno misleads', () => {
  assert.match(errnoHint('clone3', 'ENOSPC') ?? '', /user\.max_/)
  assert.match(errnoHint('mkdirat', 'ENOSPC') ?? '', /no room/)
  for (const errno of ['ENOENT', 'EACCES', 'constructor', '__proto__'])
    assert.equal(errnoHint('openat', errno), undefined)
})

it("says of a cgroup that is busy why it is, in runc's words", () => {
  const cgroup = { paths: {} } as unknown as CgroupManager
  const { message, hint } = spawnError({ errno: ERRNO.EBUSY, syscall: 'clone3' }, 0, cgroup)
  assert.match(message, /^Cannot start init by adding pid 0 to cgroups: EBUSY/)
  assert.match(hint ?? '', /cgroups below it/)
  assert.equal(spawnError({ errno: ERRNO.EBUSY, syscall: 'clone3' }, 0, null).hint, undefined)
})
