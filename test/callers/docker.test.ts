// Tests that Docker, of Debian bookworm, runs containers with our runtime, given to its daemon by --add-runtime.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
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

const docker = (line: string): Promise<Outcome> => machine.run(`docker ${line}`)
const ok = (line: string): Promise<string> => machine.output(`docker ${line}`)
const run = (line: string): Promise<string> => ok(`run --rm ${line}`)
const inspect = (name: string, format: string): Promise<string> => ok(`inspect --format '${format}' ${name}`)
const remove = (name: string): Promise<string> => ok(`rm --force ${name}`)

/** There is no network that Docker could set up without iptables. The daemon starts a containerd of its own. */
const daemon = ({ runtime }: Machine): string =>
  `exec dockerd --data-root /var/lib/containers/docker --storage-driver vfs --bridge none --iptables=false \
  --ip6tables=false --exec-opt native.cgroupdriver=cgroupfs --add-runtime under-test=${runtime} \
  --default-runtime under-test --log-level warn >/run/dockerd.log 2>&1`

before(async () => {
  if (options.skip !== false) return
  machine = await openMachine()
  machine.start(daemon(machine))
  await machine.until('dockerd answers', async () => (await docker('version')).status === 0)
  await ok('import --change "ENV PATH=/bin" /busybox.tar busybox')
})
after(() => machine?.close())

test('Docker knows the runtime', options, async () => {
  assert.equal(await ok("info --format '{{.DefaultRuntime}}'"), 'under-test')
})

test('a command runs: its output, its errors, its input, its status', options, async () => {
  const outcome = await docker("run --rm busybox sh -c 'echo out; echo err >&2; exit 7'")
  assert.deepEqual(outcome, { status: 7, stdout: 'out\n', stderr: 'err\n' })
  assert.equal(await machine.output('echo hello | docker run --rm -i busybox cat'), 'hello')
})

test('what cannot be executed ends with the status of a shell', options, async () => {
  const statuses = { 'no-such-command': 127, '/no/such/file': 127, '/etc/passwd': 126 }
  for (const [command, expected] of Object.entries(statuses)) {
    const { status, stderr } = await docker(`run --rm busybox ${command}`)
    assert.equal(status, expected, `${command}: ${stderr}`)
  }
})

test('a container in the background: logs, exec, top, stop, start, restart, rm', options, async () => {
  const script = 'trap "echo bye; exit 3" TERM; echo started; while :; do sleep 0.1; done'
  await ok(`run --detach --name life busybox sh -c '${script}'`)
  await machine.until('it has started', async () => (await ok('logs life')) === 'started')
  assert.equal(await ok("exec --env A=b --workdir /tmp life sh -c 'echo $A $PWD'"), 'b /tmp')
  assert.match(await ok('exec --user alice life id'), /^uid=1000\(alice\) gid=1000\(alice\)/)
  assert.equal((await docker("exec life sh -c 'exit 9'")).status, 9)
  assert.match((await docker('exec life no-such-command')).stdout, /no-such-command/)
  assert.match(await ok('top life'), /sh -c trap/)
  await ok('stop --time 60 life')
  assert.equal(await inspect('life', '{{.State.ExitCode}}'), '3')
  assert.equal(await ok('logs life'), 'started\nbye')
  await ok('start life')
  assert.equal(await inspect('life', '{{.State.Status}}'), 'running')
  await ok('restart --time 1 life')
  await remove('life')
})

test('a process is started in the background of a container', options, async () => {
  await ok('run --detach --name later busybox sleep 1000')
  await ok("exec --detach later sh -c 'echo done >/tmp/later'")
  await machine.until('it ran', async () => (await docker('exec later cat /tmp/later')).stdout === 'done\n')
  await remove('later')
})

test('signals: by name, and SIGKILL for what does not stop', options, async () => {
  const script = 'trap "echo HUP" HUP; echo ready; while :; do sleep 0.1; done'
  await ok(`run --detach --name signals busybox sh -c '${script}'`)
  await machine.until('it listens', async () => (await ok('logs signals')) === 'ready')
  await ok('kill --signal HUP signals')
  await machine.until('it heard', async () => (await ok('logs signals')) === 'ready\nHUP')
  await ok('stop --time 1 signals')
  assert.equal(await inspect('signals', '{{.State.ExitCode}}'), '137')
  await ok('rm signals')
})

test('a container is paused and goes on', options, async () => {
  await ok('run --detach --name pause busybox sleep 1000')
  await ok('pause pause')
  assert.equal(await inspect('pause', '{{.State.Status}}'), 'paused')
  await ok('unpause pause')
  assert.equal(await ok('exec pause echo on'), 'on')
  await remove('pause')
})

test('limits are set, reported, and changed while it runs', options, async () => {
  await ok('run --detach --name limits --memory 64m --pids-limit 50 --cpus 0.5 busybox sleep 1000')
  const id = await inspect('limits', '{{.Id}}')
  const control = (controller: string, file: string): string => readControl(id, controller, file)
  assert.equal(control('memory', 'memory.limit_in_bytes'), String(64 << 20))
  assert.equal(control('pids', 'pids.max'), '50')
  assert.equal(control('cpu', 'cpu.cfs_quota_us'), '50000')
  const stats = await ok("stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' limits")
  assert.match(stats, / \/ 64MiB 1$/)
  await ok('update --memory 128m --memory-swap 128m --cpus 0.25 --pids-limit 60 limits')
  assert.equal(control('memory', 'memory.limit_in_bytes'), String(128 << 20))
  assert.equal(control('cpu', 'cpu.cfs_quota_us'), '25000')
  assert.equal(control('pids', 'pids.max'), '60')
  await remove('limits')
  assert.deepEqual(cgroupsNamed(id), [])
})

test('a container that uses more memory than it may is killed, and Docker says so', options, async () => {
  // The first process goes on, as Docker may hear of the end of a container before it hears why.
  const script = 'while :; do (x=x; while :; do x=$x$x; done); done'
  await ok(`run --detach --name greedy --memory 16m busybox sh -c '${script}'`)
  const heard = 'events --since 1 --until $(date +%s) --filter container=greedy --filter event=oom'
  await machine.until('Docker heard of it', async () => (await ok(heard)) !== '')
  await ok('kill greedy')
  assert.equal(await inspect('greedy', '{{.State.OOMKilled}} {{.State.ExitCode}}'), 'true 137')
  await remove('greedy')
})

test('a terminal, for the first process and for a later one', options, async () => {
  const script = "sh -c 'test -t 0 && test -t 1 && tty'"
  assert.equal(await machine.terminal(`docker run --rm -it busybox ${script}`), '/dev/pts/0')
  await ok('run --detach --tty --name tty busybox sleep 1000')
  assert.equal(await machine.terminal(`docker exec -it tty ${script}`), '/dev/pts/1')
  const resized =
    'sh -c \'while test "$(stty size 2>/dev/null)" != "22 66"; do sleep 0.1; done; echo resized\''
  assert.equal(await machine.terminal(`stty rows 22 cols 66; docker exec -it tty ${resized}`), 'resized')
  await remove('tty')
})

test('volumes, tmpfs, a read-only root', options, async () => {
  machine.write('/root/shared/file', 'content')
  const shared = await run("-v /root/shared:/data busybox sh -c 'cat /data/file; echo more >/data/new'")
  assert.equal(shared, 'content')
  assert.equal(machine.read('/root/shared/new'), 'more\n')
  const refused = await docker('run --rm -v /root/shared:/data:ro busybox touch /data/no')
  assert.match(refused.stderr, /Read-only file system/)
  await run("-v named:/data busybox sh -c 'echo kept >/data/file'")
  assert.equal(await run('-v named:/elsewhere busybox cat /elsewhere/file'), 'kept')
  const mounts = await run('--tmpfs /scratch:size=1m,mode=700 --read-only busybox cat /proc/mounts')
  assert.match(mounts, /^tmpfs \/scratch tmpfs rw,.*size=1024k,.*mode=700/m)
  assert.match(mounts, /^\S+ \/ \S+ ro,/m)
})

test('capabilities, privileges and users', options, async () => {
  const status = "busybox grep -E '^(Cap(Eff|Bnd)|NoNewPrivs)' /proc/self/status"
  const sets = await run(`--cap-drop all --cap-add net_admin ${status}`)
  assert.equal(
    sets.replaceAll(/\s+/g, ' '),
    'CapEff: 0000000000001000 CapBnd: 0000000000001000 NoNewPrivs: 0',
  )
  assert.match(await run(`--security-opt no-new-privileges ${status}`), /NoNewPrivs:\s1/)
  assert.match(await run(`--user alice ${status}`), /CapEff:\s0{16}\n/)
  assert.equal(await run('--user 4000:5000 --group-add 29 busybox id -G'), '5000 29')
})

const every = (2n << BigInt(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'))) - 1n
const bounding = `CapBnd:\t${every.toString(16).padStart(16, '0')}\n`
const isWhole = readFileSync('/proc/self/status', 'utf8').includes(bounding)
const skip = isWhole ? options.skip : 'root lacks a capability here, and Docker asks for all'
test('a privileged container has every capability', { ...options, skip }, async () => {
  const status = await run('--privileged busybox cat /proc/self/status')
  assert.ok(status.includes(bounding), status)
})

test('seccomp: the default profile, one of our own, none', options, async () => {
  const status = 'busybox grep ^Seccomp: /proc/self/status'
  assert.match(await run(status), /2$/)
  assert.match(await run(`--security-opt seccomp=unconfined ${status}`), /0$/)
  const refuse = { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 }
  machine.write('/root/profile.json', JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [refuse] }))
  const refused = await docker('run --rm --security-opt seccomp=/root/profile.json busybox mkdir /tmp/x')
  assert.match(refused.stderr, /No space left on device/)
})

test('namespaces of the host and of another container', options, async () => {
  await ok('run --detach --name host busybox sleep 1000')
  assert.match(await run('--pid container:host busybox ps -o pid,args'), /^ +1 sleep 1000$/m)
  const network = 'stat -Lc %i /proc/self/ns/net'
  assert.equal(await run(`--network container:host busybox ${network}`), await ok(`exec host ${network}`))
  await remove('host')
  const namespaces = 'stat -Lc %i /proc/self/ns/net /proc/self/ns/ipc /proc/self/ns/uts'
  const ours = await machine.output(namespaces)
  assert.equal(await run(`--network host --ipc host --uts host busybox ${namespaces}`), ours)
})

test('what else a configuration has: init, limits, sysctl, devices', options, async () => {
  assert.match(await run('--init busybox ps -o args'), /docker-init/)
  assert.equal(await run("--ulimit nofile=100:200 busybox sh -c 'ulimit -Sn; ulimit -Hn'"), '100\n200')
  const forward = 'net.ipv4.ip_forward'
  assert.equal(await run(`--sysctl ${forward}=1 busybox cat /proc/sys/${forward.replaceAll('.', '/')}`), '1')
  assert.equal(await run('--hostname here busybox hostname'), 'here')
  const device = await run('--device /dev/net/tun:/dev/mine:r busybox ls -l /dev/mine')
  assert.match(device, /^c.* 10, 200 /)
  assert.equal(await run('--oom-score-adj 500 busybox cat /proc/self/oom_score_adj'), '500')
})

test('nothing is left behind', options, async () => {
  assert.equal(await ok('ps --all --quiet'), '')
  const list = await machine.output(`${machine.runtime} --root /run/docker/runtime-runc/moby list --quiet`)
  assert.equal(list, '')
})
