// Tests addresses as text, against what the engine itself understands: node:net for which are valid, URL for the form.

import assert from 'node:assert/strict'
import { isIPv4, isIPv6 } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatCidr, formatIp, networkOf, parseCidr, parseIp } from './ip-address.ts'

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
/** Bytes with runs of zeros, which is what IPv6 texts are about. */
const sparse = fc
  .array(fc.constantFrom(0, 0, 0, 1, 0xff), { minLength: 16, maxLength: 16 })
  .map((bytes) => Uint8Array.from(bytes))

test('text is the inverse of bytes', () => {
  fc.assert(
    fc.property(fc.oneof(bytesOf(4), bytesOf(16), sparse), (bytes) => {
      assert.deepEqual(parseIp(formatIp(bytes)), bytes)
    }),
  )
})

test('IPv6 is written as URLs write it (RFC 5952)', () => {
  fc.assert(
    fc.property(fc.oneof(bytesOf(16), sparse), (bytes) => {
      assert.equal(new URL(`http://[${formatIp(bytes)}]`).hostname, `[${formatIp(bytes)}]`)
    }),
  )
})

test('what is an address, and what is none, is as node:net has it', () => {
  const characters = fc.constantFrom(
    ':',
    '::',
    '.',
    '0',
    '1',
    '25',
    '255',
    '256',
    'a',
    'ffff',
    'g',
    '00',
    ' ',
    '/',
  )
  const text = fc.array(characters, { maxLength: 12 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, (candidate) => {
      assert.equal(parseIp(candidate) !== null, isIPv4(candidate) || isIPv6(candidate), candidate)
    }),
    { numRuns: 5000 },
  )
})

test('texts with more than one meaning are refused', () => {
  for (const text of [
    '010.0.0.1',
    '1.2.3',
    '0x7f.0.0.1',
    '1.2.3.4 ',
    '',
    '::1%lo',
    '1::2::3',
    '1:2:3:4:5:6:7:8::',
  ])
    assert.equal(parseIp(text), null, text)
  assert.deepEqual(parseIp('::ffff:192.0.2.1'), parseIp('::ffff:c000:201'))
})

test('a prefix length is a number of bits that the address has', () => {
  assert.equal(formatCidr(parseCidr('10.1.2.3/24') ?? assert.fail()), '10.1.2.3/24')
  assert.equal(parseCidr('2001:db8::/128')?.prefixLength, 128)
  for (const text of [
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '::/129',
    '10.0.0.0/8/8',
    '/8',
  ])
    assert.equal(parseCidr(text), null, text)
})

test('a network has no bit behind its prefix, and all of those before it', () => {
  fc.assert(
    fc.property(bytesOf(16), fc.integer({ min: 0, max: 128 }), (bytes, prefixLength) => {
      const number = (from: Uint8Array): bigint => from.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
      const rest = BigInt(128 - prefixLength)
      assert.equal(number(networkOf({ bytes, prefixLength }).bytes), (number(bytes) >> rest) << rest)
    }),
  )
})
