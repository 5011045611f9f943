// Tests what every cgroup manager promises, on each version that this machine has.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { loadCgroupManager } from '../../src/cgroups/create-manager.ts'
import { findHierarchies, readCgroupHierarchies } from '../../src/cgroups/detect.ts'
import { isFrozen } from '../../src/cgroups/is-frozen.ts'
import { parseMountinfo } from '../../src/system/mountinfo.ts'
import { parseCgroupFile } from '../../src/system/procfs.ts'
import {
  BASE,
  directoriesOf,
  kernel,
  lacksController,
  leftovers,
  MACHINES,
  makeBelow,
  managerAt,
  spawnIn,
} from '../helpers/cgroup-machine.ts'
import { until } from '../helpers/container-test.ts'

/** A process is in none of the states that use the CPU; a frozen one stays so. */
const ticks = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[11]
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

for (const machine of MACHINES) {
  const { name, skip } = machine

  test(`${name}: create makes every directory, destroy removes them and the parents that were made`, {
    skip,
  }, async () => {
    const manager = managerAt(machine, 'a/b/c')
    manager.create()
    for (const directory of directoriesOf(manager)) assert.ok(existsSync(directory), directory)
    assert.deepEqual(manager.readPids(), [])
    assert.equal(isFrozen(kernel, manager.paths), false)
    await manager.destroy()
    assert.deepEqual(leftovers(manager), [])
    await manager.destroy()
  })

  test(`${name}: the name of a file of cgroups is refused by its field`, { skip }, async () => {
    for (const path of ['cgroup.procs', 'named/cgroup.procs', 'cgroup.procs/below']) {
      const manager = managerAt(machine, path)
      assert.throws(() => manager.create(), { field: 'cgroup.path', message: /file/ }, path)
      assert.deepEqual(leftovers(manager), [])
    }
  })

  test(`${name}: a parent lasts as long as a container is below it`, { skip }, async () => {
    const [first, second] = [managerAt(machine, 'shared/1'), managerAt(machine, 'shared/2')]
    first.create()
    second.create()
    await first.destroy()
    for (const directory of directoriesOf(second)) assert.ok(existsSync(directory), directory)
    await second.destroy()
    assert.deepEqual(leftovers(second), [])
  })

  test(`${name}: a parent that somebody else made stays`, { skip }, async () => {
    const manager = managerAt(machine, 'theirs/ours/c')
    const parents = directoriesOf(manager).map((directory) => dirname(dirname(directory)))
    const remove = makeBelow(parents)
    try {
      manager.create()
      await manager.destroy()
      for (const parent of parents) {
        assert.ok(existsSync(parent), parent)
        assert.ok(!existsSync(`${parent}/ours`), parent)
      }
    } finally {
      remove()
    }
  })

  test(`${name}: parents that are removed meanwhile are made again`, { skip }, async () => {
    const manager = managerAt(machine, 'race/c')
    const parents = directoriesOf(manager).map(dirname)
    const script = `while :; do rmdir ${parents.join(' ')} 2>/dev/null; done`
    const vandal = spawn('sh', ['-c', script], { stdio: 'ignore' })
    try {
      for (let round = 0; round < 50; round++) {
        manager.create()
        for (const directory of directoriesOf(manager)) assert.ok(existsSync(directory), directory)
        await manager.destroy()
      }
    } finally {
      vandal.kill('SIGKILL')
      await once(vandal, 'exit')
    }
    await manager.destroy()
    for (const directory of leftovers(manager)) assert.fail(directory)
  })

  test(`${name}: a cgroup with processes is refused and left as it is`, { skip }, async () => {
    const owner = managerAt(machine, 'used')
    owner.create()
    const child = await spawnIn(owner, 'exec sleep 100')
    const intruder = managerAt(machine, 'used')
    assert.throws(() => intruder.create(), {
      code: 'ConfigInvalid',
      field: 'cgroup.path',
      message: new RegExp(`container's cgroup is not empty: ${child.pid}`),
    })
    assert.deepEqual(owner.readPids(), [child.pid])
    owner.kill()
    await owner.destroy()
    assert.deepEqual(leftovers(owner), [])
  })

  test(`${name}: a frozen cgroup is refused; an empty one that exists is used`, { skip }, async () => {
    const owner = managerAt(machine, 'existing')
    owner.create()
    const other = managerAt(machine, 'existing')
    await owner.freeze()
    assert.throws(() => other.create(), {
      code: 'ConfigInvalid',
      reason: "container's cgroup unexpectedly frozen",
    })
    await owner.thaw()
    other.create()
    await other.destroy()
    assert.deepEqual(leftovers(owner), [])
  })

  test(`${name}: freeze stops processes, thaw lets them go on, another process sees it`, {
    skip,
  }, async () => {
    const manager = managerAt(machine, 'frozen')
    manager.create()
    const child = await spawnIn(manager, 'while :; do :; done')
    const loaded = loadCgroupManager(kernel, manager.paths)
    await manager.freeze()
    assert.ok(isFrozen(kernel, manager.paths) && isFrozen(kernel, loaded.paths))
    const before = ticks(child.pid as number)
    await later(100)
    assert.equal(ticks(child.pid as number), before)
    await loaded.thaw()
    assert.ok(!isFrozen(kernel, manager.paths) && !isFrozen(kernel, loaded.paths))
    await until('it goes on', () => ticks(child.pid as number) !== before)
    loaded.kill()
    await loaded.destroy()
    assert.deepEqual(leftovers(manager), [])
  })

  test(`${name}: kill ends what is frozen, and what forks`, { skip }, async () => {
    const manager = managerAt(machine, 'killed')
    manager.create()
    await spawnIn(manager, 'exec sleep 100')
    await manager.freeze()
    manager.kill()
    await manager.destroy()
    manager.create()
    // Each of these forks as fast as it can, for ever: a list of them is out of date when it is read.
    await spawnIn(manager, 'for i in 1 2 3; do (while :; do (:) & done) & done; while :; do (:); done')
    await later(50)
    assert.ok(manager.readPids().length > 0)
    manager.kill()
    await manager.destroy()
    assert.deepEqual(leftovers(manager), [])
  })

  test(`${name}: pids are listed and killed in the cgroups below too`, { skip }, async () => {
    const manager = managerAt(machine, 'deep')
    manager.create()
    const child = await spawnIn(manager, 'exec sleep 100')
    for (const directory of directoriesOf(manager)) {
      const below = `${directory}/x/y`
      mkdirSync(below, { recursive: true })
      for (const file of ['cpuset.cpus', 'cpuset.mems']) {
        if (!existsSync(`${directory}/tasks`) || !existsSync(`${directory}/${file}`)) continue
        for (const at of [`${directory}/x`, below])
          writeFileSync(`${at}/${file}`, readFileSync(`${directory}/${file}`))
      }
      writeFileSync(`${below}/cgroup.procs`, `${child.pid}`)
    }
    assert.deepEqual(manager.readPids(), [child.pid])
    manager.kill()
    await manager.destroy()
    assert.deepEqual(leftovers(manager), [])
  })

  test(`${name}: destroy waits for processes, and names them when they stay`, { skip }, async () => {
    const manager = managerAt(machine, 'busy')
    manager.create()
    await spawnIn(manager, 'sleep 0.05')
    await manager.destroy()
    assert.deepEqual(leftovers(manager), [])
    manager.create()
    const holder = await spawnIn(manager, 'exec sleep 100')
    await assert.rejects(managerAt(machine, 'busy', {}, 100).destroy(), {
      code: 'SystemError',
      errno: 'EBUSY',
      message: new RegExp(`processes are in it: ${holder.pid}`),
    })
    manager.kill()
    await manager.destroy()
    assert.deepEqual(leftovers(manager), [])
  })

  test(`${name}: cpu time is counted`, {
    skip: lacksController(machine, ...(machine.hierarchies.version === 1 ? ['cpuacct'] : [])),
  }, async () => {
    const manager = managerAt(machine, 'stats')
    manager.create()
    const idle = manager.readStats().cpu?.totalNanos
    const busy = await spawnIn(manager, 'while :; do :; done')
    await until('time is counted', () => (manager.readStats().cpu?.totalNanos ?? 0n) > 200_000_000n)
    busy.kill('SIGKILL')
    await once(busy, 'exit')
    const { userNanos = 0n, totalNanos = 0n } = manager.readStats().cpu ?? {}
    await manager.destroy()
    assert.equal(idle, 0n)
    assert.ok(totalNanos > 200_000_000n, `${totalNanos}`)
    // Of user time the kernel may know no more than what it found running at its ticks.
    assert.ok(userNanos > totalNanos / 20n && userNanos < totalNanos * 20n, `${userNanos} of ${totalNanos}`)
  })

  test(`${name}: memory and pids are counted`, {
    skip: lacksController(machine, 'memory', 'pids'),
  }, async () => {
    const manager = managerAt(machine, 'figures', { memory: { limitBytes: 64n << 20n }, pids: { limit: 9 } })
    manager.create()
    const child = await spawnIn(manager, 'sleep 100 & wait')
    while (manager.readPids().length < 2) await later(5)
    const { memory, pids } = manager.readStats()
    assert.deepEqual(pids, { current: 2n, limit: 9n })
    assert.equal(memory?.limitBytes, 64n << 20n)
    assert.ok((memory?.usageBytes ?? 0n) > 0n && Object.keys(memory?.raw ?? {}).length > 10)
    assert.ok(child.pid)
    manager.kill()
    await manager.destroy()
  })

  test(`${name}: without limits there are none in the figures`, {
    skip: lacksController(machine, 'memory', 'pids'),
  }, async () => {
    const manager = managerAt(machine, 'unlimited')
    manager.create()
    const { memory, pids } = manager.readStats()
    assert.ok(memory !== undefined && !('limitBytes' in memory))
    assert.deepEqual(pids, { current: 0n })
    await manager.destroy()
  })

  test(`${name}: a limit without its controller is refused, and nothing is made`, { skip }, () => {
    const without = {
      ...machine,
      hierarchies: {
        ...machine.hierarchies,
        v1: machine.hierarchies.v1.filter(({ controllers }) => !controllers.includes('pids')),
        unified: machine.hierarchies.unified && { ...machine.hierarchies.unified, controllers: ['memory'] },
      },
    }
    const manager = managerAt(without, 'refused', { pids: { limit: 3 } })
    assert.throws(() => manager.create(), {
      code: 'ConfigInvalid',
      field: 'cgroup.pids.limit',
      message: /pids controller/,
    })
    assert.deepEqual(leftovers(manager), [])
  })

  test(`${name}: a path that is taken by a file is an error, and nothing is left`, { skip }, () => {
    const manager = managerAt(machine, 'x/cgroup.procs/y')
    assert.throws(() => manager.create(), { code: 'SystemError', field: 'cgroup.path' })
    assert.deepEqual(leftovers(manager), [])
  })

  test(`${name}: saved paths that lead elsewhere are refused`, { skip }, async () => {
    const [path] = directoriesOf(managerAt(machine, 'x')) as [string]
    const root = path.slice(0, -`${BASE}/x`.length)
    const unclean = [`${root}/a/../b`, `${root}/./a`, `${path}\0`, `${root}/`, `${path}/`, `${root}//`]
    for (const wrong of ['/tmp', '/', 'relative', '', root, ...unclean]) {
      assert.throws(() => loadCgroupManager(kernel, { unified: wrong }), { code: 'SystemError' }, wrong)
    }
    assert.throws(() => loadCgroupManager(kernel, {}), { code: 'SystemError' })
  })

  test(`${name}: a manager of cgroups that are gone has nothing to do`, { skip }, async () => {
    const manager = loadCgroupManager(kernel, managerAt(machine, 'gone/x').paths)
    assert.deepEqual(manager.readPids(), [])
    assert.equal(isFrozen(kernel, manager.paths), false)
    manager.kill()
    await manager.destroy()
    await assert.rejects(manager.freeze(), { code: 'SystemError', errno: 'ENOENT' })
    assert.throws(() => manager.create(), { code: 'SystemError' })
  })
}

test('the hierarchies are those that the list of mounts tells', () => {
  const read = (name: string) => readFileSync(`/proc/self/${name}`, 'utf8')
  const told = findHierarchies(parseMountinfo(read('mountinfo')), parseCgroupFile(read('cgroup')), () => true)
  const { version, v1, unified } = readCgroupHierarchies(kernel)
  const places = (hierarchies: readonly (typeof unified)[]) =>
    hierarchies.map((hierarchy) => `${hierarchy?.mountPoint} ${hierarchy?.root} ${hierarchy?.own}`).sort()
  assert.equal(version, told?.version)
  assert.deepEqual(places([...v1, unified]), places([...(told?.v1 ?? []), told?.unified ?? null]))
})
