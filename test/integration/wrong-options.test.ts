// Tests what JavaScript lets through in place of options, texts and numbers: every public method refuses it with an
// error of ours, and none fails in a way of its own.

import assert from 'node:assert/strict'
import { isLibcontainerError, Netlink, parseSelinuxContext, validateConfig } from 'libcontainer'
import { CoreFactory, convertSpec, defaultSpec, explain, signalName, signalNumber } from 'libcontainer/core'
import { kernel } from '../helpers/cgroup-machine.ts'
import { containerTest, SLEEP } from '../helpers/container-test.ts'

/** The last one cannot become a text. */
const ODD: readonly unknown[] = [null, 5n, true, [], Symbol('odd'), () => 1, Object.create(null)]

/** Calls with each odd value; what is thrown must be ours. */
async function callOddly(calls: Readonly<Record<string, (odd: never) => unknown>>): Promise<void> {
  for (const [name, call] of Object.entries(calls)) {
    for (const odd of ODD) {
      try {
        const result = await call(odd as never)
        if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result) {
          await (result as AsyncIterable<unknown>)[Symbol.asyncIterator]().return?.()
        }
      } catch (error) {
        assert.ok(isLibcontainerError(error), `${name} with ${typeof odd}: ${(error as Error).stack}`)
      }
    }
  }
}

async function refusesNull(calls: Readonly<Record<string, () => unknown>>): Promise<void> {
  for (const [name, call] of Object.entries(calls)) {
    await assert.rejects(async () => call(), { code: 'ConfigInvalid' }, name)
  }
}

containerTest('of containers and their factory', async (box) => {
  const { factory, rootfs } = box
  const container = await box.create({ cgroup: { path: box.cgroupPath() } })
  await container.start(SLEEP)
  const nothing = null as never
  await refusesNull({
    open: () => CoreFactory.open(kernel, factory.root, nothing),
    create: () => factory.create('odd', { rootfs }, nothing),
    explain: () => factory.explain({ rootfs }, SLEEP, nothing),
    stats: () => container.stats(nothing),
    watchStats: () => container.watchStats(nothing),
    oomEvents: () => container.oomEvents(nothing),
    memoryPressure: () => container.memoryPressure('low', nothing),
    seccompRequests: () => container.seccompRequests(nothing),
    start: () => container.start(nothing),
    prepare: () => container.prepare(nothing),
    exec: () => container.exec(nothing),
    set: () => container.set(nothing),
    signal: () => container.signal(nothing),
    signalAll: () => container.signalAll(nothing),
  })
  await callOddly({
    load: (odd) => factory.load(odd),
    create: (odd) => factory.create(odd, odd),
    bundle: (odd) => factory.create(odd, { rootfs }, { bundle: odd, notifySocket: odd }),
    explain: (odd) => factory.explain({ rootfs }, odd, odd),
    ops: (odd) => factory.explain({ rootfs }, { args: ['x'] }, { ops: odd }),
    stats: (odd) => container.stats(odd),
    watchStats: (odd) => container.watchStats({ intervalMs: odd, controllers: odd }),
    oomEvents: (odd) => container.oomEvents({ signal: odd }),
    exec: (odd) => container.exec({ args: ['/nope'], ignorePaused: odd, subCgroups: odd }),
    start: (odd) => container.start({ args: odd, signal: odd, extraFiles: odd }),
    signal: (odd) => container.signal(odd),
  })
})

containerTest('of the core', async (box) => {
  const factory = CoreFactory.open(kernel, box.factory.root)
  const container = await factory.create('of_core', { rootfs: box.rootfs })
  const nulls = { stdio: [{ kind: 'null' }, { kind: 'null' }, { kind: 'null' }], extraFiles: [] } as const
  const spec = { args: ['/nope'] }
  const nothing = null as never
  await refusesNull({
    explain: () => explain(kernel, { rootfs: box.rootfs }, spec, nothing),
    watchStats: () => container.watchStats(nothing),
    defaultSpec: () => defaultSpec(nothing),
    start: () => container.start(spec, nothing),
    prepare: () => container.prepare(spec, nothing),
    exec: () => container.exec(spec, nothing),
    io: () => container.start(spec, { io: nothing }),
    stdio: () => container.start(spec, { io: { ...nulls, stdio: [nothing, nothing, nothing] } }),
    extraFiles: () => container.start(spec, { io: { ...nulls, extraFiles: nothing } }),
  })
  await callOddly({
    open: (odd) => CoreFactory.open(kernel, odd, odd),
    root: (odd) => CoreFactory.open(kernel, odd),
    config: (odd) => validateConfig(odd),
    signalNumber: (odd) => signalNumber(odd),
    signalName: (odd) => signalName(odd),
    context: (odd) => parseSelinuxContext(odd),
    io: (odd) => container.start(spec, { io: { stdio: [odd, odd, odd], extraFiles: odd } }),
    convertSpec: (odd) => convertSpec(odd, odd),
  })
  await container.destroy()
})

containerTest('of netlink', async () => {
  using netlink = Netlink.open()
  await callOddly({
    link: (odd) => netlink.link(odd),
    addLink: (odd) => netlink.addLink(odd),
    dummy: (odd) => netlink.addLink({ kind: 'dummy', name: odd, mtu: odd }),
    deleteLink: (odd) => netlink.deleteLink(odd),
    changeLink: (odd) => netlink.changeLink('lo', odd),
    setHairpin: (odd) => netlink.setHairpin(odd, odd),
    addresses: (odd) => netlink.addresses(odd),
    addAddress: (odd) => netlink.addAddress('lo', odd),
    deleteAddress: (odd) => netlink.deleteAddress(odd, odd),
    addRoute: (odd) => netlink.addRoute(odd),
    deleteRoute: (odd) => netlink.deleteRoute({ interfaceName: odd, destination: odd }),
  })
})
