// Owns the proof that the other tests of this folder would see what a fault leaves: each kind of left-over is made on
// purpose, is found by name, and is gone from the list when it is taken away.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { Kernel } from 'libcontainer/core'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { checked, syscall } from '../../src/system/syscall.ts'
import { makePlace, type Place } from '../helpers/fault-subject.ts'
import { compareSnapshots, findLeftovers, takeSnapshot } from '../helpers/leftovers.ts'
import { adoptOrphans, reapOrphans } from '../helpers/orphans.ts'

let kernel: Kernel
let place: Place

before(() => {
  kernel = nodeKernel()
  place = makePlace('leftovers')
  mkdirSync(place.root)
  adoptOrphans(kernel)
})

/** Makes a left-over, expects exactly these lines, takes it away, expects none. */
async function control(
  expected: readonly RegExp[],
  make: () => Promise<() => void | Promise<void>>,
): Promise<void> {
  const { scope } = place
  const started = { scope, before: takeSnapshot(scope) }
  const remove = await make()
  const found = await findLeftovers(started, 0)
  await remove()
  assert.equal(found.length, expected.length, found.join('\n'))
  for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? '', pattern)
  assert.deepEqual(await findLeftovers({ ...started, reap: () => reapOrphans(kernel) }), [])
}

test('an orphan, and a zombie that nobody waits for', async () => {
  await control([/^\+ process \d+ sleep$/, /^\+ process \d+ sleep \(zombie\)$/], async () => {
    // Both belong to a shell that is gone before they end, so that they are ours.
    const shell = spawn('/bin/sh', ['-c', 'sleep 1000 >/dev/null & echo $!; sleep 0.3 >/dev/null &'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    for await (const chunk of shell.stdout) text += chunk
    await new Promise((resolve) => shell.once('close', resolve))
    await waitFor(
      () =>
        lines().filter((line) => / sleep$| sleep \(zombie\)$/.test(line)).length === 2 &&
        lines().some((line) => line.endsWith('(zombie)')),
    )
    return () => {
      process.kill(Number(text), 'SIGKILL')
    }
  })
})

test('a mount', async () => {
  await control([/^\+ mount tmpfs on .*\/state$/], async () => {
    checked(syscall(kernel, 'mount', 'tmpfs', place.root, 'tmpfs', 0, null), 'mount', { action: 'mount' })
    return () => void syscall(kernel, 'umount2', place.root, 0)
  })
})

test('a cgroup in every hierarchy, and one below it', async () => {
  const points = lines().flatMap((line) => /^mount cgroup2? on (.*)$/.exec(line)?.[1] ?? [])
  assert.ok(points.length > 0, 'no hierarchy is mounted')
  for (const point of points) {
    const top = `${point}/${place.scope.name}_control`
    await control([/^\+ cgroup .*_control$/, /^\+ cgroup .*_control\/below$/], async () => {
      mkdirSync(`${top}/below`, { recursive: true })
      return () => {
        rmdirSync(`${top}/below`)
        rmdirSync(top)
      }
    })
  }
})

test('a network interface', async () => {
  const TUNSETIFF = 0x400454ca
  const IFF_TUN = 1
  await control([/^\+ descriptor \/dev\/net\/tun$/, /^\+ interface left0$/], async () => {
    const fd = openSync('/dev/net/tun', 'r+')
    const request = new Uint8Array(40)
    request.set(kernel.encodeText('left0'))
    request[16] = IFF_TUN
    checked(syscall(kernel, 'ioctl', fd, TUNSETIFF, request), 'ioctl', { action: 'make an interface' })
    return () => closeSync(fd)
  })
})

test('a state, and what was put aside', async () => {
  await control([/^\+ state ,new-1-x$/, /^\+ state x$/, /^\+ state x\/state.json$/], async () => {
    mkdirSync(`${place.root}/x`)
    mkdirSync(`${place.root}/,new-1-x`)
    writeFileSync(`${place.root}/x/state.json`, '{}')
    return () => {
      rmSync(`${place.root}/x`, { recursive: true })
      rmdirSync(`${place.root}/,new-1-x`)
    }
  })
})

test('a descriptor, a memfd, and a second one of the same file', async () => {
  await control(
    [/^\+ descriptor \/dev\/zero$/, /^\+ descriptor \/dev\/zero$/, /^\+ descriptor \/memfd:left/],
    async () => {
      const memfd = checked(syscall(kernel, 'memfd_create', 'left', 1), 'memfd_create', {
        action: 'make a memfd',
      })
      const fds = [openSync('/dev/zero', 'r'), openSync('/dev/zero', 'r'), memfd]
      return () => fds.forEach(closeSync)
    },
  )
})

test('a descriptor that is missing', () => {
  const fd = openSync('/dev/zero', 'r')
  const snapshot = takeSnapshot(place.scope)
  closeSync(fd)
  assert.deepEqual(compareSnapshots(snapshot, takeSnapshot(place.scope)), ['- descriptor /dev/zero'])
})

test('a thread', async () => {
  const { scope } = place
  const idle = (): Worker => new Worker('setInterval(() => undefined, 1000)', { eval: true })
  // The first worker brings the engine's own helpers with it.
  await idle().terminate()
  const snapshot = takeSnapshot(scope)
  const worker = idle()
  await new Promise((resolve) => worker.once('online', resolve))
  const found = await findLeftovers({ scope, before: snapshot }, 0)
  await worker.terminate()
  assert.ok(
    found.some((line) => line.startsWith('+ thread ')),
    found.join('\n'),
  )
})

test('a session keyring', async () => {
  const ADD_KEY = { x86_64: 248, aarch64: 217 }[kernel.arch]
  const KEY_SPEC_PROCESS_KEYRING = -2
  const KEYCTL_UNLINK = 9
  await control([/^\+ key _ses\.leftovers_/], async () => {
    const name = `_ses.${place.scope.name}`
    const key = kernel.call(ADD_KEY, 'keyring', name, null, 0, KEY_SPEC_PROCESS_KEYRING)
    assert.ok(key > 0, `add_key gave ${key}`)
    return () => void syscall(kernel, 'keyctl', KEYCTL_UNLINK, key, KEY_SPEC_PROCESS_KEYRING)
  })
})

function lines(): readonly string[] {
  return [...takeSnapshot(place.scope).keys()]
}

async function waitFor(condition: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 60_000; !condition(); ) {
    assert.ok(performance.now() < deadline, 'waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
