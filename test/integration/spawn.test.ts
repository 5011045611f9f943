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
  AF_UNIX,
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
  P_PIDFD,
  POLLIN,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  WEXITED,
  WNOHANG,
} from '../../src/abi/flags.ts'
import { type SyscallName, syscallNumber } from '../../src/abi/syscalls.ts'
import type { Spawned, SpawnRequest, SyscallArg } from '../../src/core.ts'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { encodeProgram } from '../../src/protocol/encode.ts'
import type { Op } from '../../src/protocol/op.ts'
import { GATE_GO, LIMITS, MESSAGE_KINDS } from '../../src/protocol/schema.ts'
import type { WorkerTask } from '../helpers/kernel-worker.ts'

const kernel = nodeKernel()
const ALL = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP
const MESSAGE_SIZE = 16
const FIRST_SLOT = LIMITS.CONTROL_SLOT + 1

const options = process.getuid?.() === 0 ? {} : { skip: 'needs root' }

function call(name: SyscallName, ...args: readonly SyscallArg[]): number {
  const [a, b, c, d, e, f] = args
  return kernel.call(syscallNumber(name, kernel.arch), a, b, c, d, e, f)
}

function program(descriptorCount: number, ...ops: readonly Op[]): Uint8Array {
  const value = { ops, more: false, descriptorSlot: FIRST_SLOT, descriptorCount }
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
const openDescriptors = () => readdirSync('/proc/self/fd').length

/** Whether this process has children, living or not. */
const hasChildren = () =>
  call('waitid', 0, 0, new Uint8Array(128), WEXITED | WNOHANG | 0x0100_0000, null) !== -ERRNO.ECHILD

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

test('init starts in new namespaces of every type', options, async () => {
  const child = await spawnWaiting({ flags: ALL | CLONE_NEWUSER | CLONE_NEWTIME })
  for (const type of ['mnt', 'uts', 'ipc', 'pid', 'net', 'cgroup', 'user', 'time'])
    assert.notEqual(namespaceOf(child.pid, type), namespaceOf('self', type), type)
  assert.equal(statusOf(child, 'NSpid'), `${child.pid}\t1`)
  assert.equal(await pass(child), 7)
})

test('a thousand in a row and two hundred at a time leave nothing behind', options, async () => {
  const ended = program(0, exit(5))
  const one = async () => finish(await spawn({ flags: ALL, program: ended }))
  await Promise.all(Array.from({ length: 8 }, one)) // all launchers are there
  const before = openDescriptors()
  for (let i = 0; i < 1000; i++) assert.equal(await one(), 5)
  const all = await Promise.all(Array.from({ length: 200 }, one))
  assert.ok(all.every((status) => status === 5))
  assert.equal(openDescriptors(), before)
  assert.ok(!hasChildren())
})

const unified = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) => existsSync(`${path}/cgroup.procs`))

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

test('a program and its descriptors go along, whatever their size', options, async () => {
  const [near, far] = [0, 1].map((_, at, ends) => {
    const pair = new Int32Array(2)
    if (at === 0) call('socketpair', AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, new Uint8Array(pair.buffer))
    ends.splice(0, 2, ...pair)
    return pair[at]
  })
  assert.ok(near !== undefined && far !== undefined)
})
