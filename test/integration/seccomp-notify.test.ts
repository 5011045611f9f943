// Tests seccomp's NOTIFY in the kernel: calls that wait for an answer of this program, or of one that listens on a
// socket; also where the calls of the start itself wait.

import assert from 'node:assert/strict'
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import {
  type Container,
  type ContainerConfig,
  DEFAULT_SECCOMP,
  type SeccompConfig,
  type SeccompRequest,
} from 'libcontainer'
import { receiveRequest } from '../../src/container/seccomp-request.ts'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { containerTest, output, refused, runIn, SLEEP, shell, until } from '../helpers/container-test.ts'
import { ConsoleListener } from '../helpers/host-pty.ts'

const MKDIR = ['mkdir', 'mkdirat']

/** The default profile, but for calls that wait. */
function asking(names: readonly string[], more: Partial<SeccompConfig> = {}): Partial<ContainerConfig> {
  const syscalls = [{ names, action: 'NOTIFY' } as const, ...(DEFAULT_SECCOMP.syscalls ?? [])]
  return { seccomp: { ...DEFAULT_SECCOMP, syscalls, ...more } }
}

/** Answers all requests from now on; counts them by name. */
function answer(container: Container, decide: (request: SeccompRequest) => void) {
  const seen = new Map<string, number>()
  const loop = (async () => {
    for await (const request of container.seccompRequests()) {
      const { syscall } = request
      seen.set(syscall ?? '', (seen.get(syscall ?? '') ?? 0) + 1)
      decide(request)
    }
  })()
  return { seen, loop }
}

/** How many listeners this program holds. */
function listeners(): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return targets.filter((target) => target.includes('seccomp')).length
}

/** The text that an argument points to. */
function textAt({ pid }: SeccompRequest, address: bigint): string {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const bytes = Buffer.alloc(256)
  readSync(memory, bytes, 0, bytes.length, Number(address))
  closeSync(memory)
  return bytes.toString('utf8', 0, bytes.indexOf(0))
}

containerTest(
  'a call fails, succeeds without happening, or happens, as the answer says',
  async ({ create }) => {
    const container = await create(asking(MKDIR))
    const decisions: Readonly<Record<string, (request: SeccompRequest) => void>> = {
      '/tmp/a': (request) => request.fail('EDQUOT'),
      '/tmp/b': (request) => request.succeed(),
      '/tmp/c': (request) => request.proceed(),
      '/tmp/d': (request) => request.fail(28),
    }
    const { seen, loop } = answer(container, (request) => {
      assert.ok(request.isWaiting())
      assert.equal(request.architecture, process.arch === 'x64' ? 'x86_64' : 'aarch64')
      const path = textAt(request, request.args[request.syscall === 'mkdir' ? 0 : 1] as bigint)
      decisions[path]?.(request)
      assert.ok(!request.isWaiting())
    })
    const script = 'for d in a b c d; do mkdir /tmp/$d 2>&1 && echo made; done; ls /tmp'
    const process_ = await container.start(shell(script))
    let shown = ''
    for await (const chunk of process_.stdout) shown += chunk
    assert.deepEqual(
      shown.split('\n').map((line) => line.replace(/^.*: /, '')),
      ['Disk quota exceeded', 'made', 'made', 'No space left on device', 'c', ''],
    )
    await process_.wait()
    // With the first process the loop ends.
    await loop
    assert.equal(
      [...seen.values()].reduce((sum, count) => sum + count, 0),
      4,
    )
  },
)

containerTest(
  'a descriptor for the process, and what it does not have beside it',
  async ({ create, directory }) => {
    const secret = join(directory, 'secret')
    writeFileSync(secret, 'from outside\n')
    const fd = openSync(secret, 'r')
    const container = await create(asking(['open', 'openat']))
    const { loop } = answer(container, (request) => {
      const path = textAt(request, request.args[request.syscall === 'open' ? 0 : 1] as bigint)
      if (path === '/not/there') request.succeed(request.addDescriptor(fd))
      else request.proceed()
    })
    const process_ = await container.start(
      shell('cat /not/there; cd /proc/self/fd; for n in *; do echo $n; done'),
    )
    let shown = ''
    for await (const chunk of process_.stdout) shown += chunk
    // 3 is the directory that the shell reads.
    assert.equal(shown, 'from outside\n0\n1\n2\n3\n')
    await process_.wait()
    await loop
    closeSync(fd)
  },
)

for (const noNewPrivileges of [true, false]) {
  const mode = noNewPrivileges ? 'with' : 'without'
  containerTest(`the start itself may wait for answers: ${mode} no_new_privs`, async ({ create }) => {
    const names = ['execve', 'read', 'sendmsg', 'sendto', 'close', 'close_range', 'chdir', 'prctl', 'statx']
    const container = await create({ ...asking(names), noNewPrivileges })
    const { seen, loop } = answer(container, (request) => request.proceed())
    assert.equal(await output(runIn(container, 'cd /tmp; echo here')), 'here')
    await loop
    for (const name of ['execve', 'read', 'sendmsg', 'chdir']) assert.ok((seen.get(name) ?? 0) > 0, name)
  })
}

containerTest(
  'later processes ask too; a loop that is left makes calls fail with ENOSYS',
  async ({ create }) => {
    const container = await create(asking(MKDIR))
    await container.start(SLEEP)
    const first = runIn(container, 'mkdir /tmp/x 2>&1')
    for await (const request of container.seccompRequests()) {
      request.fail('EPERM')
      break
    }
    assert.match((await first).stdout, /not permitted|not implemented/)
    const second = await runIn(container, 'mkdir /tmp/y 2>&1 & sleep 0.1; kill $!; wait $!; echo $?')
    // Nobody asks for its requests, so it waits: until it is killed.
    assert.equal(second.stdout, '143\n')
    const controller = new AbortController()
    const loop = (async () => {
      for await (const request of container.seccompRequests({ signal: controller.signal })) request.succeed()
    })()
    assert.equal(await output(runIn(container, 'mkdir /tmp/z && echo made')), 'made')
    controller.abort()
    await loop
    for (let count = 0; count < 5; count++) await runIn(container, 'true')
    // Those of processes that have ended are not kept.
    await until('at most two listeners', () => listeners() <= 2)
    await container.destroy()
    assert.equal(listeners(), 0)
  },
)

containerTest('a listener on a socket gets the state, and the requests', async ({ create, directory }) => {
  const listenerPath = join(directory, 'agent.sock')
  const listener = new ConsoleListener(listenerPath)
  try {
    const config = asking([...MKDIR, 'execve'], { listenerPath, listenerMetadata: 'of the test' })
    const container = await create({ ...config, labels: { key: 'value' } })
    const starting = container.start(shell('mkdir /tmp/a && echo made'))
    const { text, fd } = await listener.receiveDescriptor()
    const { state, ...rest } = JSON.parse(text)
    const kernel = nodeKernel()
    const answering = (async () => {
      for (let events = await kernel.poll(fd, 1); events & 1; events = await kernel.poll(fd, 1)) {
        const request = receiveRequest(kernel, fd)
        if (request?.syscall === 'execve') request.proceed()
        else request?.succeed()
      }
    })()
    const process_ = await starting
    let shown = ''
    for await (const chunk of process_.stdout) shown += chunk
    assert.equal(shown, 'made\n')
    await process_.wait()
    await answering
    closeSync(fd)
    assert.deepEqual(rest, {
      ociVersion: state.ociVersion,
      fds: ['seccompFd'],
      pid: process_.pid,
      metadata: 'of the test',
    })
    assert.deepEqual(state, {
      ociVersion: state.ociVersion,
      id: container.id,
      status: 'creating',
      pid: process_.pid,
      bundle: '',
      annotations: { key: 'value' },
    })
  } finally {
    listener.close()
  }
})

containerTest(
  'without a listener on the socket nothing starts, and nothing is left',
  async ({ create, directory }) => {
    const listenerPath = join(directory, 'nobody.sock')
    const container = await create(asking(MKDIR, { listenerPath }))
    const error = await refused(container.start(shell('true')), 'SystemError')
    assert.match(error.message, /nobody\.sock.*ENOENT/)
    assert.ok(!readFileSync('/proc/mounts', 'utf8').includes(container.id))
  },
)

containerTest('what cannot be asked about is refused', async ({ create }) => {
  const wrong: readonly (readonly [Partial<SeccompConfig>, RegExp])[] = [
    [{ defaultAction: 'NOTIFY' }, /defaultAction: .*only be the action of rules/],
    [{ syscalls: [{ names: ['read', 'write'], action: 'NOTIFY' }] }, /cannot decide about write/],
    [{ syscalls: [{ names: ['read'], action: 'NOTIFY', errno: 1 }] }, /only ERRNO and TRACE/],
    [{ listenerPath: 'relative' }, /absolute path/],
  ]
  for (const [part, message] of wrong) {
    const error = await refused(create({ seccomp: { ...DEFAULT_SECCOMP, ...part } }), 'ConfigInvalid')
    assert.match(error.message, message)
  }
})

containerTest('container.seccompRequests: ConfigInvalid for a second loop', async ({ create }) => {
  const container = await create(asking(MKDIR))
  const first = container.seccompRequests()[Symbol.asyncIterator]()
  assert.throws(() => container.seccompRequests()[Symbol.asyncIterator](), { code: 'ConfigInvalid' })
  await first.return?.()
  const second = container.seccompRequests()[Symbol.asyncIterator]()
  const made = runIn(container, 'mkdir /tmp/a && echo made')
  const { value } = await second.next()
  value?.proceed()
  assert.equal(await output(made), 'made')
  assert.equal((await second.next()).done, true)
})

containerTest(
  'a process that is prepared hands its listener over before it waits',
  async ({ create, directory }) => {
    const listenerPath = join(directory, 'agent.sock')
    const listener = new ConsoleListener(listenerPath)
    try {
      // Also what the wait and the release are made of.
      const names = [...MKDIR, 'execve', 'read', 'accept4', 'ppoll', 'sendmsg', 'close']
      const container = await create(asking(names, { listenerPath }))
      const preparing = container.prepare(shell('mkdir /tmp/a && echo made'))
      const { fd } = await listener.receiveDescriptor()
      const kernel = nodeKernel()
      const seen: (string | null)[] = []
      const answering = (async () => {
        for (let events = await kernel.poll(fd, 1); events & 1; events = await kernel.poll(fd, 1)) {
          const request = receiveRequest(kernel, fd)
          seen.push(request?.syscall ?? null)
          if (MKDIR.includes(request?.syscall ?? '')) request?.succeed()
          else request?.proceed()
        }
      })()
      const prepared = await preparing
      assert.equal(await container.status(), 'created')
      assert.ok(!seen.includes('execve'))
      await container.release()
      let shown = ''
      for await (const chunk of prepared.stdout) shown += chunk
      assert.equal(shown, 'made\n')
      await prepared.wait()
      await answering
      assert.ok(seen.includes('execve'))
      closeSync(fd)
    } finally {
      listener.close()
    }
  },
)
