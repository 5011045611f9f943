// Tests the parser of the kernel's keyed files.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCounter, parseKeyedCounters, present } from './read-counters.ts'

test('keyed counters keep all 64 bits; lines of another form are left out', () => {
  const text = 'cache 18446744073709551615\nrss 0\nN0=12 anon 3\nempty\nnegative -1\n'
  assert.deepEqual(parseKeyedCounters(text), { cache: 18446744073709551615n, rss: 0n })
})

test('a counter is a number of 64 bits; below 0 is 0; anything else is an error with the file', () => {
  assert.equal(parseCounter('18446744073709551615\n', '/f'), 18446744073709551615n)
  assert.equal(parseCounter('-9223372036854775809', '/f'), 0n)
  for (const wrong of ['', 'bad', '1 2', '0x10', '1.5']) {
    assert.throws(() => parseCounter(wrong, '/f'), { code: 'SystemError', object: '/f' }, wrong)
  }
})

test('what is absent has no key', () => {
  assert.deepEqual(present({ a: 0n, b: null, c: undefined }), { a: 0n })
})
