// Owns how tests reach podman, buildah, containerd and Docker: a machine of Debian's packages, the runtime under test
// in it, and commands that run there. CALLERS_RUNTIME names another runtime, for a control: runc, crun or a path.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildRunt, root } from './build-runt.ts'
import { makeRootfs, removeTree } from './rootfs.ts'

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Machine {
  /** The path of the runtime under test, the same inside and outside. */
  readonly runtime: string
  /** The name of the runtime, which podman and Docker know it by. */
  readonly name: string
  /** Runs a line of a shell to its end, with nothing on its standard input. */
  run(line: string): Promise<Outcome>
  /** The output of a line that must end well. */
  output(line: string): Promise<string>
  /** What a line of a shell says on a terminal of its own; it must end well. */
  terminal(line: string): Promise<string>
  /** Starts a line of a shell that ends with the machine. */
  start(line: string): ChildProcess
  /** The path by which the test reaches a file of the machine. */
  outside(path: string): string
  write(path: string, content: string): void
  read(path: string): string
  /** Waits for what must become true soon. */
  until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void>
  close(): Promise<void>
}

const callers = `${root}build/callers/root`
const PATIENCE_MS = 120_000

/** Why the callers' tests cannot run here; false when they can. In CI they must. */
export function missingCallers(): string | false {
  if (process.env.PRIVILEGED !== '1') return 'it needs root and a place of its own: tools/privileged'
  if (existsSync(callers) || process.env.CI !== undefined) return false
  return "Debian's podman, buildah, containerd and Docker are not here: tools/fetch-callers"
}

function findRuntime(): string {
  const wanted = process.env.CALLERS_RUNTIME ?? 'runt'
  if (wanted === 'runt') return realpathSync(buildRunt())
  return realpathSync(wanted.includes('/') ? wanted : `${root}build/runtimes/bin/${wanted}`)
}

/** Makes a machine with an image of busybox in /busybox.tar. */
export async function openMachine(): Promise<Machine> {
  const runtime = findRuntime()
  // A runtime of tools/fetch-runtimes starts with the libraries beside its folder.
  const shown = runtime.includes('/runtimes/') ? dirname(dirname(runtime)) : dirname(runtime)
  const script = `${root}test/helpers/callers-machine.sh`
  const holder = spawn('bash', [script, realpathSync(callers), shown], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [ready] = await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')])
  assert.match(String(ready), /^ready/, 'the machine could not be made')
  const init = firstChild(holder.pid as number)
  const machineRoot = `/proc/${init}/root`
  const enter = ['--target', String(init), '--mount', '--pid', '--net', '--ipc', '--uts', '--']
  const environment = { PATH: '/usr/sbin:/usr/bin', HOME: '/root', TMPDIR: '/var/tmp', TERM: 'xterm' }
  const enterWith = (...command: readonly string[]): ChildProcess =>
    spawn('nsenter', [...enter, ...command], { env: environment })
  const start = (line: string): ChildProcess => enterWith('sh', '-c', line)
  const run = async (line: string): Promise<Outcome> => {
    const child = start(line)
    child.stdin?.end()
    return finish(child)
  }
  await writeImage(join(machineRoot, 'busybox.tar'))
  return {
    runtime,
    name: basename(runtime),
    run,
    start,
    output: async (line) => outputOf(line, await run(line)),
    // Its input stays open: script would pass its end on, as a character.
    terminal: async (line) =>
      outputOf(
        line,
        await finish(enterWith('script', '--quiet', '--return', '--command', line, '/dev/null')),
      ),
    outside: (path) => machineRoot + path,
    write: (path, content) => {
      mkdirSync(dirname(machineRoot + path), { recursive: true })
      writeFileSync(machineRoot + path, content, { mode: 0o755 })
    },
    read: (path) => readFileSync(machineRoot + path, 'utf8'),
    until,
    close: async () => {
      const ended = once(holder, 'exit')
      holder.stdin.end()
      await ended
    },
  }
}

/** unshare stays outside; what it forked is process 1 of the machine. */
function firstChild(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim())
}

async function finish(child: ChildProcess): Promise<Outcome> {
  const { stdout, stderr } = child
  assert.ok(stdout !== null && stderr !== null)
  const ended = once(child, 'exit')
  const [out, err] = await Promise.all([text(stdout), text(stderr)])
  const [status] = await ended
  return { status, stdout: out, stderr: err }
}

function outputOf(line: string, { status, stdout, stderr }: Outcome): string {
  assert.equal(status, 0, `${line}: exit status ${status}: ${stderr}${stdout}`)
  return stdout.trimEnd()
}

async function writeImage(path: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'image-'))
  try {
    mkdirSync(join(directory, 'rootfs'))
    makeRootfs(join(directory, 'rootfs'))
    const tar = spawn('tar', ['-C', join(directory, 'rootfs'), '-cf', path, '.'])
    const { status, stderr } = await finish(tar)
    assert.equal(status, 0, stderr)
  } finally {
    removeTree(directory)
  }
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await isTrue())) {
    assert.ok(performance.now() < deadline, `it never came to this: ${what}`)
    await sleep(20)
  }
}

/** Cgroups of a container, by a part of their path. */
export function cgroupsNamed(part: string): string[] {
  return readdirSync('/sys/fs/cgroup', { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.includes(part))
    .map((entry) => join(entry.parentPath, entry.name))
}

/** What a file of a container's cgroup says, by a part of the cgroup's path. */
export function readControl(part: string, controller: string, file: string): string {
  const cgroup = cgroupsNamed(part).find((path) => path.includes(`/${controller}/`))
  assert.ok(cgroup !== undefined, `no cgroup of ${controller}`)
  return readFileSync(join(cgroup, file), 'utf8').trim()
}
