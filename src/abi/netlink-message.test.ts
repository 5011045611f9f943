// Tests the framing of netlink messages: that what is written is what is read, that no length can lie, and that no
// bytes that come in do harm.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isLibcontainerError } from '../errors.ts'
import {
  decodeAck,
  decodeAttributes,
  decodeMessages,
  encodeAttributes,
  encodeMessage,
  textOf,
  textValue,
} from './netlink-message.ts'
import { NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_DONE, NLMSG_ERROR, NLMSGERR_ATTR_MSG } from './rtnetlink.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })

test('attributes come back as they went, each aligned to 4 bytes', () => {
  const values = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 0x3fff }), bytes(300)), {
    selector: ([type]) => type,
  })
  fc.assert(
    fc.property(values, (list) => {
      const encoded = encodeAttributes(list.map(([type, value]) => ({ type, value })))
      assert.equal(encoded.length % 4, 0)
      assert.deepEqual(
        [...decodeAttributes(encoded)].map(([type, value]) => [type, [...value]]),
        list.map(([type, value]) => [type, [...value]]),
      )
    }),
  )
})

test('attributes in attributes come back', () => {
  const encoded = encodeAttributes([{ type: 18, value: [{ type: 1, value: textValue('veth') }] }])
  const inner = decodeAttributes(decodeAttributes(encoded).get(18) ?? assert.fail())
  assert.equal(textOf(inner.get(1) ?? assert.fail()), 'veth')
})

test('CVE-2021-43784: a value that 16 bits cannot measure is refused, alone and nested', () => {
  const fits = { type: 1, value: new Uint8Array(0xffff - 4) }
  assert.equal(decodeAttributes(encodeAttributes([fits])).get(1)?.length, 0xffff - 4)
  const long = { type: 1, value: new Uint8Array(0xffff - 3) }
  for (const attributes of [[long], [{ type: 2, value: [fits] }]]) {
    assert.throws(() => encodeAttributes(attributes), /has (65536|65540) bytes, and the kernel takes 65535/)
  }
  // The control: what 16 bits would keep of that length, and what the kernel would read as the next attribute.
  assert.equal((long.value.length + 4) & 0xffff, 0)
})

test('a message is as the kernel lays it out', () => {
  const request = {
    type: 16,
    flags: 0x605,
    body: Uint8Array.of(1, 2, 3),
    attributes: [{ type: 3, value: textValue('a') }],
  }
  const encoded = encodeMessage(request, 0x01020304)
  // prettier-ignore
  assert.deepEqual(
    [...encoded],
    [28, 0, 0, 0, 16, 0, 5, 6, 4, 3, 2, 1, 0, 0, 0, 0, 1, 2, 3, 0, 6, 0, 3, 0, 97, 0, 0, 0],
  )
  const [message = assert.fail(), ...others] = decodeMessages(encoded)
  assert.deepEqual([message.type, message.flags, message.sequence, message.port], [16, 0x605, 0x01020304, 0])
  assert.equal(others.length, 0)
})

test('several messages come apart', () => {
  const one = encodeMessage({ type: 20, flags: 0, body: new Uint8Array(8), attributes: [] }, 7)
  const both = new Uint8Array(one.length * 2)
  both.set(one)
  both.set(one, one.length)
  assert.deepEqual(
    decodeMessages(both).map(({ type, sequence }) => [type, sequence]),
    [
      [20, 7],
      [20, 7],
    ],
  )
})

test('bytes that are no messages are refused as such, and never read past their end', () => {
  const harmless = (run: () => unknown): void => {
    try {
      run()
    } catch (error) {
      assert.ok(isLibcontainerError(error) && error.errno === 'EBADMSG', String(error))
    }
  }
  fc.assert(
    fc.property(bytes(200), fc.integer({ min: 0, max: 0xffff }), (given, flags) => {
      harmless(() => decodeMessages(given))
      harmless(() => decodeAttributes(given))
      for (const type of [NLMSG_ERROR, NLMSG_DONE])
        harmless(() => decodeAck({ type, flags, sequence: 0, port: 0, payload: given }))
    }),
    { numRuns: 2000 },
  )
  for (const length of [0, 15, 17]) {
    const lying = new Uint8Array(16)
    lying[0] = length
    assert.throws(() => decodeMessages(lying), /EBADMSG/)
  }
})

test('an answer has an errno, and words where the kernel gives them', () => {
  const words = encodeAttributes([{ type: NLMSGERR_ATTR_MSG, value: textValue('No such thing') }])
  const errno = Uint8Array.of(0xfe, 0xff, 0xff, 0xff)
  const answer = (flags: number, ...parts: readonly Uint8Array[]) =>
    decodeAck({
      type: NLMSG_ERROR,
      flags,
      sequence: 1,
      port: 1,
      payload: Uint8Array.from(parts.flatMap((part) => [...part])),
    })
  assert.deepEqual(answer(0, errno, new Uint8Array(16)), { errno: 2, text: '' })
  const capped = NLM_F_CAPPED | NLM_F_ACK_TLVS
  assert.deepEqual(answer(capped, errno, new Uint8Array(16), words), { errno: 2, text: 'No such thing' })
  const request = new Uint8Array(28)
  request[0] = request.length
  assert.deepEqual(answer(NLM_F_ACK_TLVS, errno, request, words), { errno: 2, text: 'No such thing' })
})
