// Owns the tests of formatJson: it is JSON.stringify, but for bigints, and parseJson is its inverse.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatJson } from './format-json.ts'
import { parseJson } from './parse-json.ts'

test('64-bit integers survive, and texts that look like them stay texts', () => {
  const state = { limit: 2n ** 64n - 1n, small: 5, text: '18446744073709551615', negative: -(2n ** 63n) }
  const text =
    '{"limit":18446744073709551615,"small":5,"text":"18446744073709551615","negative":-9223372036854775808}'
  assert.equal(formatJson(state), text)
  assert.deepEqual(parseJson(text), state)
})

test('what is undefined is left out', () => {
  assert.equal(formatJson({ a: undefined, b: [undefined, null] }), '{"b":[null,null]}')
})

test('any JSON value is written as JSON.stringify writes it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) =>
      assert.equal(formatJson(value), JSON.stringify(value)),
    ),
  )
})
