// Tests what is particular to cgroup v2: controllers handed down, limits, birth inside, and a container that has
// cgroups of its own.

import assert from 'node:assert/strict'
import { closeSync, fstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { createCgroupManager } from '../../src/cgroups/create-manager.ts'
import { isFrozen } from '../../src/cgroups/is-frozen.ts'
import type { CgroupManager } from '../../src/cgroups/manager.ts'
import {
  kernel,
  lacksController,
  leftovers,
  managerAt,
  managerFor,
  readLimit,
  spawnIn,
  V2,
} from '../helpers/cgroup-machine.ts'

const { skip } = V2
const directoryOf = (manager: CgroupManager) => manager.paths.unified as string

test('v2: each limit is in its file', {
  skip: lacksController(V2, 'memory', 'cpu', 'cpuset', 'pids'),
}, async () => {
  const manager = managerAt(V2, 'limits/c', {
    memory: { limitBytes: 32n << 20n, swapBytes: 48n << 20n, reservationBytes: 16n << 20n },
    cpu: { shares: 512, quotaMicros: 20_000, periodMicros: 50_000 },
    cpuset: { cpus: '0', mems: '0' },
    pids: { limit: 17 },
  })
  manager.create()
  const expected = {
    'memory.max': String(32 << 20),
    'memory.swap.max': String(16 << 20),
    'memory.low': String(16 << 20),
    'cpu.weight': '59',
    'cpu.max': '20000 50000',
    'cpuset.cpus': '0',
    'cpuset.mems': '0',
    'pids.max': '17',
  }
  for (const [file, value] of Object.entries(expected))
    assert.equal(readLimit(manager, 'unified', file), value, file)
  await manager.destroy()
  assert.deepEqual(leftovers(manager), [])
})

test('v2: every controller of the root reaches the container', {
  skip: lacksController(V2, 'memory'),
}, async () => {
  const manager = managerAt(V2, 'handed/down/c')
  manager.create()
  const reached = readLimit(manager, 'unified', 'cgroup.controllers').split(' ')
  for (const name of ['cpuset', 'cpu', 'memory', 'pids']) assert.ok(reached.includes(name), name)
  await manager.destroy()
})

test('v2: a parent with processes cannot hand out, and the error says so', {
  skip: lacksController(V2, 'memory'),
}, async () => {
  const parent = managerAt(V2, 'internal')
  parent.create()
  await spawnIn(parent, 'exec sleep 100')
  const limited = managerAt(V2, 'internal/c', { memory: { limitBytes: 32n << 20n } })
  assert.throws(() => limited.create(), {
    code: 'SystemError',
    errno: 'EBUSY',
    field: 'cgroup.memory.limitBytes',
    message: /hand out the memory controller from cgroup ".*\/internal": EBUSY \(it holds processes itself/,
  })
  const unlimited = managerAt(V2, 'internal/c')
  unlimited.create()
  // Had any controller been handed out, no process could be in it.
  await spawnIn(unlimited, 'exec sleep 100')
  unlimited.kill()
  await unlimited.destroy()
  parent.kill()
  await parent.destroy()
  assert.deepEqual(leftovers(limited), [])
})

test('v2: a refused limit names the field, the file and the value, and nothing is left', {
  skip: lacksController(V2, 'cpuset'),
}, () => {
  const manager = managerAt(V2, 'a/refused', { cpuset: { mems: '900' } })
  assert.throws(() => manager.create(), {
    code: 'SystemError',
    field: 'cgroup.cpuset.mems',
    message: /^Cannot write "900" to ".*\/refused\/cpuset\.mems": E/,
  })
  assert.deepEqual(leftovers(manager), [])
})

test('v2: a limit of v1 only is refused before anything is made', { skip }, () => {
  const manager = managerAt(V2, 'refused', { memory: { swappiness: 10 } })
  assert.throws(() => manager.create(), { code: 'ConfigInvalid', field: 'cgroup.memory.swappiness' })
  assert.deepEqual(leftovers(manager), [])
})

test('v2: a process is born in the cgroup; there is nothing to join', { skip }, async () => {
  const manager = managerAt(V2, 'clone')
  manager.create()
  const fd = manager.openForClone()
  assert.equal(fstatSync(fd).ino, statSync(directoryOf(manager)).ino)
  closeSync(fd)
  assert.deepEqual(manager.openForJoin(), [])
  await manager.destroy()
})

test('v2: a cgroup that is handed over lets its owner manage processes, and no limits', {
  skip,
}, async () => {
  const owner = 54_321
  const manager = managerFor(V2, 'handed-over', owner)
  manager.create()
  const ownerOf = (file: string) => statSync(`${directoryOf(manager)}/${file}`).uid
  for (const file of ['', 'cgroup.procs', 'cgroup.threads', 'cgroup.subtree_control'])
    assert.equal(ownerOf(file), owner, file)
  const { gid } = statSync(directoryOf(manager))
  assert.equal(gid, process.getgid?.())
  for (const file of ['cgroup.freeze', 'cgroup.max.descendants']) assert.equal(ownerOf(file), 0, file)
  await manager.destroy()
  assert.deepEqual(leftovers(manager), [])
})

test('v2: a cgroup that is in use is refused, and one that is not there yet is not', { skip }, async () => {
  const manager = managerAt(V2, 'in-use')
  manager.refuseUsed()
  assert.deepEqual(leftovers(manager), [])
  manager.create()
  manager.refuseUsed()
  const child = await spawnIn(manager, 'exec sleep 100')
  const refusal = { code: 'ConfigInvalid', field: 'cgroup.path' }
  assert.throws(() => manager.refuseUsed(), { ...refusal, message: new RegExp(`is not empty: ${child.pid}`) })
  manager.refuseUsed(child.pid)
  await manager.freeze()
  assert.throws(() => manager.refuseUsed(child.pid), { ...refusal, message: /unexpectedly frozen/ })
  manager.kill()
  await manager.destroy()
})

const CONTROLLER = V2.hierarchies.unified?.controllers[0] ?? 'memory'

test('v2: beside the first process, where the container has moved it below', {
  skip: lacksController(V2, CONTROLLER),
}, async () => {
  const manager = managerAt(V2, 'nested')
  manager.create()
  const child = await spawnIn(manager, 'exec sleep 100')
  const directory = directoryOf(manager)
  const inode = (init?: number) => {
    const fd = manager.openForClone(init)
    const { ino } = fstatSync(fd)
    closeSync(fd)
    return ino
  }
  assert.equal(inode(child.pid), statSync(directory).ino)
  const below = `${directory}/system.slice/init.scope`
  mkdirSync(below, { recursive: true })
  writeFileSync(`${below}/cgroup.procs`, `${child.pid}`)
  assert.equal(inode(child.pid), statSync(directory).ino)
  writeFileSync(`${directory}/cgroup.subtree_control`, `+${CONTROLLER}`)
  assert.equal(inode(child.pid), statSync(below).ino)
  assert.equal(inode(), statSync(directory).ino)
  assert.equal(inode(1), statSync(directory).ino)
  manager.kill()
  await manager.destroy()
})

test('v2: a cgroup that is gone is left for the one where the first process has moved to', {
  skip,
}, async () => {
  const [left, taken] = [managerAt(V2, 'left'), managerAt(V2, 'taken')]
  left.create()
  taken.create()
  const child = await spawnIn(left, 'exec sleep 100')
  writeFileSync(`${directoryOf(taken)}/cgroup.procs`, String(child.pid))
  await left.destroy()
  assert.throws(() => left.openForClone(), /open the cgroup ".*left": ENOENT/)
  const fd = left.openForClone(child.pid)
  assert.equal(fstatSync(fd).ino, statSync(directoryOf(taken)).ino)
  closeSync(fd)
  taken.kill()
  await taken.destroy()
})

test('v2: a relative path is beside the own cgroup', { skip }, () => {
  const { unified } = V2.hierarchies
  const own = readFileSync('/proc/self/cgroup', 'utf8').match(/^0::(.*)$/m)?.[1] as string
  const parent = dirname(own)
  const manager = createCgroupManager(kernel, V2.hierarchies, { path: 'relative/x' })
  assert.equal(directoryOf(manager), `${unified?.mountPoint}${parent === '/' ? '' : parent}/relative/x`)
})

test('v2: thaw fails when a cgroup above stays frozen', { skip }, async () => {
  const [above, below] = [managerAt(V2, 'above'), managerAt(V2, 'above/below', {}, 100)]
  above.create()
  below.create()
  await above.freeze()
  assert.ok(isFrozen(kernel, below.paths))
  await assert.rejects(below.thaw(), { code: 'SystemError', hint: 'a cgroup above it is frozen' })
  await above.thaw()
  assert.ok(!isFrozen(kernel, below.paths))
  await below.destroy()
  await above.destroy()
})
