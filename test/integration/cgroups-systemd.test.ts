// Tests cgroups that systemd makes: a scope around the first process, its limits in the files and in systemd, and that
// it is gone with the container. Where there is no systemd, that this is said and that nothing is left.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { DEFAULT_MOUNTS, DEFAULT_NAMESPACES, Factory } from 'libcontainer'
import { loadCgroupManager } from '../../src/cgroups/create-manager.ts'
import { kernel } from '../helpers/cgroup-machine.ts'
import { containerTest, output, refused, runIn, SLEEP } from '../helpers/container-test.ts'

const isThere = existsSync('/run/systemd/system')
const missing = isThere ? false : 'no systemd runs here (the test VM has one)'
const missingV2 =
  missing === false && !existsSync('/sys/fs/cgroup/cgroup.controllers') ? 'cgroup v1 is here' : missing

/** What systemd says of a unit. */
function show(unit: string, property: string): string {
  return execFileSync('systemctl', ['show', unit, '--property', property, '--value'], {
    encoding: 'utf8',
  }).trim()
}

containerTest(
  'systemd starts a scope around the first process; limits hold in its files and in systemd',
  async ({ directory, rootfs }) => {
    const factory = await Factory.open(join(directory, 'systemd'), { cgroupManager: 'systemd' })
    const name = `test${process.pid}`
    const unit = `libcontainer-${name}.scope`
    const memory = { limitBytes: 64n << 20n }
    const container = await factory.create('unit', {
      rootfs,
      cgroup: { path: `system.slice:libcontainer:${name}`, memory, pids: { limit: 50 } },
    })
    const first = await container.start(SLEEP)
    assert.equal(show(unit, 'ActiveState'), 'active')
    assert.equal(show(unit, 'MemoryMax'), String(64 << 20))
    const { cgroup_paths: paths } = await container.state()
    const files = Object.values(paths)[0] ?? ''
    assert.ok(files.endsWith(`/system.slice/${unit}`), files)
    assert.ok(readFileSync(`/proc/${first.pid}/cgroup`, 'utf8').includes(unit))

    const later = await container.start(SLEEP)
    assert.ok(readFileSync(`/proc/${later.pid}/cgroup`, 'utf8').includes(unit))
    await container.set({ memory: { limitBytes: 48n << 20n } })
    // What it does not know of it would undo now.
    execFileSync('systemctl', ['daemon-reload'])
    assert.equal((await container.stats()).memory?.limitBytes, 48n << 20n)
    assert.equal(show(unit, 'MemoryMax'), String(48 << 20))
    assert.equal(await output(runIn(container, 'echo ok > /dev/null && echo fine')), 'fine')

    await container.pause()
    assert.equal(await container.status(), 'paused')
    await container.resume()
    assert.equal(await container.status(), 'running')

    const again = await (await Factory.open(join(directory, 'systemd'))).load('unit')
    await again.destroy()
    assert.equal(show(unit, 'LoadState'), 'not-found')
    assert.ok(!existsSync(files))
  },
  missing,
)

containerTest(
  'v2: what is written as it is, and cpusets, are told to systemd and survive its reload',
  async ({ directory, rootfs }) => {
    const factory = await Factory.open(join(directory, 'systemd'), { cgroupManager: 'systemd' })
    const name = `asis${process.pid}`
    const unit = `libcontainer-${name}.scope`
    const container = await factory.create('unit', {
      rootfs,
      cgroup: {
        path: `:libcontainer:${name}`,
        memory: { limitBytes: 64n << 20n },
        unified: { 'memory.max': '80M', 'memory.high': '60M', 'pids.max': '42' },
        cpuset: { cpus: '0' },
      },
    })
    await container.start(SLEEP)
    const files = Object.values((await container.state()).cgroup_paths)[0] as string
    const told = () => ['MemoryMax', 'MemoryHigh', 'TasksMax', 'AllowedCPUs'].map((key) => show(unit, key))
    const written = () =>
      ['memory.max', 'memory.high', 'pids.max', 'cpuset.cpus', 'cpu.idle', 'cpu.max'].map((file) =>
        readFileSync(join(files, file), 'utf8').trim(),
      )
    const bytes = (mebi: number) => String(mebi << 20)
    assert.deepEqual(told(), [bytes(80), bytes(60), '42', '0'])
    assert.deepEqual(written(), [bytes(80), bytes(60), '42', '0', '0', 'max 100000'])

    await container.set({
      unified: { 'memory.max': 'max', 'pids.max': '7' },
      cpu: { idle: true, periodMicros: 50_000 },
    })
    assert.deepEqual(told(), ['infinity', bytes(60), '7', '0'])
    // systemd itself would have put the usual period there.
    assert.deepEqual(written(), ['max', bytes(60), '7', '0', '1', 'max 50000'])
    execFileSync('systemctl', ['daemon-reload'])
    assert.deepEqual(written().slice(0, 5), ['max', bytes(60), '7', '0', '1'])
    await container.destroy()
  },
  missingV2,
)

/** A block device that BFQ schedules, as no other has a weight of its own. */
function findBfqDevice(): string | undefined {
  const isBfq = (name: string) => {
    const scheduler = `/sys/block/${name}/queue/scheduler`
    return existsSync(scheduler) && readFileSync(scheduler, 'utf8').includes('[bfq]')
  }
  const name = readdirSync('/sys/block').find(isBfq)
  return name && readFileSync(`/sys/block/${name}/dev`, 'utf8').trim()
}

containerTest(
  'v2: weights of block devices are as they were asked for after a change; that of all, after a reload of systemd',
  async ({ directory, rootfs }) => {
    const factory = await Factory.open(join(directory, 'systemd'), { cgroupManager: 'systemd' })
    const device = findBfqDevice()
    const [major = 0, minor = 0] = device?.split(':').map(Number) ?? []
    const devices = device === undefined ? {} : { devices: [{ major, minor, weight: 444 }] }
    const cgroup = { path: `:libcontainer:weight${process.pid}`, blkio: { weight: 333, ...devices } }
    const container = await factory.create('unit', { rootfs, cgroup })
    await container.start(SLEEP)
    const files = Object.values((await container.state()).cgroup_paths)[0] as string
    const isBfq = existsSync(join(files, 'io.bfq.weight'))
    const written = () =>
      readFileSync(join(files, isBfq ? 'io.bfq.weight' : 'io.weight'), 'utf8')
        .trim()
        .split('\n')
    const single = device === undefined ? [] : [`${device} 444`]
    assert.deepEqual(written(), [isBfq ? 'default 333' : 'default 3263', ...single])
    await container.set({ blkio: { weight: 111 } })
    assert.deepEqual(written(), [isBfq ? 'default 111' : 'default 1021', ...single])
    execFileSync('systemctl', ['daemon-reload'])
    assert.equal(written()[0], isBfq ? 'default 111' : 'default 1021')
    await container.destroy()
  },
  missingV2,
)

containerTest(
  'systemd moves a process in, for a user who may not write where both cgroups meet',
  async ({ directory, rootfs }) => {
    const factory = await Factory.open(join(directory, 'systemd'), { cgroupManager: 'systemd' })
    const name = `libcontainer-in${process.pid}.scope`
    const cgroup = { path: `:libcontainer:in${process.pid}` }
    const container = await factory.create('unit', { rootfs, cgroup })
    await container.start(SLEEP)
    const { cgroup_paths: paths } = await container.state()
    const { pid } = spawn('sleep', ['100'], { stdio: 'ignore' })
    await loadCgroupManager(kernel, paths, { name, bus: 'system' }).attach?.(pid as number)
    assert.ok(readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(name))
    // It ends with the container.
    await container.destroy()
    assert.ok(!existsSync(Object.values(paths)[0] as string))
  },
  missingV2,
)

containerTest(
  'v2: without a cgroup namespace a container may see all cgroups, and a later process follows the first',
  async ({ directory, rootfs }) => {
    const factory = await Factory.open(join(directory, 'systemd'), { cgroupManager: 'systemd' })
    const other = `/sys/fs/cgroup/other${process.pid}`
    mkdirSync(other)
    const container = await factory.create('unit', {
      rootfs,
      namespaces: DEFAULT_NAMESPACES.filter(({ type }) => type !== 'cgroup'),
      mounts: [...DEFAULT_MOUNTS, { type: 'cgroup', destination: '/sys/fs/cgroup', wholeTree: true }],
      cgroup: { path: `:libcontainer:all${process.pid}` },
    })
    await container.start({ args: ['/bin/sh', '-c', `echo 1 >${other}/cgroup.procs && exec sleep 100`] })
    const { cgroup_paths: paths } = await container.state()
    // systemd ends a scope that has no process any more.
    for (let tries = 0; existsSync(Object.values(paths)[0] as string) && tries < 100; tries++)
      await setTimeout(100)
    assert.equal(await output(runIn(container, 'cat /proc/self/cgroup')), `0::/other${process.pid}`)
    await container.destroy()
    rmdirSync(other)
  },
  missingV2,
)

containerTest(
  'a unit that another container has is refused, and goes on',
  async ({ directory, rootfs }) => {
    const factory = await Factory.open(join(directory, 'systemd'), { cgroupManager: 'systemd' })
    const name = `taken${process.pid}`
    const cgroup = { path: `:libcontainer:${name}` }
    const first = await factory.create('first', { rootfs, cgroup })
    await first.start(SLEEP)
    const second = await factory.create('second', { rootfs, cgroup })
    const error = await refused(second.start(SLEEP), 'ConfigInvalid')
    assert.match(error.message, /is not empty/)
    await second.destroy()
    assert.equal(show(`libcontainer-${name}.scope`, 'ActiveState'), 'active')
    assert.equal(await first.status(), 'running')
    await first.destroy()
  },
  missing,
)

containerTest(
  'v2: a frozen cgroup in the place of a unit is refused, and stays',
  async ({ directory, rootfs }) => {
    const factory = await Factory.open(join(directory, 'systemd'), { cgroupManager: 'systemd' })
    const name = `frozen${process.pid}`
    const container = await factory.create('unit', { rootfs, cgroup: { path: `:libcontainer:${name}` } })
    const place = `/sys/fs/cgroup/system.slice/libcontainer-${name}.scope`
    mkdirSync(place)
    writeFileSync(join(place, 'cgroup.freeze'), '1')
    const error = await refused(container.start(SLEEP), 'ConfigInvalid')
    assert.match(error.message, /unexpectedly frozen/)
    assert.equal(show(`libcontainer-${name}.scope`, 'LoadState'), 'not-found')
    rmdirSync(place)
    await container.destroy()
  },
  missingV2,
)

const ROOT_OF_IDS = 100_000
const ids = [{ containerId: 0, hostId: ROOT_OF_IDS, size: 65_536 }]

containerTest(
  'v2: a container that may write to its own cgroup owns it; one that may not, does not',
  async ({ directory, rootfs }) => {
    const factory = await Factory.open(join(directory, 'systemd'), { cgroupManager: 'systemd' })
    for (const [attributes, isOwn] of [
      [[], true],
      [['ro'], false],
    ] as const) {
      const container = await factory.create('unit', {
        rootfs,
        namespaces: [...DEFAULT_NAMESPACES, { type: 'user' }],
        uidMappings: ids,
        gidMappings: ids,
        mounts: [...DEFAULT_MOUNTS, { type: 'cgroup', destination: '/sys/fs/cgroup', attributes }],
        cgroup: { path: `:libcontainer:own${process.pid}` },
      })
      await container.start(SLEEP)
      const files = Object.values((await container.state()).cgroup_paths)[0] as string
      const make = 'mkdir /sys/fs/cgroup/mine 2>/dev/null && echo made || echo refused'
      assert.equal(await output(runIn(container, make)), isOwn ? 'made' : 'refused')
      assert.equal(statSync(join(files, 'cgroup.procs')).uid, isOwn ? ROOT_OF_IDS : 0)
      assert.equal(statSync(join(files, 'memory.max')).uid, 0)
      await container.destroy()
    }
  },
  missingV2,
)

containerTest(
  'a start that fails leaves no unit',
  async ({ directory, rootfs }) => {
    const factory = await Factory.open(join(directory, 'systemd'), { cgroupManager: 'systemd' })
    const container = await factory.create('unit', {
      rootfs,
      cgroup: { path: `:libcontainer:none${process.pid}` },
    })
    await refused(container.start({ args: ['nosuch'] }), 'SystemError')
    assert.equal(show(`libcontainer-none${process.pid}.scope`, 'LoadState'), 'not-found')
    await container.destroy()
  },
  missing,
)

containerTest(
  'without systemd a start says what is missing, and leaves nothing',
  async ({ directory, rootfs }) => {
    const factory = await Factory.open(join(directory, 'systemd'), { cgroupManager: 'systemd' })
    const container = await factory.create('unit', { rootfs, cgroup: { path: '::web' } })
    const error = await refused(container.start(SLEEP), 'SystemError')
    assert.match(error.message, /connect to the bus "\/run\/dbus\/system_bus_socket".*ENOENT.*systemd/)
    assert.deepEqual(readdirSync(join(directory, 'systemd')), [])
    await container.destroy()
  },
  isThere && 'systemd runs here',
)

containerTest(
  'limits that no kernel takes are refused before systemd is asked',
  async ({ directory, rootfs }) => {
    const factory = await Factory.open(join(directory, 'systemd'), { cgroupManager: 'systemd' })
    const cgroup = { path: '::shares', cpu: { shares: 1 } }
    const error = await refused(factory.create('unit', { rootfs, cgroup }), 'ConfigInvalid')
    assert.equal(error.field, 'cgroup.cpu.shares')
  },
)

containerTest(
  'a path that names no unit is refused before anything is done',
  async ({ directory, rootfs }) => {
    const factory = await Factory.open(join(directory, 'systemd'), { cgroupManager: 'systemd' })
    const error = await refused(
      factory.create('unit', { rootfs, cgroup: { path: '/demo/web' } }),
      'ConfigInvalid',
    )
    assert.equal(error.field, 'cgroup.path')
    assert.match(error.message, /slice:prefix:name/)
  },
)
