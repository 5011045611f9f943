// Owns the test that a configuration comes back from JSON as it was.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validateConfig } from '../config/validate/validate-config.ts'
import { formatJson } from '../json/format-json.ts'
import { parseJson } from '../json/parse-json.ts'
import { reviveConfig } from './revive-config.ts'

test('every 64-bit number of a configuration comes back as a bigint, however small it is', () => {
  const config = validateConfig({
    rootfs: '/srv',
    namespaces: [{ type: 'mount' }, { type: 'time' }],
    timeOffsets: { monotonic: { seconds: 1n }, boottime: { seconds: -2n, nanoseconds: 3 } },
    scheduler: { policy: 'DEADLINE', runtimeNanos: 1n, deadlineNanos: 2n, periodNanos: 3n },
    rlimits: [{ type: 'NOFILE', soft: 1, hard: -1n }],
    cgroup: {
      path: 'x',
      memory: {
        limitBytes: 1n << 20n,
        swapBytes: -1n,
        reservationBytes: 4096n,
        kernelBytes: -1n,
        kernelTcpBytes: 1n,
      },
      pids: { limit: 5 },
      blkio: { devices: [{ major: 8, minor: 0, readBytesPerSecond: 5n, writeBytesPerSecond: -1n }] },
      hugetlb: [{ pageSize: '2MB', limitBytes: 0n, reservedBytes: 2n ** 60n }],
      misc: { sev: 3n, path: -1n },
    },
    labels: { seconds: '7', __proto__x: 'y' },
  })
  assert.deepEqual(validateConfig(reviveConfig(parseJson(formatJson(config)))), config)
})
