// Unit tests of D-Bus messages: what was written is read again, whatever comes is answered with an error, and one
// message byte for byte as the specification has it.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { isLibcontainerError } from '../../errors.ts'
import { decodeMessage, encodeMessage, METHOD_CALL, messageSize } from './dbus-message.ts'
import { DbusReader, type DbusValue, DbusWriter, splitSignature } from './dbus-value.ts'

/** Any but half of one. QuickJS has no graphemes. */
const character = fc
  .integer({ min: 1, max: 0x10ffff })
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

it('writes Hello as the specification has it', () => {
  const bytes = encodeMessage(
    {
      type: METHOD_CALL,
      serial: 1,
      path: '/org/freedesktop/DBus',
      member: 'Hello',
      destination: 'org.freedesktop.DBus',
      body: [],
    },
    encode,
  )
  // Endianness, type, flags, version; length of the body; serial; length of the fields; then path (1, 'o').
  const start = [0x6c, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 77, 0, 0, 0, 1, 1, 0x6f, 0, 21, 0, 0, 0]
  assert.deepEqual([...bytes.subarray(0, start.length)], start)
  assert.equal(bytes.length % 8, 0)
  assert.equal(messageSize(bytes), bytes.length)
})

it('splits a signature into complete types', () => {
  assert.deepEqual(splitSignature('ssa(sv)a(sa(sv))u'), ['s', 's', 'a(sv)', 'a(sa(sv))', 'u'])
  assert.deepEqual(splitSignature('a{sv}'), ['a{sv}'])
  for (const bad of ['a', '(s', '()', 'z', 'a('])
    assert.throws(() => splitSignature(bad), isLibcontainerError)
})

const leaf = fc.oneof(
  fc.tuple(fc.constant('u'), fc.nat()),
  fc.tuple(fc.constant('t'), fc.bigInt(0n, 0xffffffffffffffffn)),
  fc.tuple(fc.constant('x'), fc.bigInt(-(1n << 63n), (1n << 63n) - 1n)),
  fc.tuple(fc.constant('i'), fc.integer()),
  fc.tuple(fc.constant('b'), fc.boolean()),
  fc.tuple(fc.constant('y'), fc.integer({ min: 0, max: 255 })),
  fc.tuple(
    fc.constant('s'),
    fc.string({ unit: character }).filter((text) => !text.includes('\0')),
  ),
)
type Typed = readonly [signature: string, value: DbusValue]
const { typed } = fc.letrec<{ typed: Typed }>((tie) => ({
  typed: fc.oneof(
    { maxDepth: 4 },
    leaf as fc.Arbitrary<Typed>,
    fc
      .array(tie('typed'), { minLength: 1, maxLength: 3 })
      .map(
        (parts): Typed => [
          `(${parts.map(([signature]) => signature).join('')})`,
          parts.map(([, value]) => value),
        ],
      ),
    tie('typed').map(([signature, value]): Typed => [`a${signature}`, [value, value]]),
    tie('typed').map(([signature, value]): Typed => ['v', { signature, value }]),
  ),
}))

it('reads what it has written, at any alignment', () => {
  fc.assert(
    fc.property(fc.array(typed, { maxLength: 5 }), fc.nat(7), (values, offset) => {
      const signature = values.map(([type]) => type).join('')
      const writer = new DbusWriter(encode)
      writer.bytes(new Uint8Array(offset))
      writer.values(
        signature,
        values.map(([, value]) => value),
      )
      const read = new DbusReader(writer.finish(), offset, decode).values(signature)
      assert.deepEqual(
        read,
        values.map(([, value]) => value),
      )
    }),
  )
})

it('takes any bytes for a message or an error', () => {
  const good = encodeMessage(
    {
      type: METHOD_CALL,
      serial: 7,
      path: '/a',
      member: 'b',
      signature: 'a(sv)',
      body: [[['x', { signature: 'u', value: 1 }]]],
    },
    encode,
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
      const bytes = good.slice()
      for (const [at, value] of changes) bytes[at] = value
      try {
        decodeMessage(bytes, decode)
      } catch (error) {
        if (!isLibcontainerError(error)) throw error
      }
    }),
    { numRuns: 2000 },
  )
})
