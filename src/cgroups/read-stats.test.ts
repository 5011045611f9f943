// Tests the parsers of figures: block devices of both versions, pressure, RDMA.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBlkioEntries, parseIoStat } from './blkio-entries.ts'
import { parsePressure } from './read-pressure.ts'
import { parseRdma } from './read-shared-stats.ts'

test('blkio: lines with and without an operation; the total is left out', () => {
  const text = '8:0 Read 100\n8:0 Write 18446744073709551615\n8:16 7\n8:0 Total 300\nTotal 500\n'
  assert.deepEqual(parseBlkioEntries(text, '/f'), [
    { major: 8, minor: 0, op: 'Read', value: 100n },
    { major: 8, minor: 0, op: 'Write', value: 18446744073709551615n },
    { major: 8, minor: 16, value: 7n },
    { major: 8, minor: 0, op: 'Total', value: 300n },
  ])
  assert.deepEqual(parseBlkioEntries('Total 0\n', '/f'), [])
  for (const wrong of ['8:0 Read 100 100', '8:0 Read Write', '8 Read 5', '8:0']) {
    assert.throws(() => parseBlkioEntries(wrong, '/f'), { code: 'SystemError', object: '/f' }, wrong)
  }
})

test('io.stat: bytes and operations by device, and the cost model', () => {
  const text =
    '254:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0 cost.vrate=100.00 cost.usage=9\n7:0 \n8:16 rbytes=5\n'
  assert.deepEqual(parseIoStat(text), {
    serviceBytes: [
      { major: 254, minor: 0, op: 'Read', value: 10n },
      { major: 254, minor: 0, op: 'Write', value: 20n },
      { major: 254, minor: 0, op: 'Discard', value: 0n },
      { major: 8, minor: 16, op: 'Read', value: 5n },
    ],
    serviced: [
      { major: 254, minor: 0, op: 'Read', value: 1n },
      { major: 254, minor: 0, op: 'Write', value: 2n },
      { major: 254, minor: 0, op: 'Discard', value: 0n },
    ],
    costUsageMicros: [{ major: 254, minor: 0, value: 9n }],
  })
  assert.deepEqual(parseIoStat(''), { serviceBytes: [], serviced: [] })
})

test('pressure: some and full; old kernels have no full for the CPU', () => {
  const some = 'some avg10=0.12 avg60=1.00 avg300=99.99 total=7820\n'
  const share = { avg10: 0.12, avg60: 1, avg300: 99.99, totalMicros: 7820n }
  const none = { avg10: 0, avg60: 0, avg300: 0, totalMicros: 0n }
  assert.deepEqual(parsePressure(some), { some: share })
  assert.deepEqual(parsePressure(`${some}full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`), {
    some: share,
    full: none,
  })
  assert.equal(parsePressure(''), null)
})

test('rdma: numbers by device; max is no number', () => {
  assert.deepEqual(parseRdma('mlx4_0 hca_handle=2 hca_object=max\nocrdma1 hca_handle=3 hca_object=4\n'), {
    mlx4_0: { hca_handle: 2n },
    ocrdma1: { hca_handle: 3n, hca_object: 4n },
  })
})
