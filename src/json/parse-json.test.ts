// Tests that parseJson is JSON.parse, but for integers that a number cannot hold.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { isLibcontainerError } from '../errors.ts'
import { parseJson } from './parse-json.ts'

it('keeps integers beyond 2^53', () => {
  const text =
    '{"a": [9223372036854775807, -9007199254740993, 9007199254740991, 18446744073709551615], "b": 1e30}'
  assert.deepEqual(parseJson(text), {
    a: [9223372036854775807n, -9007199254740993n, 9007199254740991, 18446744073709551615n],
    b: 1e30,
  })
  assert.equal(parseJson('12345678901234567890'), 12345678901234567890n)
  assert.equal(parseJson('1234567890123456.5'), 1234567890123456.5)
})

it('takes no text for a number, and leaves texts and keys alone', () => {
  const big = 12345678901234567890n
  const cases: readonly (readonly [string, unknown])[] = [
    ['["n12345678901234567890", "12345678901234567890"]', ['n12345678901234567890', '12345678901234567890']],
    [
      '{"12345678901234567890": "\\u006e12345678901234567890"}',
      { '12345678901234567890': 'n12345678901234567890' },
    ],
    ['["\\"12345678901234567890", 12345678901234567890]', ['"12345678901234567890', big]],
    ['["\\\\", 12345678901234567890]', ['\\', big]],
    ['{"": [{}, [], null, true, "", 12345678901234567890]}', { '': [{}, [], null, true, '', big] }],
  ]
  for (const [text, value] of cases) assert.deepEqual(parseJson(text), value)
})

it('keeps "__proto__" an ordinary key', () => {
  const value = parseJson('{"__proto__": {"x": 1234567890123456789}}') as object
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
  assert.deepEqual(Object.keys(value), ['__proto__'])
})

it('refuses what is no JSON', () => {
  for (const text of [
    '',
    '{',
    '[012345678901234567]',
    '{12345678901234567: 1}',
    '[1234567890123456789 1]',
    '-',
  ]) {
    assert.throws(
      () => parseJson(text),
      (error) => isLibcontainerError(error) && error.code === 'ConfigInvalid',
      text,
    )
  }
})

it('reads anything else as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.json(), fc.bigInt({ min: 2n ** 54n, max: 2n ** 64n }), (text, great) => {
      // Doubles of 16 digits and more print without an exponent, so the text itself may hold great integers.
      const plain = JSON.parse(text, (_, value) =>
        Number.isInteger(value) && !Number.isSafeInteger(value) ? 0 : value,
      )
      const safe = JSON.stringify(plain)
      assert.deepEqual(parseJson(safe), plain)
      assert.deepEqual(parseJson(`[${safe},${great}]`), [plain, great])
    }),
  )
})
