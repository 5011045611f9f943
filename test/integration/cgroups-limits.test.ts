// Tests that the limits of block devices, huge pages, networks and the like are in their files, on each version.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import {
  lacksController,
  leftovers,
  MACHINES,
  managerAt,
  outputIn,
  readLimit,
  V1,
  V2,
} from '../helpers/cgroup-machine.ts'

/** A whole disk of the machine; only cgroups of this test are limited. */
function findDisk(): { readonly major: number; readonly minor: number } | null {
  for (const name of existsSync('/sys/block') ? readdirSync('/sys/block') : []) {
    const [major, minor] = readFileSync(`/sys/block/${name}/dev`, 'utf8').trim().split(':').map(Number)
    const isDisk = Number(readFileSync(`/sys/block/${name}/size`, 'utf8')) > 0
    if (isDisk && major !== undefined && minor !== undefined) return { major, minor }
  }
  return null
}

const DISK = findDisk()
const { major, minor } = DISK ?? { major: 0, minor: 0 }
const lacksDisk = DISK === null && 'there is no block device'
const hasPages = existsSync('/sys/kernel/mm/hugepages/hugepages-2048kB')
const lacksPages = !hasPages && 'there are no huge pages of 2 MB'

const RATES = {
  major,
  minor,
  readBytesPerSecond: 1_048_576n,
  writeBytesPerSecond: 2n ** 40n,
  readOperationsPerSecond: 100,
  writeOperationsPerSecond: 4_294_967_294,
}

test('v1: rates of a block device are in their files, and go', {
  skip: lacksController(V1, 'blkio') || lacksDisk,
}, async () => {
  const manager = managerAt(V1, 'blkio', { blkio: { devices: [RATES] } })
  manager.create()
  const read = (name: string) => readLimit(manager, 'blkio', `blkio.throttle.${name}_device`)
  assert.equal(read('read_bps'), `${major}:${minor} 1048576`)
  assert.equal(read('write_bps'), `${major}:${minor} ${2n ** 40n}`)
  assert.equal(read('read_iops'), `${major}:${minor} 100`)
  assert.equal(read('write_iops'), `${major}:${minor} 4294967294`)
  const given = { blkio: { devices: [{ major, minor, readBytesPerSecond: -1n }] } }
  const before = { path: 'x', blkio: { devices: [RATES] } }
  manager.set({ before, after: { path: 'x', ...given }, given })
  assert.equal(read('read_bps'), '')
  assert.equal(read('read_iops'), `${major}:${minor} 100`)
  await manager.destroy()
})

test('v2: rates of a block device are one line, and a weight is there', {
  skip: lacksController(V2, 'io') || lacksDisk,
}, async () => {
  const manager = managerAt(V2, 'io', { blkio: { devices: [RATES] } })
  manager.create()
  const line = `${major}:${minor} rbps=1048576 wbps=${2n ** 40n} riops=100 wiops=4294967294`
  assert.equal(readLimit(manager, 'unified', 'io.max'), line)
  await manager.destroy()
})

for (const machine of MACHINES) {
  const isV1 = machine.hierarchies.version === 1
  const blkio = isV1 ? 'blkio' : 'io'

  test(`${machine.name}: a block device that is not there is refused with its field`, {
    skip: lacksController(machine, blkio),
  }, () => {
    const device = { major: 4000, minor: 1, readBytesPerSecond: 5n }
    const manager = managerAt(machine, 'no-disk', { blkio: { devices: [device] } })
    assert.throws(() => manager.create(), {
      code: 'SystemError',
      errno: 'ENODEV',
      field: 'cgroup.blkio.devices[0].readBytesPerSecond',
      hint: 'there is no such block device',
    })
    assert.deepEqual(leftovers(manager), [])
  })

  test(`${machine.name}: a leaf weight is refused, as the kernel has none any more`, {
    skip: lacksController(machine, blkio),
  }, () => {
    const manager = managerAt(machine, 'leaf', { blkio: { leafWeight: 100 } })
    assert.throws(() => manager.create(), { field: 'cgroup.blkio.leafWeight' })
    assert.deepEqual(leftovers(manager), [])
  })

  test(`${machine.name}: a weight is set, or refused with what is missing`, {
    skip: lacksController(machine, blkio),
  }, async () => {
    const manager = managerAt(machine, 'weight', { blkio: { weight: 300 } })
    try {
      manager.create()
    } catch (error) {
      assert.match(String(error), /field.*|BFQ scheduler/)
      assert.equal((error as { field?: string }).field, 'cgroup.blkio.weight')
      return
    }
    const files = isV1 ? ['blkio.bfq.weight'] : ['io.bfq.weight', 'io.weight']
    const directory = manager.paths[blkio] ?? manager.paths.unified
    const file = files.find((name) => existsSync(`${directory}/${name}`)) as string
    assert.match(readLimit(manager, blkio, file), /^(default )?(300|2930)$/m)
    await manager.destroy()
  })

  test(`${machine.name}: huge pages in use and reserved`, {
    skip: lacksController(machine, 'hugetlb') || lacksPages,
  }, async () => {
    const hugetlb = [{ pageSize: '2MB', limitBytes: 4n << 20n, reservedBytes: 8n << 20n }]
    const manager = managerAt(machine, 'huge', { hugetlb })
    manager.create()
    const [limit, reserved] = isV1
      ? ['hugetlb.2MB.limit_in_bytes', 'hugetlb.2MB.rsvd.limit_in_bytes']
      : ['hugetlb.2MB.max', 'hugetlb.2MB.rsvd.max']
    assert.equal(readLimit(manager, 'hugetlb', limit), '4194304')
    assert.equal(readLimit(manager, 'hugetlb', reserved), '8388608')
    const stats = manager.readStats(['hugetlb']).hugetlb?.['2MB']
    assert.equal(stats?.limitBytes, 4n << 20n)
    assert.equal(stats?.reserved?.limitBytes, 8n << 20n)
    assert.equal(stats?.usageBytes, 0n)
    await manager.destroy()
  })

  test(`${machine.name}: a size of huge pages that is not there is refused with its field`, {
    skip: lacksController(machine, 'hugetlb'),
  }, () => {
    const manager = managerAt(machine, 'huge', { hugetlb: [{ pageSize: '3MB', limitBytes: 0n }] })
    assert.throws(() => manager.create(), {
      code: 'SystemError',
      errno: 'ENOENT',
      field: 'cgroup.hugetlb[0].limitBytes',
      hint: /no huge pages of that size/,
    })
    assert.deepEqual(leftovers(manager), [])
  })

  test(`${machine.name}: idle and burst`, { skip: lacksController(machine, 'cpu') }, async () => {
    const cpu = { shares: 512, quotaMicros: 20_000, burstMicros: 10_000 }
    const manager = managerAt(machine, 'idle', { cpu: { ...cpu, idle: true } })
    manager.create()
    assert.equal(readLimit(manager, 'cpu', 'cpu.idle'), '1')
    assert.equal(readLimit(manager, 'cpu', isV1 ? 'cpu.cfs_burst_us' : 'cpu.max.burst'), '10000')
    const before = { path: 'x', cpu: { ...cpu, idle: true } }
    manager.set({
      before,
      after: { path: 'x', cpu: { ...cpu, idle: false } },
      given: { cpu: { idle: false } },
    })
    assert.equal(readLimit(manager, 'cpu', 'cpu.idle'), '0')
    assert.equal(readLimit(manager, 'cpu', isV1 ? 'cpu.shares' : 'cpu.weight'), isV1 ? '512' : '59')
    await manager.destroy()
  })

  test(`${machine.name}: a resource that the machine does not have is refused with its field`, {
    skip: lacksController(machine, 'misc'),
  }, () => {
    const manager = managerAt(machine, 'misc', { misc: { nothing: 1n } })
    assert.throws(() => manager.create(), { errno: 'EINVAL', field: 'cgroup.misc.nothing' })
    assert.deepEqual(leftovers(manager), [])
  })
}

const INTERFACE = Object.keys(networkInterfaces())[0] ?? 'lo'

test('v1: network class and priorities', {
  skip: lacksController(V1, 'net_cls', 'net_prio'),
}, async () => {
  const manager = managerAt(V1, 'net', {
    netCls: { classId: 0x100001 },
    netPrio: { priorities: { [INTERFACE]: 5 } },
  })
  manager.create()
  assert.equal(readLimit(manager, 'net_cls', 'net_cls.classid'), '1048577')
  assert.match(readLimit(manager, 'net_prio', 'net_prio.ifpriomap'), new RegExp(`^${INTERFACE} 5$`, 'm'))
  await manager.destroy()
  const wrong = managerAt(V1, 'net', { netPrio: { priorities: { nothere0: 5 } } })
  assert.throws(() => wrong.create(), { field: 'cgroup.netPrio.priorities.nothere0', errno: 'ENODEV' })
  assert.deepEqual(leftovers(wrong), [])
})

test('v1: every hierarchy is joined, those without limits too', {
  skip: lacksController(V1, 'perf_event'),
}, async () => {
  const manager = managerAt(V1, 'joined')
  manager.create()
  assert.match(await outputIn(manager, 'cat /proc/self/cgroup'), /perf_event.*\/joined$/m)
  await manager.destroy()
})

test('v1: kernel memory that the kernel does not limit any more is refused; buffers of TCP are limited', {
  skip: lacksController(V1, 'memory'),
}, async () => {
  const wrong = managerAt(V1, 'kmem', { memory: { limitBytes: 64n << 20n, kernelBytes: 32n << 20n } })
  assert.throws(() => wrong.create(), { code: 'ConfigInvalid', field: 'cgroup.memory.kernelBytes' })
  assert.deepEqual(leftovers(wrong), [])
  const manager = managerAt(V1, 'kmem', { memory: { kernelBytes: -1n, kernelTcpBytes: 8n << 20n } })
  manager.create()
  assert.equal(readLimit(manager, 'memory', 'memory.kmem.tcp.limit_in_bytes'), String(8 << 20))
  await manager.destroy()
})

test('v1: files of v2 are refused', { skip: V1.skip }, () => {
  const manager = managerAt(V1, 'unified', { unified: { 'memory.high': '1' } })
  assert.throws(() => manager.create(), { code: 'ConfigInvalid', field: 'cgroup.unified' })
  assert.deepEqual(leftovers(manager), [])
})

test('v2: files are written as they are, after all else', {
  skip: lacksController(V2, 'memory'),
}, async () => {
  const manager = managerAt(V2, 'unified', {
    memory: { limitBytes: 64n << 20n },
    unified: { 'memory.max': '134217728', 'memory.high': '100M\n', 'cgroup.max.depth': '3' },
  })
  manager.create()
  assert.equal(readLimit(manager, 'unified', 'memory.max'), '134217728')
  assert.equal(readLimit(manager, 'unified', 'memory.high'), String(100 << 20))
  assert.equal(readLimit(manager, 'unified', 'cgroup.max.depth'), '3')
  await manager.destroy()
})

test('v2: a file of a controller that is not there is refused', { skip: V2.skip }, () => {
  const manager = managerAt(V2, 'unified', { unified: { 'nothing.max': '0' } })
  assert.throws(() => manager.create(), { code: 'ConfigInvalid', field: 'cgroup.unified["nothing.max"]' })
  assert.deepEqual(leftovers(manager), [])
})

test('v2: network classes are refused', { skip: V2.skip }, () => {
  const manager = managerAt(V2, 'net', { netCls: { classId: 1 } })
  assert.throws(() => manager.create(), { code: 'ConfigInvalid', field: 'cgroup.netCls.classId' })
  assert.deepEqual(leftovers(manager), [])
})
