// Tests what is particular to cgroup v1: the files of each limit, and joining by the `tasks` files.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, fstatSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { createCgroupManager, loadCgroupManager } from '../../src/cgroups/create-manager.ts'
import { isFrozen } from '../../src/cgroups/is-frozen.ts'
import {
  directoriesOf,
  kernel,
  lacksController,
  leftovers,
  makeBelow,
  managerAt,
  outputIn,
  readLimit,
  V1,
} from '../helpers/cgroup-machine.ts'

const { skip } = V1

test('v1: each limit is in its file', {
  skip: lacksController(V1, 'memory', 'cpu', 'cpuset', 'pids'),
}, async () => {
  const manager = managerAt(V1, 'limits', {
    memory: {
      limitBytes: 32n << 20n,
      swapBytes: 48n << 20n,
      reservationBytes: 16n << 20n,
      swappiness: 0,
      oomKillDisable: true,
    },
    cpu: { shares: 512, quotaMicros: 20_000, periodMicros: 50_000 },
    cpuset: { cpus: '0', mems: '0' },
    pids: { limit: 17 },
  })
  manager.create()
  const expected = {
    'memory.limit_in_bytes': String(32 << 20),
    'memory.memsw.limit_in_bytes': String(48 << 20),
    'memory.soft_limit_in_bytes': String(16 << 20),
    'memory.swappiness': '0',
    'cpu.shares': '512',
    'cpu.cfs_quota_us': '20000',
    'cpu.cfs_period_us': '50000',
    'cpuset.cpus': '0',
    'cpuset.mems': '0',
    'pids.max': '17',
  }
  for (const [file, value] of Object.entries(expected)) {
    assert.equal(readLimit(manager, file.split('.')[0] as string, file), value, file)
  }
  assert.match(readLimit(manager, 'memory', 'memory.oom_control'), /^oom_kill_disable 1$/m)
  await manager.destroy()
})

test('v1: memory and swap are raised and lowered, whichever binds the other', {
  skip: lacksController(V1, 'memory'),
}, async () => {
  const limits = [64n, 512n, 32n, 32n, 256n]
  for (const megabytes of limits) {
    const limitBytes = megabytes << 20n
    const manager = managerAt(V1, 'swap', { memory: { limitBytes, swapBytes: limitBytes } })
    manager.create()
    assert.equal(readLimit(manager, 'memory', 'memory.limit_in_bytes'), String(limitBytes))
    assert.equal(readLimit(manager, 'memory', 'memory.memsw.limit_in_bytes'), String(limitBytes))
  }
  await managerAt(V1, 'swap').destroy()
})

test('v1: a refused limit names the field, the file and the value, and nothing is left', {
  skip: lacksController(V1, 'cpuset', 'memory'),
}, () => {
  const wrong = managerAt(V1, 'a/refused', { memory: { limitBytes: 32n << 20n }, cpuset: { cpus: '4000' } })
  assert.throws(() => wrong.create(), {
    code: 'SystemError',
    field: 'cgroup.cpuset.cpus',
    message: /^Cannot write "4000" to ".*\/refused\/cpuset\.cpus": E/,
  })
  assert.deepEqual(leftovers(wrong), [])
  const swap = managerAt(V1, 'a/refused', { memory: { limitBytes: 32n << 20n, swapBytes: 16n << 20n } })
  assert.throws(() => swap.create(), {
    code: 'SystemError',
    field: 'cgroup.memory.swapBytes',
    errno: 'EINVAL',
  })
  assert.deepEqual(leftovers(swap), [])
})

test('v1: shares that the kernel would change are refused', { skip: lacksController(V1, 'cpu') }, () => {
  const [low, high] = [1, 262_145].map((shares) => managerAt(V1, 'shares', { cpu: { shares } }))
  const facts = { code: 'ConfigInvalid', field: 'cgroup.cpu.shares' }
  assert.throws(() => low?.create(), { ...facts, message: /the minimum allowed is 2/ })
  assert.throws(() => high?.create(), { ...facts, message: /the maximum allowed is 262144/ })
  for (const manager of [low, high]) assert.deepEqual(manager && leftovers(manager), [])
})

const RT_RUNTIME = '/sys/fs/cgroup/cpu/cpu.rt_runtime_us'

function lacksRealtime(): string | false {
  if (!existsSync(RT_RUNTIME)) return 'the kernel has no realtime groups'
  return readFileSync(RT_RUNTIME, 'utf8') === '0\n'
    ? 'the root that can be seen has no realtime to give'
    : false
}

test('v1: realtime reaches the container through the parents that were made', {
  skip: lacksController(V1, 'cpu') || lacksRealtime(),
}, async () => {
  const cpu = { realtimeRuntimeMicros: 1000, realtimePeriodMicros: 1_000_000 }
  const manager = managerAt(V1, 'realtime/c', { cpu })
  manager.create()
  assert.equal(readLimit(manager, 'cpu', 'cpu.rt_runtime_us'), '1000')
  await manager.destroy()
})

test('v1: a cpuset below empty parents of others gets what those above have', {
  skip: lacksController(V1, 'cpuset'),
}, async () => {
  const manager = managerAt(V1, 'empty/parents/c')
  const parent = dirname(manager.paths.cpuset as string)
  const remove = makeBelow([parent])
  try {
    assert.equal(readFileSync(`${parent}/cpuset.cpus`, 'utf8').trim(), '')
    manager.create()
    assert.match(readLimit(manager, 'cpuset', 'cpuset.cpus'), /^0/)
    assert.equal(await outputIn(manager, 'echo ran'), 'ran')
    await manager.destroy()
  } finally {
    remove()
  }
})

test('v1: init joins every hierarchy by writing 0 to the tasks files', { skip }, async () => {
  const manager = managerAt(V1, 'join')
  manager.create()
  const tasks = loadCgroupManager(kernel, manager.paths).openForJoin()
  const hierarchies = directoriesOf(manager).filter((directory) => directory !== manager.paths.unified)
  assert.equal(tasks.length, hierarchies.length)
  const writes = tasks.map((_, index) => `echo 0 >&${index + 3}`).join('; ')
  const child = spawn('bash', ['-c', `${writes}; cat /proc/self/cgroup`], {
    stdio: ['ignore', 'pipe', 'inherit', ...tasks],
  })
  for (const fd of tasks) closeSync(fd)
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  await once(child, 'close')
  const lines = output
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('0::'))
  assert.equal(lines.length, hierarchies.length)
  for (const line of lines) assert.match(line, /\/cgroups-test-\d+\/join$/)
  await manager.destroy()
})

test('v1: on a hybrid machine a process can be born in the v2 part', {
  skip: skip || (V1.hierarchies.unified === null && 'not a hybrid machine'),
}, async () => {
  const manager = managerAt(V1, 'hybrid')
  manager.create()
  const fd = manager.openForClone()
  assert.equal(fstatSync(fd).ino, statSync(manager.paths.unified as string).ino)
  closeSync(fd)
  await manager.destroy()
})

test('v1: without v2 nothing is born inside', { skip }, async () => {
  const manager = managerAt({ ...V1, hierarchies: { ...V1.hierarchies, unified: null } }, 'pure')
  manager.create()
  assert.equal(manager.openForClone(), -1)
  assert.equal(manager.paths.unified, undefined)
  manager.kill()
  await manager.destroy()
})

test('v1: a relative path is below the own cgroup', { skip: skip || isElsewhere() }, () => {
  const manager = createCgroupManager(kernel, V1.hierarchies, { path: 'relative/x' })
  for (const { controllers, mountPoint } of V1.hierarchies.v1) {
    assert.equal(manager.paths[controllers[0] as string], `${mountPoint}/relative/x`)
  }
})

test('v1: thaw fails when a cgroup above stays frozen', {
  skip: lacksController(V1, 'freezer'),
}, async () => {
  const [above, below] = [managerAt(V1, 'above'), managerAt(V1, 'above/below')]
  above.create()
  below.create()
  await above.freeze()
  assert.ok(isFrozen(kernel, below.paths))
  await assert.rejects(below.thaw(), { code: 'SystemError', reason: 'a cgroup above it is frozen' })
  await above.thaw()
  assert.ok(!isFrozen(kernel, below.paths))
  await below.destroy()
  await above.destroy()
})

// This test only states paths where the own cgroup is the root that can be seen, as in a cgroup namespace.
function isElsewhere(): string | false {
  return V1.hierarchies.v1.every(({ own }) => own === '/') ? false : 'not at the root of every hierarchy'
}
