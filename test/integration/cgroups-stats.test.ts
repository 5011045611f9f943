// Tests the figures of running containers against what their processes did.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_MOUNTS } from 'libcontainer'
import { lacksController, MACHINES } from '../helpers/cgroup-machine.ts'
import { containerTest, output, refused, runIn, SLEEP, shell, until } from '../helpers/container-test.ts'

const machine = MACHINES[0]?.skip === false ? MACHINES[0] : (MACHINES[2] as (typeof MACHINES)[2])
const isV1 = machine.hierarchies.version === 1
const lacks = (...names: readonly string[]) => lacksController(machine, ...names)
const MEGA = 1n << 20n

containerTest(
  'cpu: time by CPU adds up, and a quota throttles',
  async ({ create, cgroupPath }) => {
    const cpu = { quotaMicros: 5000, periodMicros: 50_000 }
    const container = await create({ cgroup: { path: cgroupPath(), cpu } })
    await container.start(SLEEP)
    const busy = await container.start(shell('while :; do :; done'))
    await until('it is throttled', async () => {
      const { totalNanos = 0n, throttling } = (await container.stats()).cpu ?? {}
      return totalNanos > 10_000_000n && (throttling?.throttledNanos ?? 0n) > 1_000_000n
    })
    busy.signal('KILL')
    await busy.wait()
    const stats = (await container.stats()).cpu
    assert.ok(stats !== undefined && stats.totalNanos > 10_000_000n)
    const { throttling, perCpu } = stats
    assert.ok(throttling !== undefined && throttling.throttledPeriods > 0n)
    assert.ok(throttling.throttledPeriods <= throttling.periods && throttling.throttledNanos > 1_000_000n)
    if (!isV1) return
    assert.ok(perCpu !== undefined && perCpu.length >= 1)
    assert.equal(
      perCpu.reduce((sum, { totalNanos }) => sum + totalNanos, 0n),
      stats.totalNanos,
    )
  },
  lacks('cpu', ...(isV1 ? ['cpuacct'] : [])),
)

containerTest(
  'memory: usage, cache, limit, how often it was hit, and swap',
  async ({ create, cgroupPath }) => {
    const memory = { limitBytes: 32n * MEGA, swapBytes: 32n * MEGA }
    const container = await create({ cgroup: { path: cgroupPath(), memory } })
    await container.start(SLEEP)
    const idle = (await container.stats()).memory
    assert.ok(idle !== undefined && idle.usageBytes > 0n && idle.usageBytes < 16n * MEGA)
    await output(runIn(container, 'dd if=/dev/zero of=/big bs=1M count=20 2>/dev/null'))
    // Of the file, whether it is in memory only or on a disk. The kernel adds up what each CPU has counted, now and then.
    await until(
      'the file is counted',
      async () => ((await container.stats()).memory?.cacheBytes ?? 0n) >= 19n * MEGA,
    )
    const full = (await container.stats()).memory
    assert.ok(full !== undefined && full.usageBytes <= 32n * MEGA)
    assert.equal(full.limitBytes, 32n * MEGA)
    assert.equal(full.failcnt, 0n)
    assert.ok((full.maxUsageBytes ?? 0n) >= full.usageBytes)
    if (full.withSwap !== undefined) {
      assert.equal(full.withSwap.limitBytes, 32n * MEGA)
      assert.ok(full.withSwap.usageBytes >= full.usageBytes && full.swapBytes === 0n)
    }
    assert.equal(full.oomKills, 0n)
    assert.ok((full.kernel?.usageBytes ?? 0n) > 0n)
    assert.ok(Object.keys(full.raw).length > 10)
  },
  lacks('memory'),
)

containerTest(
  'pressure, where the kernel keeps it',
  async ({ create, cgroupPath }) => {
    const container = await create({ cgroup: { path: cgroupPath() } })
    await container.start(SLEEP)
    const { cpu } = await container.stats({ controllers: ['cpu'] })
    const some = cpu?.pressure?.some
    assert.ok(some !== undefined && some.avg10 >= 0 && some.avg10 <= 100 && some.totalMicros >= 0n)
  },
  (machine.hierarchies.unified === null && 'there is no cgroup v2') ||
    (!existsSync('/proc/pressure/cpu') && 'the kernel has no PSI'),
)

/** ext4: a file system on a disk. */
const EXT4 = 0xef53
const onDisk = [tmpdir(), join(import.meta.dirname, '../../../build')].find(
  (path) => existsSync(path) && statfsSync(path).type === EXT4,
)

containerTest(
  'block devices: bytes written to a disk are counted',
  async ({ create, cgroupPath }) => {
    const folder = mkdtempSync(join(onDisk as string, 'cgroups-stats-'))
    try {
      const mount = { type: 'bind', source: folder, destination: '/data' } as const
      const container = await create({
        cgroup: { path: cgroupPath() },
        mounts: [...DEFAULT_MOUNTS, mount],
      })
      await container.start(SLEEP)
      // Past the cache: v1 does not count who filled it, but who empties it.
      await output(runIn(container, 'dd if=/dev/zero of=/data/x bs=1M count=2 oflag=direct 2>/dev/null'))
      const { blkio } = await container.stats({ controllers: ['blkio'] })
      const written = blkio?.serviceBytes?.filter(({ op }) => op === 'Write') ?? []
      assert.ok(written.some(({ major, value }) => major > 0 && value >= 2n * MEGA))
      assert.ok(blkio?.serviced?.some(({ op, value }) => op === 'Write' && value > 0n))
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
  lacks(isV1 ? 'blkio' : 'io') || (onDisk === undefined && 'nothing here is on a disk'),
)

containerTest(
  'only what is asked for is read; an unknown name is refused',
  async ({ create, cgroupPath }) => {
    const container = await create({ cgroup: { path: cgroupPath(), pids: { limit: 7 } } })
    await container.start(SLEEP)
    const stats = await container.stats({ controllers: ['pids', 'cpu'] })
    assert.deepEqual(Object.keys(stats).sort(), ['cpu', 'pids'])
    assert.equal(stats.pids?.limit, 7n)
    assert.deepEqual(await container.stats({ controllers: [] }), {})
    const wrong = { controllers: ['cpus'] } as never
    assert.equal((await refused(container.stats(wrong), 'ConfigInvalid')).field, 'controllers[0]')
    assert.equal((await refused(container.stats({ names: [] } as never), 'ConfigInvalid')).field, 'names')
    const without = await create()
    await without.start(SLEEP)
    assert.equal((await refused(without.stats(), 'ConfigInvalid')).field, 'cgroup')
  },
  lacks('pids', ...(isV1 ? ['cpuacct'] : [])),
)

containerTest(
  'the figures of a container that is gone are an error',
  async ({ create, cgroupPath }) => {
    const container = await create({ cgroup: { path: cgroupPath() } })
    await container.start(SLEEP)
    await container.destroy()
    assert.equal((await refused(container.stats(), 'SystemError')).errno, 'ENOENT')
  },
  machine.skip,
)

containerTest('figures again and again, until the container ends', async ({ create, cgroupPath }) => {
  const container = await create({ cgroup: { path: cgroupPath() } })
  assert.throws(() => container.watchStats({ intervalMs: 0 }), { code: 'ConfigInvalid', field: 'intervalMs' })
  await container.start(SLEEP)
  let count = 0
  for await (const stats of container.watchStats({ intervalMs: 10, controllers: ['cpu'] })) {
    assert.deepEqual(Object.keys(stats), ['cpu'])
    if (++count === 3) await container.destroy()
  }
  assert.equal(count, 3)
  await assert.rejects(
    async () => {
      for await (const _ of container.watchStats({ intervalMs: 10 })) assert.fail('it was destroyed')
    },
    { code: 'ContainerNotRunning' },
  )
})

containerTest(
  'cpuset: where the processes may be',
  async ({ create, cgroupPath }) => {
    const container = await create({ cgroup: { path: cgroupPath(), cpuset: { cpus: '0' } } })
    await container.start(SLEEP)
    const { cpuset } = await container.stats({ controllers: ['cpuset'] })
    assert.deepEqual([cpuset?.cpus, cpuset?.mems.includes(0)], [[0], true])
    assert.equal(cpuset?.settings?.sched_relax_domain_level, isV1 ? -1 : undefined)
  },
  lacks('cpuset'),
)
