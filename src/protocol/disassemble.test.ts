// Owns the examples of the disassembler: how ops look to people, and bytes that are no program.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disassembleProgram } from './disassemble.ts'
import { encodeProgram } from './encode.ts'
import type { Op } from './op.ts'

const encode = (ops: readonly Op[]): Uint8Array =>
  encodeProgram({ steps: [{ ops }], more: false, descriptorSlot: 0, descriptorCount: 0 }, 'x86_64', (text) =>
    new TextEncoder().encode(text),
  )

test('ops are shown with names, texts and tables', () => {
  const bytes = encode([
    { call: 'openat', args: [-100, 'däta', 0], into: { slot: 3 }, on: { errno: 'ENOENT', skip: 1 } },
    { call: 'lookup', args: [{ table: ['/bin/sh', ''] }, 2], on: { ignore: true } },
    { call: 'statx', args: [{ slot: 3 }, '', 0, 0, { scratch: 256 }], on: { successSkips: 0 } },
  ])
  const [openat, lookup, statx] = disassembleProgram(bytes, 'x86_64')
  assert.deepEqual(openat?.into, { slot: 3 })
  assert.deepEqual(openat?.on, { errno: 'ENOENT', skip: 1 })
  assert.equal(openat?.args.length, 2)
  assert.equal((openat?.args[1] as { text: string } | undefined)?.text, 'däta')
  assert.deepEqual(lookup, { call: 'lookup', args: [{ table: ['/bin/sh', ''] }, 2n], on: { ignore: true } })
  assert.deepEqual(statx?.args[0], { slot: 3 })
  assert.deepEqual(statx?.args[4], {
    offset: bytes.length - 32 - 3 * 64,
    text: undefined,
    bytes: new Uint8Array(),
  })
  assert.deepEqual(statx?.on, { successSkips: 0 })
})

test('a number without a name is shown as a number', () => {
  const bytes = encode([{ call: 'getpid', args: [] }])
  new DataView(bytes.buffer).setUint32(32, 500, true)
  assert.deepEqual(disassembleProgram(bytes, 'x86_64'), [{ call: 'syscall 500', args: [] }])
})

test('bytes that are no program are refused', () => {
  const good = encode([{ call: 'lookup', args: [{ table: ['a'] }, 1] }])
  const broken = (change: (view: DataView) => void): Uint8Array => {
    const bytes = good.slice()
    change(new DataView(bytes.buffer))
    return bytes
  }
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [good.subarray(0, 31), /31 bytes hold no header/],
    [broken((view) => view.setUint8(0, 0)), /the magic number is wrong/],
    [broken((view) => view.setUint16(4, 9, true)), /version 9 is unknown/],
    [good.subarray(0, good.length - 1), /the header speaks of 120 bytes and there are 119/],
    [broken((view) => view.setUint32(32 + 24, 2, true)), /a table lies outside of the data/],
  ]
  for (const [bytes, message] of cases) {
    assert.throws(() => disassembleProgram(bytes, 'x86_64'), { code: 'SystemError', message })
  }
})
