// Owns the examples of the encoder: what a program looks like as bytes, and what is refused with which words.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LibcontainerError } from '../errors.ts'
import { disassembleProgram } from './disassemble.ts'
import { encodeProgram } from './encode.ts'
import type { Op, OpArg, Program } from './op.ts'
import type { WireField } from './schema.ts'
import { HEADER, LIMITS, MAGIC, OP, VERSION } from './schema.ts'

const encodeText = (text: string): Uint8Array => new TextEncoder().encode(text)
const programOf = (ops: readonly Op[], more = false): Program => ({
  steps: [{ ops }],
  more,
  descriptorSlot: 0,
  descriptorCount: 0,
})
const encode = (ops: readonly Op[]): Uint8Array => encodeProgram(programOf(ops), 'x86_64', encodeText)
const argsOf = (...args: readonly OpArg[]) =>
  disassembleProgram(encode([{ call: 'getpid', args }]), 'x86_64')[0]?.args
const offsetsOf = (...args: readonly OpArg[]) =>
  argsOf(...args)?.map((arg) => (typeof arg === 'object' && 'offset' in arg ? arg.offset : undefined))

function refusal(make: () => unknown): Pick<LibcontainerError, 'code' | 'message'> {
  try {
    make()
  } catch (error) {
    const { code, message } = error as LibcontainerError
    return { code, message }
  }
  assert.fail('it was not refused')
}

/** A number of a layout, found by the names of the schema. */
function field(bytes: Uint8Array, start: number, layout: readonly WireField[], name: string): bigint {
  let at = start
  for (const { name: other, size, count } of layout) {
    if (other === name) {
      const number = bytes.slice(at, at + size).reverse()
      return BigInt(`0x${Buffer.from(number).toString('hex')}`)
    }
    at += size * (count ?? 1)
  }
  assert.fail(`the schema has no ${name}`)
}

test('the header and the ops lie where the schema says', () => {
  const ops: readonly Op[] = [
    {
      call: 'openat',
      args: [-100, '/etc', 5],
      into: { slot: 9 },
      on: { ignore: true, errno: 'ENOENT', skip: 1 },
    },
    { call: 'close', args: [{ slot: 200 }, 1, 2, 3, 4, { scratch: 24 }] },
  ]
  const program: Program = { steps: [{ ops }], more: true, descriptorSlot: 7, descriptorCount: 3 }
  const bytes = encodeProgram(program, 'aarch64', encodeText)
  const header = (name: string): bigint => field(bytes, 0, HEADER, name)
  assert.equal(header('magic'), BigInt(MAGIC))
  assert.equal(header('version'), BigInt(VERSION))
  assert.equal(header('flags'), 1n)
  assert.equal(header('op_count'), 2n)
  assert.equal(header('data_size'), 8n)
  assert.equal(header('scratch_size'), 24n)
  assert.equal(header('descriptor_count'), 3n)
  assert.equal(header('descriptor_slot'), 7n)
  assert.equal(header('reserved'), 0n)
  const first = (name: string): bigint => field(bytes, 32, OP, name)
  assert.equal(first('nr'), 56n)
  assert.equal(first('flags'), 1n | 2n | 4n)
  assert.equal(first('skip_errno'), 2n)
  assert.equal(first('slot'), 9n)
  assert.equal(first('skip'), 1n)
  assert.deepEqual([...bytes.slice(40, 46)], [0, 1, 0, 0, 0, 0])
  assert.deepEqual([...bytes.slice(104, 110)], [2, 0, 0, 0, 0, 1])
  assert.equal(field(bytes, 96, OP, 'args'), 200n)
  assert.equal(Buffer.from(bytes.slice(160)).toString(), '/etc\0\0\0\0')
})

test('numbers are 64 bits wide and sign-extended', () => {
  const numbers = [
    -1,
    -100,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    2 ** 32,
    2 ** 53 - 1,
    -(2 ** 53) + 1,
    -(2 ** 31) - 1,
  ]
  for (const number of numbers) assert.deepEqual(argsOf(number), [BigInt(number)])
  for (const number of [1n, -1n, -(2n ** 63n), 2n ** 63n - 1n]) assert.deepEqual(argsOf(number), [number])
  assert.deepEqual(argsOf(2n ** 64n - 1n), [-1n])
})

test('numbers that do not fit are refused', () => {
  for (const number of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 2n ** 64n, -(2n ** 63n) - 1n]) {
    assert.deepEqual(
      refusal(() => argsOf('x', number)),
      {
        code: 'SystemError',
        message:
          'Cannot encode op "0 getpid": argument 1 is out of range (this is a fault of the plan, not of the configuration)',
      },
    )
  }
})

test('the same text has one address, and all texts are encoded in one call', () => {
  let calls = 0
  const ops: readonly Op[] = [{ call: 'getpid', args: ['a', '', 'bc', 'a', '', 'c'] }]
  const bytes = encodeProgram(programOf(ops), 'x86_64', (text) => {
    calls++
    return encodeText(text)
  })
  assert.equal(calls, 1)
  assert.equal(Buffer.from(bytes.slice(96)).toString(), 'a\0\0bc\0c\0')
  assert.deepEqual(offsetsOf('a', '', 'bc', 'a', '', 'c'), [0, 2, 3, 0, 2, 6])
})

test('text that is not ASCII is placed by its bytes', () => {
  const texts = ['ä', 'b', '€', '𝄞', 'c']
  assert.deepEqual(offsetsOf(...texts), [0, 3, 5, 9, 14])
  assert.deepEqual(
    argsOf(...texts)?.map((arg) => (arg as { text: string }).text),
    texts,
  )
  // A lone surrogate has no bytes: encoders write U+FFFD.
  assert.deepEqual(offsetsOf('\ud800', 'b', '\udc00\ud800', 'c'), [0, 4, 6, 13])
})

test('the same object has the same memory, and equal objects do not', () => {
  const a = { bytes: new Uint8Array(5).fill(1) }
  const b = { bytes: new Uint8Array(5).fill(1) }
  const s = { scratch: 9 }
  const t = { scratch: 9 }
  // Texts first (8 bytes), then blocks, then scratch: each aligned to 8.
  assert.deepEqual(offsetsOf('text', a, b, a, { at: b, offset: 5 }), [0, 8, 16, 8, 21])
  assert.deepEqual(offsetsOf(s, t, a, s, { at: t, offset: 2 }, 'x'), [16, 32, 8, 16, 34, 0])
})

test('a table holds the offsets of its texts and room for one more', () => {
  const table = { table: ['b', 'a'] }
  const bytes = encode([{ call: 'execve', args: ['a', table, 2, { table: [] }, 0] }])
  const words = [...new BigUint64Array(bytes.slice(96).buffer)]
  assert.deepEqual(words, [BigInt(Buffer.from('a\0b\0\0\0\0\0').readBigUInt64LE()), 2n, 0n, 0n, 0n])
})

test('execve is the pseudo-op', () => {
  const bytes = encode([{ call: 'execve', args: ['a', { table: [] }, 0, { table: [] }, 0] }])
  assert.equal(field(bytes, 32, OP, 'nr'), 0x80000005n)
})

test('a text with a NUL inside is the fault of the configuration', () => {
  const expected = {
    code: 'ConfigInvalid',
    message:
      'Cannot pass to the kernel "a\\u0000b": there is a NUL character inside (the kernel takes a NUL for the end of a text)',
  }
  assert.deepEqual(
    refusal(() => argsOf('a\0b')),
    expected,
  )
  const table = { table: ['a\0b'] }
  assert.deepEqual(
    refusal(() => encode([{ call: 'lookup', args: [table, 1] }])),
    expected,
  )
})

test('too much is the fault of the configuration', () => {
  const op: Op = { call: 'getpid', args: [] }
  const most = Array.from({ length: LIMITS.MAX_OPS }, () => op)
  assert.equal(encode(most).length, 32 + 64 * LIMITS.MAX_OPS)
  assert.equal(refusal(() => encode([...most, op])).code, 'ConfigInvalid')
  assert.equal(argsOf({ scratch: LIMITS.MAX_DATA })?.length, 1)
  assert.match(refusal(() => argsOf({ scratch: LIMITS.MAX_DATA }, 'x')).message, /16777224 bytes of data/)
  assert.equal(refusal(() => argsOf({ scratch: LIMITS.MAX_DATA }, 'x')).code, 'ConfigInvalid')
})

test('ops that init would refuse are refused here, with their number and name', () => {
  const getpid: Op = { call: 'getpid', args: [] }
  const wrong: readonly (readonly [Op, RegExp])[] = [
    [{ call: 'getpid', args: [1, 2, 3, 4, 5, 6, 7] }, /"1 getpid": it has 7 arguments/],
    [{ call: 'gate', args: [] }, /"1 gate": its arguments are \(id\)/],
    [{ call: 'lookup', args: [{ table: ['a'] }, 2] }, /"1 lookup": a table of 1 is counted as 2/],
    [{ call: 'getpid', args: [{ slot: 256 }] }, /argument 0 is out of range/],
    [{ call: 'getpid', args: [{ scratch: -1 }] }, /argument 0 is out of range/],
    [{ call: 'getpid', args: [{ at: { scratch: 8 }, offset: 9 }] }, /argument 0 is out of range/],
    [{ ...getpid, into: { slot: -1 } }, /there is no slot -1/],
    [{ ...getpid, on: { skip: 1 } }, /skip goes with an errno/],
    [{ ...getpid, on: { errno: 'EPERM', skip: 1, successSkips: 1 } }, /without successSkips/],
    [{ ...getpid, on: { successSkips: 2 } }, /it skips 2 ops where 1 can be skipped/],
    [{ ...getpid, on: { errno: 'EPERM', skip: -1 } }, /it skips -1 ops/],
  ]
  for (const [op, message] of wrong) {
    const { code, message: found } = refusal(() => encode([getpid, op, getpid]))
    assert.equal(code, 'SystemError')
    assert.match(found, message)
  }
  const many = Array.from({ length: 300 }, (): Op => getpid)
  assert.match(
    refusal(() => encode([{ ...getpid, on: { successSkips: 256 } }, ...many])).message,
    /skips 256 ops where 255/,
  )
})

test('descriptors have slots of their own', () => {
  const encodeWith = (descriptorSlot: number, descriptorCount: number): Uint8Array =>
    encodeProgram({ steps: [], more: false, descriptorSlot, descriptorCount }, 'x86_64', encodeText)
  assert.equal(encodeWith(3, LIMITS.MAX_DESCRIPTORS).length, 32)
  assert.equal(encodeWith(0, 0).length, 32)
  for (const [slot, count] of [
    [0, 1],
    [4, LIMITS.MAX_DESCRIPTORS],
    [1, LIMITS.MAX_DESCRIPTORS + 1],
    [-1, 1],
  ] as const) {
    assert.equal(refusal(() => encodeWith(slot, count)).code, 'SystemError')
  }
})

test('a host whose encoder is no UTF-8 is found out', () => {
  const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf16le'))
  const make = (): Uint8Array => encodeProgram(programOf([{ call: 'getpid', args: ['a'] }]), 'x86_64', latin1)
  assert.match(refusal(make).message, /does not write UTF-8/)
})
