// Tests the parser of the kernel's keyed files.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseKeyedCounters } from './read-counters.ts'

test('keyed counters keep all 64 bits; lines of another form are left out', () => {
  const text = 'cache 18446744073709551615\nrss 0\nN0=12 anon 3\nempty\nnegative -1\n'
  assert.deepEqual(parseKeyedCounters(text), { cache: 18446744073709551615n, rss: 0n })
})
