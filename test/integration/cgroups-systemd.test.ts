// Tests cgroups that systemd makes: a scope around the first process, its limits in the files and in systemd, and that
// it is gone with the container. Where there is no systemd, that this is said and that nothing is left.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Factory } from 'libcontainer'
import { containerTest, output, refused, runIn, SLEEP } from '../helpers/container-test.ts'

const isThere = existsSync('/run/systemd/system')
const missing = isThere ? false : 'no systemd runs here (the test VM has one)'

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
