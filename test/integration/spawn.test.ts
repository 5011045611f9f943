// Tests of the start of init, with the real one: where it runs, what it has open, and that nothing is left of it
// whatever goes wrong. Needs root, for namespaces and cgroups.

import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { ERRNO } from '../../src/abi/errno.ts'
import {
  AT_FDCWD,
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  O_CLOEXEC,
  O_RDWR,
  P_PIDFD,
  POLLIN,
  WEXITED,
  WNOHANG,
} from '../../src/abi/flags.ts'
import { type SyscallName, syscallNumber } from '../../src/abi/syscalls.ts'
import type { Spawned, SpawnRequest, SyscallArg } from '../../src/core.ts'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { encodeProgram } from '../../src/protocol/encode.ts'
import type { Op } from '../../src/protocol/op.ts'
import { GATE_GO, LIMITS, MESSAGE_KINDS, MESSAGE_SIZE } from '../../src/protocol/schema.ts'
import { openPipe } from '../../src/system/fd.ts'
import { until } from '../helpers/container-test.ts'
import type { WorkerTask } from '../helpers/kernel-worker.ts'
import { openDescriptors } from '../helpers/open-descriptors.ts'

const kernel = nodeKernel()
const ALL = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP
const PR_GET_DUMPABLE = 3
const WNOWAIT = 0x0100_0000
const FIRST_SLOT = LIMITS.CONTROL_SLOT + 1

const options = process.getuid?.() === 0 ? {} : { skip: 'needs root' }

function call(name: SyscallName, ...args: readonly SyscallArg[]): number {
  const [a, b, c, d, e, f] = args
  return kernel.call(syscallNumber(name, kernel.arch), a, b, c, d, e, f)
}

function program(descriptorCount: number, ...ops: readonly Op[]): Uint8Array {
  const value = { steps: [{ ops }], more: false, descriptorSlot: FIRST_SLOT, descriptorCount }
  return encodeProgram(value, kernel.arch, (text) => kernel.encodeText(text))
}

const exit = (status: number): Op => ({ call: 'exit_group', args: [status] })
const gate: Op = { call: 'gate', args: [1] }
const waiting = program(0, gate, exit(7))

const spawn = (request: Partial<SpawnRequest>): Promise<Spawned> =>
  kernel.spawn({ flags: 0, cgroup: -1, pidNamespace: -1, program: null, descriptors: [], ...request })

/** Spawns, and waits until init stands at its gate. */
async function spawnWaiting(request: Partial<SpawnRequest> = {}): Promise<Spawned> {
  const child = await spawn({ program: waiting, ...request })
  assert.equal(child.errno, 0, child.syscall)
  await kernel.poll(child.socket, POLLIN)
  const message = new Int32Array(MESSAGE_SIZE / 4)
  assert.equal(kernel.receive(child.socket, new Uint8Array(message.buffer), new Int32Array(0)), MESSAGE_SIZE)
  assert.equal(message[0], MESSAGE_KINDS.MESSAGE_GATE)
  return child
}

/** Its exit status, once it ended. All that is left of it is given back. */
async function finish({ pidfd, socket }: Spawned): Promise<number> {
  assert.equal(await kernel.poll(pidfd, POLLIN), POLLIN)
  const info = new Int32Array(32)
  assert.equal(call('waitid', P_PIDFD, pidfd, new Uint8Array(info.buffer), WEXITED, null), 0)
  for (const fd of [pidfd, socket]) assert.equal(call('close', fd), 0)
  return info[6] as number
}

async function pass(child: Spawned): Promise<number> {
  assert.equal(kernel.send(child.socket, Uint8Array.of(GATE_GO), []), 1)
  return await finish(child)
}

const procOf = (child: Spawned, name: string) => readFileSync(`/proc/${child.pid}/${name}`, 'utf8')
const statusOf = (child: Spawned, name: string) =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(procOf(child, 'status'))?.[1]
const namespaceOf = (process: number | 'self', type: string) => readlinkSync(`/proc/${process}/ns/${type}`)
const linkOf = (fd: string) => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return null // that of the listing itself
  }
}
/** Threads but for launchers: there are up to four, and one more when none is idle. */
const threads = () =>
  readdirSync('/proc/self/task').filter((tid) => nameOf(tid) !== 'lc-launcher\n' && nameOf(tid) !== '').length
const nameOf = (tid: string) => {
  try {
    return readFileSync(`/proc/self/task/${tid}/comm`, 'utf8')
  } catch {
    return '' // It has ended.
  }
}

/** Whether this process has children, living or not. */
const hasChildren = () =>
  call('waitid', 0, 0, new Uint8Array(128), WEXITED | WNOHANG | WNOWAIT, null) !== -ERRNO.ECHILD

test('init has the control socket and nothing else of ours', options, async () => {
  const leaked = call('openat', AT_FDCWD, '/', 0, 0) // without O_CLOEXEC
  const child = await spawnWaiting()
  const files = readdirSync(`/proc/${child.pid}/fd`)
  assert.deepEqual(files, ['0', '1', '2', '3'])
  assert.equal(new Set(files.map((fd) => readlinkSync(`/proc/${child.pid}/fd/${fd}`))).size, 1)
  assert.match(readlinkSync(`/proc/${child.pid}/exe`), /^\/memfd:libcontainer:init/)
  assert.equal(procOf(child, 'cmdline'), 'libcontainer:init\0')
  assert.equal(procOf(child, 'environ'), '')
  assert.equal(Number.parseInt(statusOf(child, 'SigBlk') ?? '', 16), 0)
  assert.equal(Number.parseInt(statusOf(child, 'SigCgt') ?? '', 16), 0)
  assert.equal(statusOf(child, 'PPid'), `${process.pid}`)
  assert.equal(await pass(child), 7)
  call('close', leaked)
})

test(
  'whoever holds the image of init open for writing stops no start, and changes no byte',
  options,
  async () => {
    const path = `/proc/self/fd/${kernel.initImage()}`
    const bytes = readFileSync(path)
    const held = call('openat', AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0)
    assert.ok(held >= 0)
    assert.equal(call('write', held, Uint8Array.of(0), 1), -ERRNO.EPERM)
    const before = openDescriptors().length
    for (let i = 0; i < 2; i++) assert.equal(await pass(await spawnWaiting()), 7)
    assert.equal(openDescriptors().length, before)
    assert.deepEqual(readFileSync(path), bytes)
    call('close', held)
  },
)

test('init starts in new namespaces of every type', options, async () => {
  const child = await spawnWaiting({ flags: ALL | CLONE_NEWUSER | CLONE_NEWTIME })
  for (const type of ['mnt', 'uts', 'ipc', 'pid', 'net', 'cgroup', 'user', 'time'])
    assert.notEqual(namespaceOf(child.pid, type), namespaceOf('self', type), type)
  assert.equal(statusOf(child, 'NSpid'), `${child.pid}\t1`)
  assert.equal(await pass(child), 7)
  // What the child does to its credentials before it executes must not reach us through the memory that we share.
  assert.equal(call('prctl', PR_GET_DUMPABLE), 1)
})

test('a thousand in a row and two hundred at a time leave nothing behind', options, async () => {
  const ended = program(0, exit(5))
  const one = async () => finish(await spawn({ flags: ALL, program: ended }))
  await Promise.all(Array.from({ length: 8 }, one)) // all launchers are there
  const before = openDescriptors().length
  for (let i = 0; i < 1000; i++) assert.equal(await one(), 5)
  const all = await Promise.all(Array.from({ length: 200 }, one))
  assert.ok(all.every((status) => status === 5))
  assert.equal(openDescriptors().length, before)
  assert.ok(!hasChildren())
})

const unified = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) =>
  existsSync(`${path}/cgroup.procs`),
)

test('init is born into a cgroup', unified ? options : { skip: 'no cgroup v2 is mounted' }, async () => {
  const folder = `${unified}/spawn-test-${process.pid}`
  mkdirSync(folder)
  const cgroup = call('openat', AT_FDCWD, folder, O_CLOEXEC, 0)
  const child = await spawnWaiting({ cgroup })
  assert.match(procOf(child, 'cgroup'), new RegExp(`^0::.*/spawn-test-${process.pid}$`, 'm'))
  assert.equal(await pass(child), 7)
  call('close', cgroup)
  rmdirSync(folder)
})

test('init is born into a pid namespace, and the next one is not', options, async () => {
  const owner = await spawnWaiting({ flags: CLONE_NEWPID })
  const file = call('openat', AT_FDCWD, `/proc/${owner.pid}/ns/pid`, O_CLOEXEC, 0)
  for (const pidNamespace of [file, owner.pidfd]) {
    const [guests, others] = await Promise.all(
      [pidNamespace, -1].map((wanted) =>
        Promise.all(Array.from({ length: 20 }, () => spawnWaiting({ pidNamespace: wanted }))),
      ),
    )
    for (const guest of guests ?? []) {
      assert.equal(namespaceOf(guest.pid, 'pid'), namespaceOf(owner.pid, 'pid'))
      assert.equal(statusOf(guest, 'PPid'), `${process.pid}`)
      assert.equal(await pass(guest), 7)
    }
    for (const other of others ?? []) {
      assert.equal(namespaceOf(other.pid, 'pid'), namespaceOf('self', 'pid'))
      assert.equal(await pass(other), 7)
    }
  }
  call('close', file)
  assert.equal(await pass(owner), 7)
})

test('a launcher that cannot leave a pid namespace starts nothing more', options, async () => {
  const own = namespaceOf('self', 'pid')
  const owner = await spawnWaiting({ flags: CLONE_NEWPID })
  const start = async (pidNamespace: number) => {
    const child = await spawnWaiting({ pidNamespace })
    const namespace = namespaceOf(child.pid, 'pid')
    assert.equal(await pass(child), 7)
    return namespace
  }
  await start(owner.pidfd)
  const homes = readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === own)
  assert.notEqual(homes.length, 0)
  // What the launchers hold to go back by leads nowhere now.
  for (const home of homes) assert.equal(call('dup3', owner.socket, Number(home), O_CLOEXEC), Number(home))
  const theirs = namespaceOf(owner.pid, 'pid')
  for (let i = 0; i < 2 * homes.length; i++) {
    assert.equal(await start(owner.pidfd), theirs)
    assert.equal(await start(-1), own)
  }
  assert.equal(await pass(owner), 7)
})

test('a program goes along with its descriptors, whatever its size', options, async () => {
  const [read, write] = openPipe(kernel)
  for (const size of [1, 100_000, LIMITS.MAX_DATA - 8]) {
    const bytes = new Uint8Array(size).fill(120)
    const copy: Op = { call: 'write', args: [{ slot: FIRST_SLOT + 1 }, { bytes }, 1] }
    const child = await spawn({ program: program(2, copy, exit(3)), descriptors: [read, write] })
    assert.equal(child.errno, 0)
    assert.equal(await finish(child), 3)
    const got = new Uint8Array(8)
    assert.equal(call('read', read, got, 8), 1)
    assert.equal(got[0], 120)
  }
  for (const fd of [read, write]) call('close', fd)
})

test('what fails is named, and nothing is left of it', options, async () => {
  await finish(await spawn({ program: program(0, exit(0)) }))
  const file = call('openat', AT_FDCWD, '/', O_CLOEXEC, 0)
  const before = openDescriptors().length
  const failures: readonly (readonly [Partial<SpawnRequest>, number, string])[] = [
    [{ flags: 0x100 }, ERRNO.EINVAL, 'clone3'],
    [{ flags: CLONE_NEWPID, cgroup: file }, ERRNO.EBADF, 'clone3'],
    [{ pidNamespace: file }, ERRNO.EINVAL, 'setns'],
    [{ pidNamespace: 1 << 20 }, ERRNO.EBADF, 'setns'],
    [{ program: waiting, descriptors: [1 << 20] }, ERRNO.EBADF, 'sendmsg'],
    [{ program: waiting, descriptors: Array(254).fill(0) }, ERRNO.EINVAL, 'sendmsg'],
    // init refuses it and ends, long before all of it is sent.
    [{ program: new Uint8Array(8 << 20) }, ERRNO.EPIPE, 'sendmsg'],
  ]
  for (const [request, errno, syscall] of failures) {
    assert.deepEqual(await spawn(request), { errno, syscall, pid: -1, pidfd: -1, socket: -1 })
    assert.ok(!hasChildren())
  }
  assert.equal(openDescriptors().length, before)
  await assert.rejects(async () => spawn({ program: 'x' as never }), TypeError)
  call('close', file)
})

test('init starts though 0, 1 and 2 are free', options, () => {
  const here = new URL('../../src/node/node-kernel.js', import.meta.url).href
  const script = `
    import { nodeKernel } from '${here}'
    const kernel = nodeKernel()
    for (const fd of [0, 1, 2]) kernel.call(${syscallNumber('close', kernel.arch)}, fd)
    const program = Uint8Array.from([${program(0, exit(9))}])
    const child = await kernel.spawn({ flags: 0, cgroup: -1, pidNamespace: -1, program, descriptors: [] })
    await kernel.poll(child.pidfd, 1)
    const info = new Int32Array(32)
    kernel.call(${syscallNumber('waitid', kernel.arch)}, 3, child.pidfd, new Uint8Array(info.buffer), 4, null)
    process.exit(child.socket < 3 ? info[6] : 1)`
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script])
  assert.equal(run.status, 9, run.stderr.toString())
})

test('children of the runtime are not disturbed, and do not disturb', options, async () => {
  const run = promisify(execFile)
  const other = async (status: number) => {
    const error = await run('/bin/sh', ['-c', `exit ${status}`]).catch((reason: { code: number }) => reason)
    assert.equal('code' in error ? error.code : 0, status)
  }
  const ours = async (status: number) => {
    assert.equal(await finish(await spawn({ program: program(0, exit(status)) })), status)
  }
  await Promise.all(Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? ours : other)(at % 100)))
  assert.ok(!hasChildren())
})

test('a worker that is terminated in the middle leaves nothing behind', options, async () => {
  const [read, write] = openPipe(kernel)
  const run = async (task: WorkerTask, delayMs: number) => {
    const worker = new Worker(new URL('../helpers/kernel-worker.js', import.meta.url), { workerData: task })
    await new Promise((resolve) => worker.once('message', resolve))
    await new Promise((resolve) => setTimeout(resolve, delayMs))
    await worker.terminate()
  }
  const tasks: readonly WorkerTask[] = [
    { polls: [read], spawns: 50, program: program(0, exit(1)) },
    { polls: [read], spawns: 50, program: waiting },
    {
      polls: [read],
      spawns: 10,
      program: program(0, { call: 'write', args: [0, { bytes: new Uint8Array(8 << 20) }] }),
    },
  ]
  await Promise.all(tasks.map((task) => run(task, 20)))
  const before = { descriptors: openDescriptors().length, threads: threads() }
  for (let round = 0; round < 5; round++)
    await Promise.all(tasks.map((task, at) => run(task, 10 * round * at)))
  await until('no thread more than before', () => threads() <= before.threads)
  assert.equal(openDescriptors().length, before.descriptors)
  assert.ok(!hasChildren())
  for (const fd of [read, write]) call('close', fd)
})
