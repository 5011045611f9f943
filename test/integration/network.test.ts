// Tests networks of containers: veth pairs over a bridge, what the tools inside see, statistics, and that nothing stays
// on the host, whatever fails and whoever dies.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { type ContainerConfig, Netlink, type VethNetwork } from 'libcontainer'
import {
  type Box,
  containerTest,
  output,
  refused,
  runIn,
  SLEEP,
  shell,
  until,
} from '../helpers/container-test.ts'
import { Program } from '../helpers/second-program.ts'

const hostLinks = (): readonly string[] => {
  const netlink = Netlink.open()
  try {
    return netlink.links().map(({ name }) => name)
  } finally {
    netlink.close()
  }
}

/** A test that leaves no link behind that was not there before. */
function networkTest(name: string, run: (box: Box) => Promise<void>): void {
  containerTest(name, async (box) => {
    const before = hostLinks()
    await run(box)
    assert.deepEqual(hostLinks(), before)
  })
}

/** A bridge for the time of a test. */
async function withBridge(
  name: string,
  addresses: readonly string[],
  run: () => Promise<void>,
): Promise<void> {
  const netlink = Netlink.open()
  netlink.addLink({ kind: 'bridge', name, up: true })
  try {
    for (const address of addresses) netlink.addAddress(name, address)
    await run()
  } finally {
    netlink.deleteLink(name)
    netlink.close()
  }
}

const veth = (network: Omit<VethNetwork, 'type' | 'name'> = {}): Partial<ContainerConfig> => ({
  networks: [{ type: 'loopback' }, { type: 'veth', name: 'eth0', ...network }],
})

networkTest('two containers talk over a bridge, by ping and by wget', async ({ create, rootfs }) => {
  await withBridge('n_talk', ['10.77.0.1/24'], async () => {
    const network = { bridge: 'n_talk', gateway: '10.77.0.1' }
    const server = await create(veth({ ...network, address: '10.77.0.2/24' }))
    const client = await create(veth({ ...network, address: '10.77.0.3/24' }))
    writeFileSync(join(rootfs, 'tmp/page'), 'hello over the bridge\n')
    await server.start({ ...shell('exec httpd -f -p 80 -h /tmp'), stdout: 'ignore', stderr: 'inherit' })
    await client.start(SLEEP)
    assert.match(await output(runIn(client, 'ping -c 1 -W 60 10.77.0.2')), /1 packets received/)
    const get = 'for n in $(seq 100); do wget -q -O - http://10.77.0.2/page && exit; sleep 0.2; done; exit 1'
    assert.equal(await output(runIn(client, get)), 'hello over the bridge')
    assert.match(await output(runIn(client, 'ping -c 1 -W 60 10.77.0.1')), /1 packets received/)
    await server.destroy()
    await client.destroy()
  })
})

networkTest('the tools inside see what was configured', async ({ create }) => {
  await withBridge('n_view', [], async () => {
    const container = await create({
      ...veth({
        bridge: 'n_view',
        hostInterfaceName: 'n_host',
        macAddress: '02:42:0a:4d:00:02',
        mtu: 1400,
        txQueueLength: 50,
        hairpin: true,
        address: '10.77.0.2/24',
        gateway: '10.77.0.1',
        ipv6Address: '2001:db8:77::2/64',
        ipv6Gateway: '2001:db8:77::1',
      }),
      routes: [
        { destination: '198.51.100.0/24', gateway: '10.77.0.9', source: '10.77.0.2', interfaceName: 'eth0' },
        { destination: '2001:db8:99::/48', gateway: '2001:db8:77::9', interfaceName: 'eth0' },
      ],
    })
    const { pid } = await container.start(SLEEP)
    const ip = (...args: readonly string[]): string =>
      execFileSync('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', ...args], { encoding: 'utf8' })
    const link = ip('link', 'show', 'eth0')
    assert.match(link, /<.*\bUP\b.*> mtu 1400 .* state UP .* qlen 50\n +link\/ether 02:42:0a:4d:00:02 /)
    assert.match(ip('link', 'show', 'lo'), /<LOOPBACK,UP/)
    assert.match(ip('address', 'show', 'eth0'), /inet 10\.77\.0\.2\/24 scope global eth0\n/)
    assert.match(ip('address', 'show', 'eth0'), /inet6 2001:db8:77::2\/64 scope global nodad/)
    assert.match(ip('route'), /^default via 10\.77\.0\.1 dev eth0/m)
    assert.match(ip('route'), /^198\.51\.100\.0\/24 via 10\.77\.0\.9 dev eth0 .*src 10\.77\.0\.2/m)
    assert.match(ip('-6', 'route'), /^default via 2001:db8:77::1 dev eth0/m)
    assert.match(ip('-6', 'route'), /^2001:db8:99::\/48 via 2001:db8:77::9 dev eth0/m)
    assert.match(await output(runIn(container, 'ip -o link | cut -d: -f2')), /^ lo\n eth0(@\w+)?$/)
    // On the host.
    assert.match(
      execFileSync('ip', ['link', 'show', 'n_host'], { encoding: 'utf8' }),
      /UP.* mtu 1400 .*master n_view .* qlen 50/,
    )
    assert.equal(readFileSync('/sys/class/net/n_host/brport/hairpin_mode', 'utf8').trim(), '1')
    await container.destroy()
    assert.ok(!hostLinks().includes('n_host'))
  })
})

networkTest(
  'D35: what is not given is the kernel\u2019s to choose, and a pair needs no bridge',
  async ({ create }) => {
    const container = await create(veth({ address: '10.77.1.2/24' }))
    await container.start(SLEEP)
    assert.match(await output(runIn(container, 'ip link show eth0')), /mtu 1500 .* qlen 1000/)
    const [end = assert.fail()] = (await container.state()).host_interfaces ?? []
    assert.match(end.name, /^veth[0-9a-f]{10}$/)
    const netlink = Netlink.open()
    netlink.addAddress(end.name, '10.77.1.1/24')
    netlink.close()
    assert.match(await output(runIn(container, 'ping -c 1 -W 60 10.77.1.1')), /1 packets received/)
    await container.destroy()
  },
)

networkTest('an IPv6 address can be used at once', async ({ run }) => {
  const { stderr } = await run(veth({ ipv6Address: '2001:db8:78::2/64' }), 'nc 2001:db8:78::2 9 </dev/null')
  // Without NODAD: "can't assign requested address", or no route yet.
  assert.match(stderr, /refused/i)
})

networkTest('A25: statistics have the directions of the container', async ({ create }) => {
  const container = await create(veth({ address: '10.77.2.2/24' }))
  await container.start(SLEEP)
  const inside = async (): Promise<Record<string, bigint>> => {
    const read =
      'cd /sys/class/net/eth0/statistics; for f in rx_bytes tx_bytes rx_packets tx_packets; do cat $f; done'
    const values = (await output(runIn(container, read))).split('\n').map(BigInt)
    const [rxBytes = 0n, txBytes = 0n, rxPackets = 0n, txPackets = 0n] = values
    return { rxBytes, txBytes, rxPackets, txPackets }
  }
  await withServer((await container.state()).host_interfaces?.[0]?.name, '10.77.2.1', async (port) => {
    await output(runIn(container, `head -c 100000 /dev/zero | nc 10.77.2.1 ${port}`))
  })
  await until('the same figures on both sides', async () => {
    const [stats = assert.fail()] = await container.networkStats()
    const { rxBytes, txBytes, rxPackets, txPackets } = stats
    assert.equal(stats.name, 'eth0')
    return (
      JSON.stringify(await inside(), text) ===
      JSON.stringify({ rxBytes, txBytes, rxPackets, txPackets }, text)
    )
  })
  const [stats = assert.fail()] = await container.networkStats()
  assert.ok(stats.txBytes > 100_000n && stats.rxBytes < 50_000n, JSON.stringify(stats, text))
  await container.destroy()
  await refused(container.networkStats(), 'ContainerNotRunning')
})

/** Somebody on the host who takes whatever comes. */
async function withServer(
  link: string | undefined,
  address: string,
  run: (port: number) => Promise<void>,
): Promise<void> {
  const netlink = Netlink.open()
  netlink.addAddress(link ?? assert.fail(), `${address}/24`)
  netlink.close()
  const server = createServer({ allowHalfOpen: false }, (socket) => socket.resume())
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  try {
    await run((server.address() as AddressInfo).port)
  } finally {
    server.close()
  }
}

const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

networkTest('a user namespace of its own has networks, too', async ({ create, rootfs }) => {
  execFileSync('chown', ['-hR', '100000:100000', rootfs])
  const container = await create({
    ...veth({ address: '10.77.3.2/24', gateway: '10.77.3.1' }),
    namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }, { type: 'network' }],
    uidMappings: [{ containerId: 0, hostId: 100000, size: 65536 }],
    gidMappings: [{ containerId: 0, hostId: 100000, size: 65536 }],
  })
  await container.start(SLEEP)
  assert.match(await output(runIn(container, 'ip route')), /^default via 10\.77\.3\.1 dev eth0/m)
  await container.destroy()
})

networkTest(
  'the pair goes to a namespace that is joined, not to one that init had before',
  async ({ create, directory }) => {
    await withNamespace(directory, async (path, inside) => {
      const container = await create({
        ...veth({ address: '10.77.4.2/24' }),
        namespaces: [{ type: 'mount' }, { type: 'pid' }, { type: 'network', path }],
      })
      await container.start(SLEEP)
      assert.match(inside('address', 'show', 'eth0'), /inet 10\.77\.4\.2\/24/)
      await container.destroy()
      assert.doesNotMatch(inside('link'), /eth0/)
    })
  },
)

/** A network namespace that lives on without a process. */
async function withNamespace(
  directory: string,
  run: (path: string, inside: (...args: readonly string[]) => string) => Promise<void>,
): Promise<void> {
  const path = join(directory, 'netns')
  writeFileSync(path, '')
  execFileSync('unshare', [`--net=${path}`, 'true'])
  try {
    await run(path, (...args) =>
      execFileSync('nsenter', [`--net=${path}`, 'ip', ...args], { encoding: 'utf8' }),
    )
  } finally {
    execFileSync('umount', [path])
  }
}

networkTest('A5: a start that fails leaves no link, and says which field was wrong', async ({ create }) => {
  const fails = async (config: Partial<ContainerConfig>, code: 'ConfigInvalid' | 'SystemError') => {
    const before = hostLinks()
    const error = await refused((await create(config)).start(SLEEP), code)
    assert.deepEqual(hostLinks(), before)
    return error
  }
  assert.equal((await fails(veth({ bridge: 'n_none' }), 'ConfigInvalid')).field, 'networks[1].bridge')
  assert.equal((await fails(veth({ bridge: 'lo' }), 'ConfigInvalid')).reason, 'it is no bridge')
  const far = await fails(veth({ address: '10.77.5.2/24', gateway: '10.99.0.1' }), 'SystemError')
  assert.deepEqual(
    [far.field, far.step, far.errno, far.syscall, far.hint],
    [
      'networks[1].gateway',
      'add the route to',
      'ENETUNREACH',
      'sendto',
      'the kernel says: Nexthop has invalid gateway',
    ],
  )
  const nowhere = { destination: '10.0.0.0/8', interfaceName: 'eth7' }
  const missing = await fails({ ...veth(), routes: [nowhere] }, 'SystemError')
  assert.deepEqual([missing.field, missing.errno], ['routes[0]', 'ENODEV'])
  assert.equal(missing.hint, 'there is no interface "eth7" in the container')
  const route = { destination: '10.88.0.0/16', interfaceName: 'eth0' }
  const twice = await fails({ ...veth({ address: '10.77.5.2/24' }), routes: [route, route] }, 'SystemError')
  assert.deepEqual([twice.field, twice.errno], ['routes[1]', 'EEXIST'])
  await withBridge('n_late', [], async () => {
    const late = await create({ ...veth({ bridge: 'n_late' }) })
    assert.equal(
      (await refused(late.start({ ...SLEEP, args: ['/no/such/command'] }), 'SystemError')).errno,
      'ENOENT',
    )
  })
})

networkTest('a name that is taken is refused, and what has it is left alone', async ({ create }) => {
  const netlink = Netlink.open()
  netlink.addLink({ kind: 'bridge', name: 'n_taken' })
  try {
    const container = await create(veth({ hostInterfaceName: 'n_taken' }))
    const error = await refused(container.start(SLEEP), 'SystemError')
    assert.deepEqual([error.errno, error.field, error.object], ['EEXIST', 'networks[1]', 'n_taken'])
    await container.destroy()
    assert.equal(netlink.link('n_taken')?.kind, 'bridge')
  } finally {
    netlink.deleteLink('n_taken')
    netlink.close()
  }
})

networkTest('destroy removes nothing that has taken the name since', async ({ create }) => {
  const container = await create(veth({ hostInterfaceName: 'n_reused' }))
  await container.start(SLEEP)
  const netlink = Netlink.open()
  netlink.deleteLink('n_reused')
  netlink.addLink({ kind: 'bridge', name: 'n_reused' })
  try {
    await container.destroy()
    assert.equal(netlink.link('n_reused')?.kind, 'bridge')
  } finally {
    netlink.deleteLink('n_reused')
    netlink.close()
  }
})

const CRASH = `
  import { Factory } from 'libcontainer'
  const [, , state, rootfs, path] = process.argv
  const factory = await Factory.open(state)
  const container = await factory.create('crash', {
    rootfs,
    namespaces: [{ type: 'mount' }, { type: 'pid' }, { type: 'network', path }],
    networks: [{ type: 'veth', name: 'eth0', address: '10.77.6.2/24' }],
  })
`

networkTest(
  'a maker that is killed leaves a container whose link another can remove',
  async ({ directory, rootfs, factory }) => {
    await withNamespace(directory, async (path) => {
      const start = `${CRASH}
      await container.start({ args: ['/bin/sleep', '1000'], stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' })
      console.log('started')`
      const maker = new Program(start, join(directory, 'state'), rootfs, path)
      assert.equal(await maker.line(), 'started')
      await maker.kill()
      const found = await factory.load('crash')
      const [end = assert.fail()] = (await found.state()).host_interfaces ?? []
      assert.ok(hostLinks().includes(end.name))
      await found.signal('KILL')
      await until('the end', async () => (await found.status()) === 'destroyed')
      // The namespace lives on, so the kernel removes nothing.
      assert.ok(hostLinks().includes(end.name))
      await found.destroy()
      assert.ok(!hostLinks().includes(end.name))
    })
  },
)

networkTest(
  'a maker that is killed between the link and the program leaves a state to find the link by',
  async ({ directory, rootfs, factory }) => {
    await withNamespace(directory, async (path) => {
      const state = join(directory, 'state')
      const crash = `
      import { CoreFactory } from 'libcontainer/core'
      import { createRequire } from 'node:module'
      const [, , state, rootfs, path, kernelModule] = process.argv
      const { nodeKernel } = await import(kernelModule)
      const kernel = nodeKernel()
      const send = () => process.kill(process.pid, 'SIGKILL')
      const factory = CoreFactory.open({ ...kernel, send }, state)
      const container = await factory.create('crash', {
        rootfs,
        namespaces: [{ type: 'mount' }, { type: 'pid' }, { type: 'network', path }],
        networks: [{ type: 'veth', name: 'eth0', address: '10.77.6.2/24' }],
      })
      const nothing = { kind: 'null' }
      await container.start({ args: ['/bin/true'] }, { io: { stdio: [nothing, nothing, nothing], extraFiles: [] } })`
      const module = new URL('../../src/node/node-kernel.js', import.meta.url).href
      const before = hostLinks()
      const maker = new Program(crash, state, rootfs, path, module)
      await assert.rejects(maker.finish())
      const left = hostLinks().filter((name) => !before.includes(name))
      assert.equal(left.length, 1, left.join(' '))
      const found = await factory.load('crash')
      await found.destroy()
      assert.deepEqual(hostLinks(), before)
      assert.ok(!existsSync(join(state, 'crash')))
    })
  },
)

networkTest('several networks, and a container that starts again', async ({ create }) => {
  const container = await create({
    networks: [
      { type: 'veth', name: 'left', address: '10.77.7.2/24' },
      { type: 'veth', name: 'right', address: '10.77.8.2/24', hostInterfaceName: 'n_right' },
    ],
  })
  for (let round = 0; round < 2; round++) {
    await container.start(SLEEP)
    const names = await output(runIn(container, 'ip -o link show up | cut -d: -f2 | cut -d@ -f1'))
    assert.equal(names, ' left\n right')
    assert.deepEqual(
      (await container.networkStats()).map(({ name }) => name),
      ['left', 'right'],
    )
    await container.signal('KILL')
    await until('the end', async () => (await container.status()) === 'destroyed')
  }
  await container.destroy()
})
