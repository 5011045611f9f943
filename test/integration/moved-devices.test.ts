// Tests network interfaces of the host that are moved into containers: name, addresses, state, and where they end.

import assert from 'node:assert/strict'
import { type ContainerConfig, type DeviceNetwork, Netlink } from 'libcontainer'
import { type Box, containerTest, output, refused, SLEEP, until } from '../helpers/container-test.ts'

const NAME = 'moved0'
const PEER = 'stays0'

function withNetlink<T>(use: (netlink: Netlink) => T): T {
  const netlink = Netlink.open()
  try {
    return use(netlink)
  } finally {
    netlink.close()
  }
}

const hasLink = (name: string): boolean => withNetlink((netlink) => netlink.link(name) !== null)

/** A pair of interfaces on the host for the time of a test; whichever end is moved, both go with its namespace. */
function deviceTest(name: string, run: (box: Box) => Promise<void>): void {
  containerTest(name, async (box) => {
    withNetlink((netlink) => {
      netlink.addLink({ kind: 'veth', name: NAME, peer: { name: PEER }, mtu: 1400 })
      netlink.addAddress(NAME, '192.0.2.5/24')
      netlink.addAddress(NAME, '2001:db8::5/64')
      netlink.changeLink(PEER, { up: true })
      netlink.changeLink(NAME, { up: true })
    })
    try {
      await run(box)
    } finally {
      withNetlink((netlink) => {
        if (netlink.link(NAME) !== null) netlink.deleteLink(NAME)
      })
    }
  })
}

const moved = (device: Partial<DeviceNetwork> = {}): Partial<ContainerConfig> => ({
  networks: [{ type: 'loopback' }, { type: 'device', hostInterfaceName: NAME, ...device }],
})

/** Names, MTU, state and addresses inside, but for the link-local ones, which the kernel draws. */
const SHOW =
  "ip addr | grep -v fe80: | sed -nE 's/^[0-9]+: ([^@:]+).*mtu ([0-9]+).*/\\1 \\2/p; s/.*inet6? ([^ ]+) .*/\\1/p'"

deviceTest(
  'an interface comes with its attributes and lasting addresses, up, and is gone with the container',
  async (box) => {
    const container = await box.create(moved())
    await container.start(SLEEP)
    assert.equal(hasLink(NAME), false)
    assert.equal(hasLink(PEER), true)
    const { stdout } = await container.start({ args: ['/bin/sh', '-c', SHOW], env: ['PATH=/bin:/sbin'] })
    let shown = ''
    for await (const part of stdout) shown += part
    assert.equal(shown, 'lo 65536\n127.0.0.1/8\n::1/128\nmoved0 1400\n192.0.2.5/24\n2001:db8::5/64\n')
    await container.destroy()
    await until('a virtual interface ends with its namespace', () => !hasLink(PEER))
  },
)

deviceTest('an interface gets another name, or the first free one of a pattern', async (box) => {
  const names = "ls /sys/class/net | tr '\\n' ' '"
  const two: ContainerConfig['networks'] = [
    { type: 'veth', name: 'eth0' },
    { type: 'device', hostInterfaceName: NAME, name: 'eth%d' },
    { type: 'device', hostInterfaceName: PEER, name: 'wan' },
  ]
  assert.equal(await output(box.run({ networks: two }, names)), 'eth0 eth1 lo wan')
})

deviceTest('an interface goes to a namespace that is joined', async (box) => {
  const first = await box.create({})
  await first.start(SLEEP)
  const path = (await first.state()).namespace_paths.NEWNET as string
  const networks: ContainerConfig['networks'] = [{ type: 'device', hostInterfaceName: NAME, name: 'eth9' }]
  const namespaces: ContainerConfig['namespaces'] = [{ type: 'mount' }, { type: 'network', path }]
  assert.match(
    await output(box.run({ namespaces, networks, mounts: [] }, 'ip addr show eth9')),
    /inet 192\.0\.2\.5\/24/,
  )
  const again = box.run(
    { namespaces, networks: [{ type: 'device', hostInterfaceName: PEER, name: 'eth9' }], mounts: [] },
    'true',
  )
  const error = await refused(again, 'SystemError')
  assert.deepEqual([error.field, error.errno], ['networks[0]', 'EEXIST'])
})

containerTest('an interface that is not there, or cannot leave', async (box) => {
  const missing = await refused(box.run(moved({ hostInterfaceName: 'none0' }), 'true'), 'ConfigInvalid')
  assert.equal(missing.field, 'networks[1].hostInterfaceName')
  withNetlink((netlink) => netlink.addLink({ kind: 'bridge', name: 'fixed0' }))
  try {
    const fixed = await refused(box.run(moved({ hostInterfaceName: 'fixed0' }), 'true'), 'SystemError')
    assert.deepEqual([fixed.field, fixed.errno], ['networks[1]', 'EINVAL'])
    assert.equal(hasLink('fixed0'), true)
  } finally {
    withNetlink((netlink) => netlink.deleteLink('fixed0'))
  }
})
