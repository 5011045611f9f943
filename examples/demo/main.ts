// `npm run demo`: the whole life of a container, from an empty directory to nothing left. It needs root, makes what it
// needs below a temporary directory and in one cgroup, and removes both, also on Ctrl-C or when a step fails.

import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Container,
  type ContainerConfig,
  DEFAULT_CAPABILITIES,
  DEFAULT_DEVICES,
  Factory,
  type Process,
} from 'libcontainer'
import { makeBusyboxRootfs } from '../busybox-rootfs.ts'
import { Report } from './report.ts'

const env = ['PATH=/bin']
const id = `demo_${process.pid}`
const cgroup = `/libcontainer-demo-${process.pid}`

const SCRIPT = `
  echo "hello from $(hostname): I am process $$, and this is who I am:"
  id
  echo "my address: $(ip -4 -o addr show lo | awk '{ print $4 }')   open files at most: $(ulimit -n)"
  echo "my capabilities now and at most: $(awk '/CapEff|CapBnd/ { print $2 }' /proc/self/status | xargs)"
  echo "my devices: $(ls /dev | xargs)"
  trap 'echo "SIGTERM: good-bye"; exit 0' TERM
  while :; do i=$((i + 1)); echo "tick $i"; sleep 0.05; done`

function configure(rootfs: string): ContainerConfig {
  return {
    rootfs,
    hostname: 'testing',
    namespaces: [{ type: 'mount' }, { type: 'uts' }, { type: 'ipc' }, { type: 'pid' }, { type: 'network' }],
    capabilities: DEFAULT_CAPABILITIES,
    devices: DEFAULT_DEVICES,
    cgroup: {
      path: cgroup,
      memory: { limitBytes: 256n << 20n },
      cpu: { quotaMicros: 50_000, periodMicros: 100_000 },
      pids: { limit: 64 },
    },
    networks: [{ type: 'loopback' }],
    rlimits: [{ type: 'NOFILE', soft: 1024, hard: 1024 }],
  }
}

interface Scene {
  readonly report: Report
  readonly container: Container
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

/** Starts the shell and shows what it says; returns it with the counter that it counts up. */
async function startShell({
  report,
  container,
  signal,
}: Scene): Promise<{ shell: Process; ticks: () => number }> {
  const shell = await report.step(
    ({ pid }) => `started a shell as user "daemon": process ${pid} out here, process 1 in there`,
    () => container.start({ args: ['sh', '-c', SCRIPT], env, user: 'daemon', stderr: 'inherit', signal }),
  )
  let ticks = 0
  createInterface({ input: shell.stdout }).on('line', (line) => {
    if (line.startsWith('tick ')) ticks++
    else report.output(line)
  })
  while (ticks === 0 && (await container.status()) === 'running') await sleep(10, undefined, { signal })
  return { shell, ticks: () => ticks }
}

async function startSecond({ report, container, signal }: Scene): Promise<void> {
  const ps = await report.step('started a second process in the running container', () =>
    container.start({ args: ['ps', '-o', 'pid,user,comm'], env, stderr: 'inherit', signal }),
  )
  for await (const line of createInterface({ input: ps.stdout })) report.output(line)
  await ps.wait()
}

async function readStatistics({ report, container }: Scene): Promise<void> {
  const { cpu, memory, pids } = await report.step('read its statistics', () => container.stats())
  const mebibytes = (bytes = 0n): string => `${(Number(bytes) / 2 ** 20).toFixed(1)} MiB`
  report.note(
    `CPU ${(Number(cpu?.totalNanos ?? 0n) / 1e6).toFixed(1)} ms, ` +
      `memory ${mebibytes(memory?.usageBytes)} of ${mebibytes(memory?.limitBytes)}, ` +
      `processes ${pids?.current} of ${pids?.limit}`,
  )
}

/** A counter once it stands still: what was written before a pause is still on its way to us. */
async function readStill(ticks: () => number, signal: AbortSignal): Promise<number> {
  let seen = ticks()
  for (let looks = 0; looks < 10; looks++) {
    await sleep(10, undefined, { signal })
    if (ticks() !== seen) looks = 0
    seen = ticks()
  }
  return seen
}

async function pauseAndResume({ report, container, signal }: Scene, ticks: () => number): Promise<void> {
  await report.step('paused it', () => container.pause())
  const before = await readStill(ticks, signal)
  await sleep(300, undefined, { signal })
  report.note(
    `status "${await container.status()}": its counter stood at ${before}, and 300 ms later at ${ticks()}`,
  )
  await report.step('resumed it', () => container.resume())
  await sleep(300, undefined, { signal })
  report.note(`status "${await container.status()}": 300 ms later the counter stands at ${ticks()}`)
}

async function run(scene: Scene): Promise<void> {
  const { shell, ticks } = await startShell(scene)
  await startSecond(scene)
  await readStatistics(scene)
  await pauseAndResume(scene, ticks)
  shell.signal('SIGTERM')
  await scene.report.step(
    ({ exitCode }) => `stopped it: the shell ended with exit code ${exitCode}`,
    () => shell.wait(),
  )
}

async function demo(report: Report, directory: string, signal: AbortSignal): Promise<void> {
  const rootfs = join(directory, 'rootfs')
  const state = join(directory, 'state')
  await mkdir(rootfs)
  await report.step(
    (programs) => `made a root filesystem out of busybox: ${programs} programs`,
    () => makeBusyboxRootfs(rootfs),
  )
  const factory = await report.step('opened the factory', () => Factory.open(state))
  const container = await report.step(`created the container "${id}"`, () =>
    factory.create(id, configure(rootfs)),
  )
  try {
    await run({ report, container, signal })
  } finally {
    await report.step('destroyed it', () => container.destroy())
  }
  const hierarchies = ['.', ...readdirSync('/sys/fs/cgroup')]
  const cgroups = hierarchies.filter((name) => existsSync(join('/sys/fs/cgroup', name, cgroup)))
  report.note(`left of it: ${cgroups.length} cgroups, ${(await factory.list()).length} states`)
}

function requireMachine(): void {
  if (process.getuid?.() !== 0) throw new Error('only root can do this (sudo npm run demo)')
  if (!existsSync('/sys/fs/cgroup'))
    throw new Error('there are no cgroups here (mount -t cgroup2 none /sys/fs/cgroup)')
}

const engine = process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.versions.node}`
const report = new Report(process.stdout)
const interrupt = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => interrupt.abort(new Error(`ended by ${name}`)))
for (const stream of [process.stdout, process.stderr]) stream.on('error', (error) => interrupt.abort(error))
let directory: string | undefined
try {
  requireMachine()
  report.title('libcontainer', `Linux ${release()}, ${engine}`)
  directory = await mkdtemp(join(await realpath(tmpdir()), 'libcontainer-demo-'))
  await demo(report, directory, interrupt.signal)
  report.done('That was a container.')
} catch (error) {
  report.error(interrupt.signal.aborted ? interrupt.signal.reason : error)
  process.exitCode = 1
} finally {
  if (directory !== undefined) await rm(directory, { recursive: true })
}
