// Property tests: whatever a file of a cgroup says, its parser takes it, leaves it out, or names it as the culprit.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { isLibcontainerError } from '../errors.ts'
import { parseCgroupFile } from '../system/procfs.ts'
import { parseBlkioEntries, parseIoStat } from './blkio-entries.ts'
import { parseCounter, parseKeyedCounters } from './read-counters.ts'
import { parsePressure } from './read-pressure.ts'
import { parseRdma } from './read-shared-stats.ts'

const PARTS = [
  '8:0',
  'Read',
  'Total',
  'some',
  'full',
  'avg10=0.5',
  'total=',
  '=',
  ' ',
  '\n',
  'max',
  '-1',
  '18446744073709551616',
]
const file = fc.oneof(
  fc.string(),
  fc.array(fc.constantFrom(...PARTS)).map((parts) => parts.join(' ')),
  fc.array(fc.constantFrom(...PARTS)).map((parts) => parts.join('')),
)

it('takes any text, or says which file has it', () => {
  const parsers: readonly ((text: string) => unknown)[] = [
    parseKeyedCounters,
    parsePressure,
    parseRdma,
    parseIoStat,
    parseCgroupFile,
    (text) => parseCounter(text, '/f'),
    (text) => parseBlkioEntries(text, '/f'),
  ]
  fc.assert(
    fc.property(file, fc.constantFrom(...parsers), (text, parse) => {
      try {
        parse(text)
      } catch (error) {
        assert.ok(
          isLibcontainerError(error) && error.code === 'SystemError' && error.object === '/f',
          String(error),
        )
      }
    }),
    { numRuns: 500 },
  )
})

it('loses no bit of a counter, and no key', () => {
  const counters = fc.dictionary(
    fc.stringMatching(/^[a-z_.]{1,12}$/),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  )
  fc.assert(
    fc.property(counters, (given) => {
      const text = Object.entries(given).map(([key, value]) => `${key} ${value}\n`)
      assert.deepEqual(Object.entries(parseKeyedCounters(text.join(''))).sort(), Object.entries(given).sort())
      for (const value of Object.values(given)) assert.equal(parseCounter(`${value}\n`, '/f'), value)
    }),
  )
})

it('loses no device and no operation', () => {
  const id = fc.nat({ max: 2 ** 20 })
  const entry = fc.record(
    {
      major: id,
      minor: id,
      op: fc.constantFrom('Read', 'Write', 'Sync', 'Discard'),
      value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    },
    { requiredKeys: ['major', 'minor', 'value'], noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const lines = entries.map(({ major, minor, op, value }) =>
        [`${major}:${minor}`, ...(op === undefined ? [] : [op]), value].join(' '),
      )
      assert.deepEqual(parseBlkioEntries(`${[...lines, 'Total 5'].join('\n')}\n`, '/f'), entries)
    }),
  )
})
