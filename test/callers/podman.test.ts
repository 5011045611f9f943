// Tests that podman, of Debian bookworm, does its work with our runtime: what people do with containers every day.

import assert from 'node:assert/strict'
import { after, before, type TestOptions, test } from 'node:test'
import {
  cgroupsNamed,
  type Machine,
  missingCallers,
  type Outcome,
  openMachine,
  readControl,
} from '../helpers/callers-machine.ts'

const options: TestOptions = { skip: missingCallers(), timeout: 300_000 }
let machine: Machine

const podman = (line: string): Promise<Outcome> => machine.run(`podman ${line}`)
const ok = (line: string): Promise<string> => machine.output(`podman ${line}`)
const run = (line: string): Promise<string> => ok(`run --rm ${line}`)
const inspect = (name: string, format: string): Promise<string> => ok(`inspect --format '${format}' ${name}`)
const remove = (name: string): Promise<string> => ok(`rm --force --time 0 ${name}`)

/** There is no systemd here, and no network that podman could set up without iptables. */
const configuration = ({ name, runtime }: Machine): string => `[containers]
netns = "none"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
network_backend = "netavark"
runtime = "${name}"
runtime_supports_json = ["${name}"]
runtime_supports_nocgroup = ["${name}"]
[engine.runtimes]
${name} = ["${runtime}"]
`
const STORAGE = `[storage]
driver = "vfs"
graphroot = "/var/lib/containers"
runroot = "/run/containers"
`

before(async () => {
  if (options.skip !== false) return
  machine = await openMachine()
  machine.write('/etc/containers/containers.conf', configuration(machine))
  machine.write('/etc/containers/storage.conf', STORAGE)
  await ok('import --quiet --change ENV=PATH=/bin /busybox.tar busybox')
})
after(() => machine?.close())

test('podman knows the runtime', options, async () => {
  assert.equal(await ok("info --format '{{.Host.OCIRuntime.Path}}'"), machine.runtime)
  assert.match(await ok("info --format '{{.Host.OCIRuntime.Version}}'"), /\d+\.\d+/)
})

test('a command runs: its output, its errors, its input, its status', options, async () => {
  const outcome = await podman("run --rm busybox sh -c 'echo out; echo err >&2; exit 7'")
  assert.deepEqual(outcome, { status: 7, stdout: 'out\n', stderr: 'err\n' })
  assert.equal(await machine.output('echo hello | podman run --rm -i busybox cat'), 'hello')
})

test('what cannot be executed ends with the status of a shell', options, async () => {
  const statuses = { 'no-such-command': 127, '/no/such/file': 127, '/etc': 126, '/etc/passwd': 126 }
  for (const [command, expected] of Object.entries(statuses)) {
    const { status, stderr } = await podman(`run --rm busybox ${command}`)
    assert.equal(status, expected, `${command}: ${stderr}`)
  }
})

test('a container in the background: logs, exec, top, stop, start, restart, rm', options, async () => {
  const script = 'trap "echo bye; exit 3" TERM; echo started; while :; do sleep 0.1; done'
  await ok(`run --detach --name life busybox sh -c '${script}'`)
  await machine.until('it has started', async () => (await ok('logs life')) === 'started')
  assert.equal(await ok("exec --env A=b --workdir /tmp life sh -c 'echo $A $PWD'"), 'b /tmp')
  assert.match(await ok('exec --user alice life id'), /^uid=1000\(alice\) gid=1000\(alice\)/)
  assert.equal((await podman("exec life sh -c 'exit 9'")).status, 9)
  assert.equal((await podman('exec life no-such-command')).status, 127)
  assert.match(await ok('top life pid args'), /1 +sh -c trap/)
  await ok('stop --time 60 life')
  assert.equal(await inspect('life', '{{.State.ExitCode}}'), '3')
  assert.equal(await ok('logs life'), 'started\nbye')
  await ok('start life')
  assert.equal(await inspect('life', '{{.State.Status}}'), 'running')
  await ok('restart --time 1 life')
  await remove('life')
})

test('a container is made first and started later, with its output to us', options, async () => {
  await ok("create --name two-steps busybox sh -c 'echo first; exit 4'")
  assert.equal(await inspect('two-steps', '{{.State.Status}}'), 'created')
  await ok('init two-steps')
  assert.equal(await inspect('two-steps', '{{.State.Status}}'), 'initialized')
  const { status, stdout } = await podman('start --attach two-steps')
  assert.deepEqual({ status, stdout }, { status: 4, stdout: 'first\n' })
  await ok('rm two-steps')
})

test('a process is started in the background of a container', options, async () => {
  await ok('run --detach --name later busybox sleep 1000')
  await ok("exec --detach later sh -c 'echo done >/tmp/later'")
  await machine.until('it ran', async () => (await podman('exec later cat /tmp/later')).stdout === 'done\n')
  await remove('later')
})

test('signals: by name, by number, and SIGKILL for what does not stop', options, async () => {
  const script = 'trap "echo HUP" HUP; echo ready; while :; do sleep 0.1; done'
  await ok(`run --detach --name signals busybox sh -c '${script}'`)
  const logged = (expected: string) => async (): Promise<boolean> => (await ok('logs signals')) === expected
  await machine.until('it listens', logged('ready'))
  await ok('kill --signal HUP signals')
  await machine.until('it heard', logged('ready\nHUP'))
  await ok('kill --signal 1 signals')
  await machine.until('it heard again', logged('ready\nHUP\nHUP'))
  await ok('stop --time 1 signals')
  assert.equal(await inspect('signals', '{{.State.ExitCode}}'), '137')
  await ok('rm signals')
})

test('a container is paused and goes on', options, async () => {
  await ok('run --detach --name pause busybox sleep 1000')
  await ok('pause pause')
  assert.equal(await inspect('pause', '{{.State.Status}}'), 'paused')
  assert.notEqual((await podman('exec pause true')).status, 0)
  await ok('unpause pause')
  assert.equal(await inspect('pause', '{{.State.Status}}'), 'running')
  assert.equal(await ok('exec pause echo on'), 'on')
  await remove('pause')
})

test('limits are set, reported, and changed while it runs', options, async () => {
  await ok('run --detach --name limits --memory 64m --pids-limit 50 --cpus 0.5 busybox sleep 1000')
  const id = await inspect('limits', '{{.Id}}')
  const control = (controller: string, file: string): string => readControl(`libpod-${id}`, controller, file)
  assert.equal(control('memory', 'memory.limit_in_bytes'), String(64 << 20))
  assert.equal(control('pids', 'pids.max'), '50')
  assert.equal(control('cpu', 'cpu.cfs_quota_us'), '50000')
  const [stats] = JSON.parse(await ok('stats --no-stream --format json limits'))
  assert.match(stats.mem_usage, /\/ 67\.11MB$/)
  assert.equal(stats.pids, '1')
  await ok('update --memory 128m --memory-swap 128m --cpus 0.25 limits')
  assert.equal(control('memory', 'memory.limit_in_bytes'), String(128 << 20))
  assert.equal(control('cpu', 'cpu.cfs_quota_us'), '25000')
  await remove('limits')
  assert.deepEqual(cgroupsNamed(id), [])
})

const noCgroups = process.env.CALLERS_RUNTIME === 'runc' ? 'runc cannot' : options.skip
test('a container without cgroups', { ...options, skip: noCgroups }, async () => {
  assert.equal(
    await run('--cgroups disabled busybox cat /proc/self/cgroup'),
    await machine.output('cat /proc/self/cgroup'),
  )
  await ok('run --detach --name free --cgroups disabled busybox sleep 1000')
  assert.equal(await ok('exec free echo in'), 'in')
  await remove('free')
})

test('cgroups: a parent of its own, a namespace of its own', options, async () => {
  const cgroups = 'busybox cat /proc/self/cgroup'
  assert.match(await run(`--cgroupns host --cgroup-parent /mine ${cgroups}`), /:\/mine\/libpod-/)
  const own = await run(`--cgroupns private ${cgroups}`)
  assert.ok(
    own.split('\n').every((line) => line.endsWith(':/')),
    own,
  )
})

test('a health check tells how it is', options, async () => {
  const check = "--health-interval disable --health-cmd 'test -e /tmp/well'"
  await ok(`run --detach --name health ${check} busybox sleep 1000`)
  assert.equal((await podman('healthcheck run health')).status, 1)
  await ok('exec health touch /tmp/well')
  assert.equal((await podman('healthcheck run health')).status, 0)
  await remove('health')
})

test('a terminal, for the first process and for a later one', options, async () => {
  // Its size comes right before or after it has started.
  const sized = (size: string): string =>
    `sh -c 'test -t 0 && test -t 1 && tty; until test "$(stty size)" = "${size}"; do sleep 0.1; done; echo sized'`
  const first = await machine.terminal(`stty rows 33 cols 77; podman run --rm -it busybox ${sized('33 77')}`)
  assert.equal(first, '/dev/pts/0\r\nsized')
  await ok('run --detach --tty --name tty busybox sleep 1000')
  const later = await machine.terminal(`stty rows 22 cols 66; podman exec -it tty ${sized('22 66')}`)
  assert.equal(later, '/dev/pts/1\r\nsized')
  await remove('tty')
})

test('volumes, tmpfs, a read-only root', options, async () => {
  machine.write('/root/shared/file', 'content')
  const shared = await run("--volume /root/shared:/data busybox sh -c 'cat /data/file; echo more >/data/new'")
  assert.equal(shared, 'content')
  assert.equal(machine.read('/root/shared/new'), 'more\n')
  const refused = await podman('run --rm --volume /root/shared:/data:ro busybox touch /data/no')
  assert.match(refused.stderr, /Read-only file system/)
  await run("--volume named:/data busybox sh -c 'echo kept >/data/file'")
  assert.equal(await run('--volume named:/elsewhere busybox cat /elsewhere/file'), 'kept')
  const mounts = await run('--tmpfs /scratch:size=1m,mode=700 --read-only busybox cat /proc/mounts')
  assert.match(mounts, /^tmpfs \/scratch tmpfs rw,.*size=1024k,.*mode=700/m)
  assert.match(mounts, /^\S+ \/ \S+ ro,/m)
})

test("the host's root, as tools that watch a machine mount it", options, async () => {
  machine.write('/root/of-the-host', 'host')
  assert.equal(await run('--volume /:/host:ro,rslave busybox cat /host/root/of-the-host'), 'host')
})

test('a tmpfs has what the image has there', options, async () => {
  const listing = await run('--mount type=tmpfs,destination=/etc busybox cat /etc/passwd')
  assert.match(listing, /^alice:/m)
})

test('a user namespace with ids of its own', options, async () => {
  const map = 'busybox cat /proc/self/uid_map /proc/self/gid_map'
  const maps = await run(`--uidmap 0:100000:5000 --gidmap 0:200000:5000 ${map}`)
  assert.equal(maps.replaceAll(/\s+/g, ' ').trim(), '0 100000 5000 0 200000 5000')
  const owners = "busybox sh -c 'touch /here; stat -c %u /here /bin'"
  assert.equal(await run(`--uidmap 0:100000:5000 ${owners}`), '0\n0')
  assert.match(await run(`--userns auto ${map}`), /^ *0 +100000 +\d+\n/)
})

test('users and groups of the image', options, async () => {
  const alice = 'uid=1000(alice) gid=1000(alice) groups=29(audio),46(plugdev),1000(alice)'
  assert.equal(await run('--user alice busybox id'), alice)
  const numbers = await run('--user 4000:5000 --group-add 29 busybox id')
  assert.match(numbers, /^uid=4000\b.* gid=5000\b.* groups=29\(audio\),5000/)
})

test('capabilities are those that were asked for', options, async () => {
  const status = "busybox grep -E '^(Cap(Eff|Bnd)|NoNewPrivs)' /proc/self/status"
  const sets = await run(`--cap-drop all --cap-add net_admin ${status}`)
  assert.equal(
    sets.replaceAll(/\s+/g, ' '),
    'CapEff: 0000000000001000 CapBnd: 0000000000001000 NoNewPrivs: 0',
  )
  assert.match(await run(`--security-opt no-new-privileges ${status}`), /NoNewPrivs:\s1/)
  assert.match(await run(`--user alice ${status}`), /CapEff:\s0{16}\n/)
})

test('seccomp: the default profile, one of our own, none', options, async () => {
  const status = 'busybox grep ^Seccomp: /proc/self/status'
  assert.match(await run(status), /2$/)
  assert.match(await run(`--security-opt seccomp=unconfined ${status}`), /0$/)
  const refuse = { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 }
  machine.write('/root/profile.json', JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [refuse] }))
  const refused = await podman('run --rm --security-opt seccomp=/root/profile.json busybox mkdir /tmp/x')
  assert.match(refused.stderr, /No space left on device/)
})

test('a pod shares its namespaces', options, async () => {
  await ok('pod create --name pod --share net,uts,ipc --hostname peas')
  await ok('run --detach --pod pod --name one busybox sleep 1000')
  await ok('run --detach --pod pod --name two busybox sleep 1000')
  const namespaces = 'stat -Lc %i /proc/self/ns/net /proc/self/ns/uts /proc/self/ns/ipc'
  assert.equal(await ok(`exec one ${namespaces}`), await ok(`exec two ${namespaces}`))
  assert.equal(await ok('exec two hostname'), 'peas')
  await ok('pod pause pod')
  assert.equal(await inspect('one', '{{.State.Status}}'), 'paused')
  await ok('pod unpause pod')
  await ok('pod rm --force --time 0 pod')
})

test('a container joins the namespaces of another one, and of the host', options, async () => {
  await ok('run --detach --name host busybox sleep 1000')
  assert.match(await run('--pid container:host busybox ps -o pid,args'), /^ +1 sleep 1000$/m)
  await remove('host')
  const namespaces = 'stat -Lc %i /proc/self/ns/net /proc/self/ns/ipc /proc/self/ns/uts'
  const ours = await machine.output(namespaces)
  assert.equal(await run(`--net host --ipc host --uts host busybox ${namespaces}`), ours)
})

test('what else a configuration has: init, limits, sysctl, devices, privileges', options, async () => {
  assert.match(await run('--init busybox ps -o args'), /catatonit|podman-init/)
  const limits = '--ulimit nofile=100:200 --ulimit nproc=1000:1000'
  assert.equal(await run(`${limits} busybox sh -c 'ulimit -Sn; ulimit -Hn'`), '100\n200')
  const forward = 'net.ipv4.ip_forward'
  assert.equal(await run(`--sysctl ${forward}=1 busybox cat /proc/sys/${forward.replaceAll('.', '/')}`), '1')
  assert.equal(await run('--hostname here busybox hostname'), 'here')
  const device = await run('--device /dev/net/tun:/dev/mine:r busybox ls -l /dev/mine')
  assert.match(device, /^c.* 10, 200 /)
  assert.equal(await run('--oom-score-adj 500 busybox cat /proc/self/oom_score_adj'), '500')
  const bounding = await machine.output('grep CapBnd /proc/self/status')
  const privileged = await run('--privileged busybox grep CapBnd /proc/self/status')
  assert.equal(privileged, bounding)
})

test('nothing is left behind', options, async () => {
  await ok('rm --all --force --time 0')
  assert.equal(await machine.output(`${machine.runtime} list --quiet`), '')
})
