// Tests what the netlink module refuses by itself, before the kernel is asked: wrong names, addresses, numbers and
// objects, and calls after the close.

import assert from 'node:assert/strict'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { test } from 'node:test'
import { isLibcontainerError, type LibcontainerError, Netlink } from 'libcontainer'

const skip = process.env.PRIVILEGED === '1' ? false : 'it needs root and a place of its own: tools/privileged'

function refusal(run: () => unknown): LibcontainerError {
  try {
    run()
  } catch (error) {
    assert.ok(isLibcontainerError(error), `not an error of ours: ${error}`)
    return error
  }
  return assert.fail('nothing was refused')
}

test('what is no name, address or id never reaches the kernel', { skip }, () => {
  using netlink = Netlink.open()
  const refused = [
    () => netlink.addLink({ kind: 'dummy', name: 'sixteen_bytes_xx' }),
    () => netlink.link('a/b'),
    () => netlink.addLink({ kind: 'vlan', name: 't_v', parent: 'lo', id: 4096 }),
    () => netlink.addAddress('lo', '10.0.0.1'),
    () => netlink.addAddress('lo', '010.0.0.1/8'),
    () => netlink.addRoute({ gateway: '1.2.3', interfaceName: 'lo' }),
    () => netlink.addRoute({ destination: '::/129', interfaceName: 'lo' }),
  ]
  for (const run of refused) assert.equal(refusal(run).code, 'ConfigInvalid', String(run))
  // Numbers that would wrap around, and what only JavaScript lets through.
  for (const mtu of [2 ** 32 + 1400, -1, 1.5, '1400' as never])
    assert.equal(refusal(() => netlink.changeLink('lo', { mtu })).field, 'mtu')
  for (const namespace of [{ pid: 0 }, { pid: 2 ** 32 + 1 }, { fd: -1 }])
    assert.match(refusal(() => netlink.changeLink('lo', { namespace })).field ?? '', /^namespace\./)
  const odd = [null, undefined, { kind: 'nosuch', name: 't_odd' }] as never[]
  for (const link of odd) assert.equal(refusal(() => netlink.addLink(link)).code, 'ConfigInvalid')
  assert.equal(refusal(() => netlink.changeLink('lo', null as never)).code, 'ConfigInvalid')
  assert.equal(refusal(() => netlink.addAddress('lo', 5 as never)).code, 'ConfigInvalid')
  const fields: readonly [string, () => void][] = [
    ['name', () => netlink.addLink({ kind: 'bridge', name: 'a b' })],
    ['kind', () => netlink.addLink({ name: 't_odd' } as never)],
    ['peer', () => netlink.addLink({ kind: 'veth', name: 't_odd' } as never)],
    ['peer.name', () => netlink.addLink({ kind: 'veth', name: 't_odd', peer: {} } as never)],
    ['parent', () => netlink.addLink({ kind: 'vlan', name: 't_odd', id: 1 } as never)],
    ['id', () => netlink.addLink({ kind: 'vlan', name: 't_odd', parent: 'lo', id: Number.NaN })],
    ['mode', () => netlink.addLink({ kind: 'macvlan', name: 't_odd', parent: 'lo' } as never)],
    ['macAddress', () => netlink.changeLink('lo', { macAddress: '01:00:00:00:00:00' })],
    ['namespace', () => netlink.changeLink('lo', { namespace: 5 as never })],
    ['master', () => netlink.changeLink('lo', { master: '' })],
    ['address', () => netlink.addAddress('lo', '10.0.0.1')],
    ['gateway', () => netlink.addRoute({ gateway: '1.2.3', interfaceName: 'lo' })],
    ['interfaceName', () => netlink.addRoute({ gateway: '1.2.3.4' } as never)],
  ]
  for (const [field, run] of fields) assert.equal(refusal(run).field, field, String(run))
  const orphan = refusal(() => netlink.addLink({ kind: 'vlan', name: 't_v', parent: 'nowhere', id: 1 }))
  assert.equal(orphan.message, 'Cannot find the network interface "nowhere": ENODEV')
})

test('a socket that is closed again closes nothing else', { skip }, () => {
  const netlink = Netlink.open()
  netlink.close()
  const file = openSync('/dev/null', 'r')
  try {
    netlink.close()
    assert.equal(refusal(() => netlink.links()).errno, 'EBADF')
    fstatSync(file)
  } finally {
    closeSync(file)
  }
})
