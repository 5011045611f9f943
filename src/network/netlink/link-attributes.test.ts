// Tests what is said to the kernel about links of kinds that not every kernel has, and that nothing else is said.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeAttributes, encodeAttributes, textOf, viewOf } from '../../abi/netlink-message.ts'
import { linkRequest } from '../../abi/netlink-requests.ts'
import {
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_LINK,
  IFLA_LINKINFO,
  IFLA_VLAN_ID,
  RTM_SETLINK,
} from '../../abi/rtnetlink.ts'
import type { NewLink } from './link.ts'
import { hairpinRequest, kindAttributes, settingAttributes } from './link-attributes.ts'

function infoOf(link: NewLink, parent: number | null) {
  const attributes = decodeAttributes(encodeAttributes(kindAttributes(link, parent)))
  const info = decodeAttributes(attributes.get(IFLA_LINKINFO) ?? assert.fail())
  return { attributes, info, kind: textOf(info.get(IFLA_INFO_KIND) ?? assert.fail()) }
}

test('a dummy has a kind and no more', () => {
  const { attributes, info, kind } = infoOf({ kind: 'dummy', name: 'x' }, null)
  assert.deepEqual(
    [kind, [...attributes.keys()], [...info.keys()]],
    ['dummy', [IFLA_LINKINFO], [IFLA_INFO_KIND]],
  )
})

test('a vlan has an id of 16 bits and the link below it', () => {
  const { attributes, info, kind } = infoOf({ kind: 'vlan', name: 'x', parent: 'y', id: 32 }, 7)
  const data = decodeAttributes(info.get(IFLA_INFO_DATA) ?? assert.fail())
  assert.equal(kind, 'vlan')
  assert.deepEqual([...(data.get(IFLA_VLAN_ID) ?? [])], [32, 0])
  assert.equal(viewOf(attributes.get(IFLA_LINK) ?? assert.fail()).getUint32(0, true), 7)
  for (const id of [-1, 4096, 1.5])
    assert.throws(
      () => kindAttributes({ kind: 'vlan', name: 'x', parent: 'y', id }, 7),
      /id of a vlan, from 0 to 4095/,
    )
})

test('D35: settings that are absent are not sent, and zero is', () => {
  assert.deepEqual(settingAttributes({}), [])
  assert.equal(settingAttributes({ txQueueLength: 0 }).length, 1)
})

test('D31: the mask of flags that change is empty, or IFF_UP alone', () => {
  const flagsAndMask = (body: Uint8Array): readonly number[] => [
    viewOf(body).getUint32(8, true),
    viewOf(body).getUint32(12, true),
  ]
  assert.deepEqual(flagsAndMask(linkRequest(RTM_SETLINK, 1, []).body), [0, 0])
  assert.deepEqual(flagsAndMask(linkRequest(RTM_SETLINK, 1, [], true).body), [1, 1])
  assert.deepEqual(flagsAndMask(linkRequest(RTM_SETLINK, 1, [], false).body), [0, 1])
  assert.deepEqual(flagsAndMask(hairpinRequest(1, true).body), [0, 0])
})
