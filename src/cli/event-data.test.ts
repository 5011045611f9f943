// Tests of the data of a stats event where it cannot be compared with a machine at hand.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventData } from './event-data.ts'

const share = (avg10: number) => ({ avg10, avg60: 0, avg300: 0, totalMicros: 7n })

test('no limit is the greatest number, of pages on v1, of 64 bits on v2', () => {
  const memory = { usageBytes: 5n, cacheBytes: 0n, raw: {} }
  const limitOf = (version: 1 | 2) =>
    (eventData({ memory }, [], version).memory as { readonly usage: unknown }).usage
  assert.deepEqual(limitOf(1), { limit: 9223372036854771712n, usage: 5n, failcnt: 0n })
  assert.deepEqual(limitOf(2), { limit: 18446744073709551615n, usage: 5n, failcnt: 0n })
})

test('what is not there is what runc writes then', () => {
  const { cpu, memory, pids, network_interfaces } = eventData({}, [], 2)
  assert.deepEqual(cpu, { usage: { kernel: 0n, user: 0n }, throttling: {} })
  const none = { limit: 0n, failcnt: 0n }
  assert.deepEqual(memory, { usage: none, swap: none, kernel: none, kernelTCP: none })
  assert.deepEqual([pids, network_interfaces], [{}, null])
})

test('pressure, devices, huge pages and interfaces', () => {
  const blkio = {
    serviced: [{ major: 8, minor: 0, op: 'Read', value: 3n }],
    pressure: { some: share(1.5), full: share(0) },
  }
  const link = { rxBytes: 1n, rxPackets: 2n, rxErrors: 3n, rxDropped: 4n }
  const network = [
    {
      name: 'eth0',
      hostInterfaceName: 'veth1',
      ...link,
      txBytes: 5n,
      txPackets: 6n,
      txErrors: 7n,
      txDropped: 8n,
    },
  ]
  const data = eventData({ blkio, hugetlb: { '2MB': { usageBytes: 2n, failcnt: 1n } } }, network, 1)
  assert.deepEqual(data.blkio, {
    ioServicedRecursive: [{ major: 8, minor: 0, op: 'Read', value: 3n }],
    psi: {
      some: { avg10: 1.5, avg60: 0, avg300: 0, total: 7n },
      full: { avg10: 0, avg60: 0, avg300: 0, total: 7n },
    },
  })
  assert.deepEqual(data.hugetlb, { '2MB': { usage: 2n, failcnt: 1n } })
  const [shown] = data.network_interfaces as readonly object[]
  assert.deepEqual(Object.values(shown ?? {}), ['eth0', 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n])
})
