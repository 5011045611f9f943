// Tests the conversion of mounts and networks of 2015.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { validateConfig } from '../config/validate/validate-config.ts'
import { convertLibcontainer2015 } from './convert-libcontainer-2015.ts'

const NAMESPACES = ['NEWNS', 'NEWNET'].map((type) => ({ type }))

/** Converts, and checks that the result is valid. */
function convert(patch: object) {
  const { config, warnings } = convertLibcontainer2015({
    rootfs: '/srv/rootfs',
    namespaces: NAMESPACES,
    ...patch,
  })
  return { config: validateConfig(config), warnings }
}

it('converts mounts by device, flags as attributes, paths of the host below the root', () => {
  const mounts = [
    { source: 'proc', destination: '/proc', device: 'proc', flags: 14, data: '' },
    { source: 'tmpfs', destination: '/srv/rootfs/dev', device: 'tmpfs', flags: 16777218, data: 'mode=755' },
    { destination: 'sys/fs/cgroup/', device: 'cgroup' },
    { source: '/srv/rootfs2', destination: '/srv/rootfs2/x', device: 'bind', flags: 4096 + 16384 + 1 },
    { source: '/a', destination: '/b', device: 'bind', flags: 4096 + 262144, relabel: 'Z' },
  ]
  const { config, warnings } = convert({ mounts, mount_label: 'u:object_r:f:s0' })
  assert.deepEqual(warnings, [])
  const bind = { type: 'bind' }
  assert.deepEqual(config.mounts, [
    { type: 'proc', source: 'proc', destination: '/proc', attributes: ['nosuid', 'nodev', 'noexec'] },
    {
      type: 'tmpfs',
      source: 'tmpfs',
      destination: '/dev',
      attributes: ['nosuid', 'strictatime'],
      data: 'mode=755',
    },
    { type: 'cgroup', destination: '/sys/fs/cgroup', attributes: ['ro', 'nosuid', 'nodev', 'noexec'] },
    {
      ...bind,
      source: '/srv/rootfs2',
      destination: '/srv/rootfs2/x',
      recursive: true,
      attributes: ['ro'],
      propagation: ['rslave'],
    },
    {
      ...bind,
      source: '/a',
      destination: '/b',
      recursive: false,
      attributes: [],
      propagation: [],
      relabel: 'private',
    },
  ])
})

it('converts commands around a mount', () => {
  const mount = { destination: '/x', device: 'tmpfs' }
  const premount_cmds = [{ path: '/bin/touch', args: ['a'], env: null, dir: '' }]
  const postmount_cmds = [{ path: 'true', args: null, env: ['A=1'], dir: '/tmp' }]
  const { config, warnings } = convert({ mounts: [{ ...mount, premount_cmds, postmount_cmds }, mount] })
  assert.deepEqual(warnings, [])
  const [first, second] = config.mounts
  assert.deepEqual(
    [first?.premountCommands, first?.postmountCommands, second?.premountCommands],
    [
      [{ path: '/bin/touch', args: ['/bin/touch', 'a'] }],
      [{ path: 'true', args: ['true'], env: ['A=1'], dir: '/tmp' }],
      undefined,
    ],
  )
})

it('converts networks and routes, without what was never used', () => {
  const networks = [
    { type: 'loopback', address: '127.0.0.1/0', gateway: 'localhost', mtu: 1500 },
    {
      type: 'veth',
      name: 'eth0',
      bridge: 'docker0',
      mac_address: '02:42:ac:11:00:02',
      address: '172.17.0.101/16',
      gateway: '172.17.42.1',
      ipv6_address: '2001:db8::2/64',
      ipv6_gateway: '2001:db8::1',
      mtu: 1500,
      txqueuelen: 0,
      host_interface_name: 'vethnsinit',
      hairpin_mode: true,
    },
  ]
  const routes = [{ destination: '10.0.0.0/8', source: '172.17.0.101', gateway: '', interface_name: 'eth0' }]
  const { config, warnings } = convert({ networks, routes })
  assert.deepEqual(warnings, [])
  assert.deepEqual(config.networks, [
    { type: 'loopback' },
    {
      type: 'veth',
      name: 'eth0',
      bridge: 'docker0',
      hostInterfaceName: 'vethnsinit',
      macAddress: '02:42:ac:11:00:02',
      mtu: 1500,
      hairpin: true,
      address: '172.17.0.101/16',
      gateway: '172.17.42.1',
      ipv6Address: '2001:db8::2/64',
      ipv6Gateway: '2001:db8::1',
    },
  ])
  assert.deepEqual(config.routes, [
    { destination: '10.0.0.0/8', source: '172.17.0.101', interfaceName: 'eth0' },
  ])
})
