// Tests the netlink module against the kernel, in a network namespace of the test's own, with the tools of the kernel
// as witnesses. The subjects of the original's tests come first, each by its old name.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { isLibcontainerError, type LibcontainerError, type LinkChange, Netlink } from 'libcontainer'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { syscall } from '../../src/system/syscall.ts'

const skip = process.env.PRIVILEGED === '1' ? false : 'it needs root and a place of its own: tools/privileged'

const ip = (...args: readonly string[]): string => execFileSync('ip', args, { encoding: 'utf8' })

/** A test with a socket of its own; the links that it names are gone afterwards. */
function netlinkTest(
  name: string,
  links: readonly string[],
  run: (netlink: Netlink, t: TestContext) => void | Promise<void>,
): void {
  test(name, { skip, timeout: 300_000 }, async (t) => {
    const netlink = Netlink.open()
    try {
      await run(netlink, t)
    } finally {
      for (const link of links) if (netlink.link(link) !== null) netlink.deleteLink(link)
      netlink.close()
    }
  })
}

/** A link that every kernel with containers has; its other end is `NAME_`. */
function addVeth(netlink: Netlink, name: string, up = false): void {
  netlink.addLink({ kind: 'veth', name, up, peer: { name: `${name}_` } })
  netlink.changeLink(`${name}_`, { up })
}

function refusal(run: () => unknown): LibcontainerError {
  try {
    run()
  } catch (error) {
    assert.ok(isLibcontainerError(error), `not an error of ours: ${error}`)
    return error
  }
  return assert.fail('nothing was refused')
}

for (const kind of ['dummy', 'bridge'] as const) {
  const name = `t_${kind}`
  netlinkTest(`NetworkLinkAddDel: a ${kind} is made and removed`, [name], (netlink, t) => {
    if (!isKnownKind(t, kind, () => netlink.addLink({ kind, name }))) return
    assert.equal(netlink.link(name)?.kind, kind)
    assert.match(ip('-d', 'link', 'show', name), new RegExp(`\\b${kind}\\b`))
    assert.equal(refusal(() => netlink.addLink({ kind, name })).errno, 'EEXIST')
    netlink.deleteLink(name)
    assert.equal(netlink.link(name), null)
    assert.equal(refusal(() => netlink.deleteLink(name)).errno, 'ENODEV')
  })
}

netlinkTest('NetworkLinkUpDown: up and down touch no other flag', ['t_updown'], (netlink) => {
  addVeth(netlink, 't_updown')
  ip('link', 'set', 't_updown', 'multicast', 'on', 'promisc', 'on')
  const flags = (): number => (netlink.link('t_updown')?.flags ?? 0) & 0xffff
  const IFF_UP = 1
  const IFF_RUNNING = 0x40
  const before = flags()
  netlink.changeLink('t_updown', { up: true })
  assert.equal(flags() & ~IFF_RUNNING, before | IFF_UP)
  assert.equal(netlink.link('t_updown')?.up, true)
  netlink.changeLink('t_updown', { up: false })
  assert.equal(flags(), before)
})

netlinkTest('NetworkSetMacAddress, SetMTU, SetTxQueueLen: each is set', ['t_set'], (netlink) => {
  addVeth(netlink, 't_set')
  netlink.changeLink('t_set', { macAddress: '22:ce:e0:99:63:6f' })
  netlink.changeLink('t_set', { mtu: 1400 })
  netlink.changeLink('t_set', { txQueueLength: 77 })
  const { macAddress, mtu, txQueueLength } = netlink.link('t_set') ?? assert.fail()
  assert.deepEqual(
    { macAddress, mtu, txQueueLength },
    { macAddress: '22:ce:e0:99:63:6f', mtu: 1400, txQueueLength: 77 },
  )
  assert.match(ip('link', 'show', 't_set'), /mtu 1400 .* qlen 77\n.*22:ce:e0:99:63:6f/)
})

netlinkTest('D31: no change but up and down brings a link up or down', ['t_same', 't_br'], (netlink) => {
  netlink.addLink({ kind: 'bridge', name: 't_br' })
  const changes: readonly LinkChange[] = [
    { macAddress: '22:ce:e0:99:63:70' },
    { mtu: 1300 },
    { txQueueLength: 5 },
    { master: 't_br' },
    { master: null },
  ]
  for (const up of [false, true]) {
    addVeth(netlink, 't_same', up)
    const flags = netlink.link('t_same')?.flags
    for (const change of changes) {
      netlink.changeLink('t_same', change)
      assert.equal(netlink.link('t_same')?.up, up, JSON.stringify(change))
    }
    assert.equal(netlink.link('t_same')?.flags, flags)
    netlink.deleteLink('t_same')
  }
})

netlinkTest(
  'NetworkSetMasterNoMaster, SetHairpinMode: a port of a bridge, and no more',
  ['t_port', 't_br'],
  (netlink) => {
    netlink.addLink({ kind: 'bridge', name: 't_br' })
    addVeth(netlink, 't_port')
    assert.equal(netlink.link('t_port')?.masterIndex, null)
    netlink.changeLink('t_port', { master: 't_br' })
    assert.equal(netlink.link('t_port')?.masterIndex, netlink.link('t_br')?.index)
    for (const on of [true, false]) {
      netlink.setHairpin('t_port', on)
      const mode = readFileSync('/sys/class/net/t_port/brport/hairpin_mode', 'utf8').trim()
      assert.equal(mode, on ? '1' : '0')
    }
    netlink.changeLink('t_port', { master: null })
    assert.equal(netlink.link('t_port')?.masterIndex, null)
  },
)

netlinkTest('NetworkChangeName: a renamed link is found by its new name', ['t_old', 't_new'], (netlink) => {
  addVeth(netlink, 't_old')
  const index = netlink.link('t_old')?.index
  netlink.changeLink('t_old', { name: 't_new' })
  assert.equal(netlink.link('t_old'), null)
  assert.equal(netlink.link('t_new')?.index, index)
})

netlinkTest('NetworkLinkAddVlan: a vlan on a link', ['t_low'], (netlink, t) => {
  addVeth(netlink, 't_low')
  const add = (): void => netlink.addLink({ kind: 'vlan', name: 't_vlan', parent: 't_low', id: 32 })
  if (!isKnownKind(t, 'vlan', add)) return
  const { vlanId, parentIndex } = netlink.link('t_vlan') ?? assert.fail()
  assert.deepEqual([vlanId, parentIndex], [32, netlink.link('t_low')?.index])
  assert.match(ip('-d', 'link', 'show', 't_vlan'), /vlan protocol 802.1Q id 32 /)
})

for (const kind of ['macvlan', 'macvtap'] as const) {
  netlinkTest(`NetworkLinkAdd${kind}: every mode, on a link`, ['t_low'], (netlink, t) => {
    addVeth(netlink, 't_low')
    for (const mode of ['private', 'vepa', 'bridge', 'passthru'] as const) {
      const add = (): void => netlink.addLink({ kind, name: 't_mac', parent: 't_low', mode })
      if (!isKnownKind(t, kind, add)) return
      const { macvlanMode, parentIndex } = netlink.link('t_mac') ?? assert.fail()
      assert.deepEqual([macvlanMode, parentIndex], [mode, netlink.link('t_low')?.index])
      assert.match(ip('-d', 'link', 'show', 't_mac'), new RegExp(`${kind} mode ${mode}`))
      netlink.deleteLink('t_mac')
    }
    const mode = 'publc' as 'private'
    const wrong = refusal(() => netlink.addLink({ kind, name: 't_x', parent: 't_low', mode }))
    assert.match(wrong.message, /"publc": expected a mode: private, vepa, bridge, passthru/)
  })
}

/** A kernel that was built without a kind says so; any other refusal is ours. */
function isKnownKind(t: TestContext, kind: string, add: () => void): boolean {
  try {
    add()
    return true
  } catch (error) {
    assert.ok(
      isLibcontainerError(error) && error.hint === 'the kernel says: Unknown device type',
      String(error),
    )
    t.skip(`this kernel has no links of the kind ${kind}`)
    return false
  }
}

netlinkTest('AddDelNetworkIp: an address appears and disappears, of both families', [], (netlink) => {
  for (const address of ['127.0.1.1/32', '2001:db8::1/64']) {
    const has = (): boolean => netlink.addresses('lo').some((known) => known.address === address)
    assert.equal(has(), false)
    netlink.addAddress('lo', address)
    assert.equal(has(), true)
    assert.ok(ip('address', 'show', 'lo').includes(address))
    assert.equal(refusal(() => netlink.addAddress('lo', address)).errno, 'EEXIST')
    netlink.deleteAddress('lo', address)
    assert.equal(has(), false)
    assert.equal(refusal(() => netlink.deleteAddress('lo', address)).errno, 'EADDRNOTAVAIL')
  }
})

netlinkTest('AddRouteSourceSelection: a route has its preferred source', ['t_route'], (netlink) => {
  netlink.addAddress('lo', '127.1.1.1/32')
  const route = { destination: '127.0.0.0/8', source: '127.1.1.1', interfaceName: 'lo' }
  netlink.addRoute(route)
  assert.deepEqual(
    netlink.routes().filter(({ destination }) => destination === '127.0.0.0/8'),
    [{ ...route, gateway: null, family: 'ipv4' }],
  )
  assert.match(ip('route', 'show'), /^127\.0\.0\.0\/8 dev lo .*src 127\.1\.1\.1/m)
  netlink.deleteRoute(route)
  assert.doesNotMatch(ip('route', 'show'), /127\.0\.0\.0/)
  netlink.deleteAddress('lo', '127.1.1.1/32')
})

netlinkTest('AddDefaultGw, GetRoutes: default routes of both families', ['t_gw'], (netlink) => {
  addVeth(netlink, 't_gw', true)
  netlink.addAddress('t_gw', '192.0.2.2/24')
  netlink.addAddress('t_gw', '2001:db8:1::2/64')
  netlink.addRoute({ gateway: '192.0.2.1', interfaceName: 't_gw' })
  netlink.addRoute({ gateway: '2001:db8:1::1', interfaceName: 't_gw' })
  netlink.addRoute({
    destination: '198.51.100.0/24',
    gateway: '192.0.2.7',
    source: '192.0.2.2',
    interfaceName: 't_gw',
  })
  const defaults = netlink
    .routes()
    .filter(({ destination, family }) => destination === null && family !== undefined)
  assert.deepEqual(
    defaults.map(({ gateway, family, interfaceName }) => [family, gateway, interfaceName]),
    [
      ['ipv4', '192.0.2.1', 't_gw'],
      ['ipv6', '2001:db8:1::1', 't_gw'],
    ],
  )
  assert.match(ip('route', 'show'), /^198\.51\.100\.0\/24 via 192\.0\.2\.7 dev t_gw .*src 192\.0\.2\.2/m)
  assert.match(ip('-6', 'route', 'show'), /^default via 2001:db8:1::1 dev t_gw/m)
  const error = refusal(() => netlink.addRoute({ gateway: '203.0.113.1', interfaceName: 't_gw' }))
  assert.equal(error.errno, 'ENETUNREACH')
  assert.equal(error.hint, 'the kernel says: Nexthop has invalid gateway')
  netlink.deleteRoute({ gateway: '192.0.2.1', interfaceName: 't_gw' })
  assert.doesNotMatch(ip('route', 'show'), /^default/m)
})

netlinkTest('CreateVethPair: both ends exist, also with a queue of no length', ['t_left'], (netlink) => {
  netlink.addLink({
    kind: 'veth',
    name: 't_left',
    txQueueLength: 0,
    peer: { name: 't_right', txQueueLength: 0, mtu: 1280 },
  })
  const left = netlink.link('t_left') ?? assert.fail()
  const right = netlink.link('t_right') ?? assert.fail()
  assert.deepEqual([left.txQueueLength, right.txQueueLength, right.mtu], [0, 0, 1280])
  assert.deepEqual([left.parentIndex, right.parentIndex], [right.index, left.index])
  netlink.deleteLink('t_right')
  assert.equal(netlink.link('t_left'), null)
})

netlinkTest('D35: what is not given is the kernel\u2019s to choose', ['t_plain'], (netlink) => {
  netlink.addLink({ kind: 'veth', name: 't_plain', peer: { name: 't_peer' } })
  for (const name of ['t_plain', 't_peer']) {
    const { mtu, txQueueLength } = netlink.link(name) ?? assert.fail()
    assert.deepEqual([mtu, txQueueLength], [1500, 1000])
  }
})

netlinkTest(
  'CreateBridgeWithMac, SetMacAddress: a bridge with an address of its own',
  ['t_mac'],
  (netlink) => {
    netlink.addLink({ kind: 'bridge', name: 't_mac', macAddress: '22:00:00:00:00:01' })
    assert.equal(netlink.link('t_mac')?.macAddress, '22:00:00:00:00:01')
    netlink.changeLink('t_mac', { macAddress: '22:00:00:00:00:02' })
    assert.equal(netlink.link('t_mac')?.macAddress, '22:00:00:00:00:02')
    const group = refusal(() => netlink.changeLink('t_mac', { macAddress: '23:00:00:00:00:02' }))
    assert.equal(group.code, 'ConfigInvalid')
  },
)

netlinkTest(
  'NetworkSetNsPid, SetNsFd: a link moves to another namespace',
  ['t_pid', 't_fd', 't_pair'],
  async (netlink) => {
    const other = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; read wait'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => other.stdout.once('data', resolve))
    const pid = other.pid as number
    const fd = openSync(`/proc/${pid}/ns/net`, 'r')
    try {
      const inside = (name: string): string =>
        execFileSync('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', 'link', 'show', name], {
          encoding: 'utf8',
        })
      addVeth(netlink, 't_pid')
      netlink.changeLink('t_pid', { namespace: { pid } })
      addVeth(netlink, 't_fd')
      netlink.changeLink('t_fd', { namespace: { fd } })
      netlink.addLink({
        kind: 'veth',
        name: 't_pair',
        peer: { name: 'eth0', namespace: { pid }, macAddress: '02:00:00:00:00:09' },
      })
      for (const name of ['t_pid', 't_fd']) {
        assert.equal(netlink.link(name), null)
        assert.match(inside(name), new RegExp(name))
      }
      assert.match(inside('eth0'), /02:00:00:00:00:09/)
      assert.notEqual(netlink.link('t_pair'), null)
      assert.equal(
        refusal(() => netlink.changeLink('t_pair', { namespace: { pid: 2 ** 22 - 1 } })).errno,
        'ESRCH',
      )
    } finally {
      closeSync(fd)
      other.stdin.end()
      await new Promise((resolve) => other.once('exit', resolve))
    }
  },
)

netlinkTest('dumps of many parts are whole', ['t_many'], (netlink) => {
  const names = Array.from({ length: 20 }, (_, index) => `t_many${index}`)
  try {
    for (const name of names) addVeth(netlink, name, true)
    const found = new Set(netlink.links().map(({ name }) => name))
    assert.deepEqual(
      names.flatMap((name) => [name, `${name}_`]).filter((name) => !found.has(name)),
      [],
    )
    const numbers = Array.from({ length: 1000 }, (_, index) => `10.9.${index >> 8}.${index & 255}`)
    for (const number of numbers) netlink.addAddress('t_many0', `${number}/32`)
    for (const number of numbers)
      netlink.addRoute({ destination: `${number.replace('10.9', '10.8')}/32`, interfaceName: 't_many0' })
    assert.equal(
      netlink.addresses('t_many0').filter(({ address }) => address.startsWith('10.9.')).length,
      1000,
    )
    assert.equal(netlink.routes().filter(({ destination }) => destination?.startsWith('10.8.')).length, 1000)
  } finally {
    for (const name of names) if (netlink.link(name) !== null) netlink.deleteLink(name)
  }
})

netlinkTest('what others send to the socket is not believed', [], (netlink) => {
  const kernel = nodeKernel()
  const AF_NETLINK = 16
  const SOCK_RAW = 3
  const MSG_DONTWAIT = 0x40
  const addressOf = (port: number): Uint8Array =>
    new Uint8Array(new Uint32Array([AF_NETLINK, port, 0]).buffer)
  // An answer that says ENOMEM to the first request of whoever receives it.
  const forged = new Uint8Array(new Int32Array([36, 2, 1, process.pid, -12, 20, 0, 0, 0]).buffer)
  const sender = syscall(kernel, 'socket', AF_NETLINK, SOCK_RAW, 0)
  const receiver = syscall(kernel, 'socket', AF_NETLINK, SOCK_RAW, 0)
  const send = (port: number): number =>
    syscall(kernel, 'sendto', sender, forged, forged.length, 0, addressOf(port), 12)
  try {
    // The control: it arrives.
    assert.equal(syscall(kernel, 'bind', receiver, addressOf(4242), 12), 0)
    assert.equal(send(4242), forged.length)
    const received = new Uint8Array(64)
    assert.equal(syscall(kernel, 'recvfrom', receiver, received, 64, MSG_DONTWAIT, null, null), forged.length)
    // The first socket of a process has its pid for a port.
    assert.equal(send(process.pid), forged.length)
    assert.equal(netlink.link('lo')?.index, 1)
  } finally {
    for (const fd of [sender, receiver]) syscall(kernel, 'close', fd)
  }
})

netlinkTest('a socket is closed with its block', [], () => {
  const sockets = (): number => readdirSync('/proc/self/fd').length
  const before = sockets()
  {
    using netlink = Netlink.open()
    assert.equal(netlink.link('lo')?.name, 'lo')
    assert.equal(sockets(), before + 1)
  }
  assert.equal(sockets(), before)
})
