// Tests that containerd, of Debian bookworm, runs containers through its shim for runc with our runtime in runc's place.

import assert from 'node:assert/strict'
import { after, before, type TestOptions, test } from 'node:test'
import {
  cgroupsNamed,
  type Machine,
  missingCallers,
  type Outcome,
  openMachine,
} from '../helpers/callers-machine.ts'

const options: TestOptions = { skip: missingCallers(), timeout: 300_000 }
let machine: Machine

const CONFIGURATION = `version = 2
root = "/var/lib/containers/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
`
const IMAGE = 'localhost/busybox:latest'

const ctr = (line: string): Promise<Outcome> => machine.run(`ctr ${line}`)
const ok = (line: string): Promise<string> => machine.output(`ctr ${line}`)
/** The flags of `ctr run` that choose the runtime. */
const runtime = (): string =>
  `--runtime io.containerd.runc.v2 --runc-binary ${machine.runtime} --snapshotter native`
const status = async (id: string): Promise<string> =>
  new RegExp(`^${id} +\\d+ +(\\w+)`, 'm').exec(await ok('task list'))?.[1] ?? 'gone'
const remove = async (id: string): Promise<void> => {
  await ctr(`task kill --signal KILL ${id}`)
  await machine.until(`${id} has stopped`, async () => (await status(id)) === 'STOPPED')
  await ctr(`task delete ${id}`)
  await ok(`container delete ${id}`)
}

before(async () => {
  if (options.skip !== false) return
  machine = await openMachine()
  machine.write('/etc/containerd/config.toml', CONFIGURATION)
  machine.start('exec containerd --log-level warn >/run/containerd.log 2>&1')
  // podman makes an archive of the image that containerd reads.
  const podman = 'podman --storage-driver vfs --root /var/tmp/storage'
  await machine.output(`${podman} import --quiet --change ENV=PATH=/bin /busybox.tar busybox`)
  await machine.output(`${podman} save --quiet --output /busybox.image busybox`)
  await machine.until('containerd answers', async () => (await ctr('version')).status === 0)
  await ok('image import --snapshotter native /busybox.image')
})
after(() => machine?.close())

test('a command runs: its output, its status', options, async () => {
  const outcome = await ctr(`run --rm ${runtime()} ${IMAGE} once sh -c 'echo out; echo err >&2; exit 7'`)
  assert.deepEqual(outcome, { status: 7, stdout: 'out\n', stderr: 'err\n' })
})

test('what cannot be executed is an error that names it', options, async () => {
  const { status: code, stderr } = await ctr(`run --rm ${runtime()} ${IMAGE} bad no-such-command`)
  assert.equal(code, 1)
  assert.match(stderr, /no-such-command.*(executable file not found|no such file or directory)/i)
  assert.equal(await status('bad'), 'gone')
  await ctr('container delete bad')
})

test('a container in the background: exec, processes, metrics, kill, delete', options, async () => {
  await ok(`run --detach ${runtime()} ${IMAGE} life sleep 1000`)
  assert.equal(await status('life'), 'RUNNING')
  const inside = await ok('task exec --exec-id one --cwd /tmp --user alice life sh -c "id -u; pwd"')
  assert.equal(inside, '1000\n/tmp')
  assert.equal((await ctr('task exec --exec-id two life sh -c "exit 9"')).status, 9)
  assert.notEqual((await ctr('task exec --exec-id three life no-such-command')).status, 0)
  assert.match(await ok('task ps life'), /^\d+/m)
  const metrics = await ok('task metrics life')
  assert.match(metrics, /^memory\.usage_in_bytes +[1-9]/m)
  assert.match(metrics, /^pids\.current +1 *$/m)
  await remove('life')
  assert.deepEqual(cgroupsNamed('life'), [])
})

test('a signal is heard', options, async () => {
  const script = 'trap "exit 3" TERM; while :; do sleep 0.1; done'
  await ok(`run --detach ${runtime()} ${IMAGE} signals sh -c '${script}'`)
  await machine.until('it listens', async () => {
    const caught = await ok('task exec --exec-id look signals grep SigCgt /proc/1/status')
    return !/0{16}$/.test(caught)
  })
  await ok('task kill --signal TERM signals')
  await machine.until('it ended', async () => (await status('signals')) === 'STOPPED')
  assert.match((await ctr('task delete signals')).stderr, /non-zero exit code 3/)
  await ok('container delete signals')
})

test('a container is paused and goes on', options, async () => {
  await ok(`run --detach ${runtime()} ${IMAGE} pause sleep 1000`)
  await ok('task pause pause')
  assert.equal(await status('pause'), 'PAUSED')
  await ok('task resume pause')
  assert.equal(await status('pause'), 'RUNNING')
  await remove('pause')
})

test('a terminal, for the first process and for a later one', options, async () => {
  // Its size comes right after it started.
  const sized = (size: string): string =>
    `'test -t 0 && tty; until test "$(stty size 2>/dev/null)" = "${size}"; do sleep 0.1; done; echo sized'`
  const said = async (line: string): Promise<string> => (await machine.terminal(line)).replaceAll('\r', '')
  const flags = `--rm --tty ${runtime()} ${IMAGE}`
  const first = await said(`stty rows 33 cols 77; ctr run ${flags} first-tty sh -c ${sized('33 77')}`)
  assert.equal(first, '/dev/pts/0\nsized')
  await ok(`run --detach ${runtime()} ${IMAGE} tty sleep 1000`)
  const exec = `stty rows 22 cols 66; ctr task exec --tty --exec-id one tty sh -c ${sized('22 66')}`
  assert.equal(await said(exec), '/dev/pts/0\nsized')
  await remove('tty')
})

test('limits, mounts, capabilities, seccomp', options, async () => {
  machine.write('/root/shared/file', 'content')
  const once = (flags: string, script: string): Promise<string> =>
    ok(`run --rm ${flags} ${runtime()} ${IMAGE} flags sh -c '${script}'`)
  const mount = '--mount type=bind,src=/root/shared,dst=/data,options=rbind:ro'
  assert.equal(await once(mount, 'cat /data/file'), 'content')
  assert.match(await once('--seccomp', 'grep ^Seccomp: /proc/self/status'), /2$/)
  assert.match(await once('--cap-drop CAP_CHOWN', 'grep ^CapEff /proc/self/status'), /[02468ace]$/)
  assert.match(await once('--read-only', 'grep " / " /proc/mounts'), / ro,/)
  await ok(`run --detach --memory-limit 67108864 ${runtime()} ${IMAGE} limits sleep 1000`)
  assert.match(await ok('task metrics limits'), /^memory\.limit_in_bytes +67108864 *$/m)
  await remove('limits')
})

test('the shim of a container that was killed with it cleans up', options, async () => {
  await ok(`run --detach ${runtime()} ${IMAGE} orphan sleep 1000`)
  const pid = /^orphan +(\d+)/m.exec(await ok('task list'))?.[1]
  const shim = /^PPid:\s+(\d+)$/m.exec(await machine.output(`cat /proc/${pid}/status`))?.[1]
  await machine.output(`kill -KILL ${shim}`)
  await machine.until('containerd noticed', async () => (await status('orphan')) === 'gone')
  await ok('container delete orphan')
  await machine.until('its cgroups are gone', () => cgroupsNamed('orphan').length === 0)
})

test('nothing is left behind', options, async () => {
  const list = await machine.output(`${machine.runtime} --root /run/containerd/runc/default list --quiet`)
  assert.equal(list, '')
})
