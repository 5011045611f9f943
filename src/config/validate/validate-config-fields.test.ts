// Tests the rules of the fields that have no test file of their own, one case a rule.

import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../test/helpers/refuses-config.ts'
import { validateConfig } from './validate-config.ts'

const THE_CONFIGURATION_ITSELF: readonly Refused[] = [
  [{ rootFs: '/x' }, 'rootFs', /^a configuration has no such key$/],
  [{ constructor: 1 }, 'constructor', /no such key/],
  [JSON.parse('{"__proto__": {"hostname": "x"}}'), '__proto__', /no such key/],
  [{ 'a b': 1 }, '["a b"]', /no such key/],
]

const ROOTFS: readonly Refused[] = [
  [{ rootfs: undefined }, 'rootfs', /^expected an absolute path, got nothing$/],
  [{ rootfs: 5 }, 'rootfs', /^expected an absolute path, got 5$/],
  [{ rootfs: 'srv' }, 'rootfs', /^expected an absolute path, got "srv"$/],
  [{ rootfs: '' }, 'rootfs', /got ""$/],
  [{ rootfs: '/srv/' }, 'rootfs', /^expected a clean path .*, got "\/srv\/"$/],
  [{ rootfs: '/srv/../etc' }, 'rootfs', /clean path/],
  [{ rootfs: '//srv' }, 'rootfs', /clean path/],
  [{ rootfs: '/srv\0/x' }, 'rootfs', /NUL/],
  [{ rootfs: '/srv/\ud800' }, 'rootfs', /surrogate/],
  [{ readonlyRootfs: 'yes' }, 'readonlyRootfs', /^expected true or false, got "yes"$/],
  [{ noPivotRoot: 1 }, 'noPivotRoot', /true or false/],
  [{ noNewKeyring: 'no' }, 'noNewKeyring', /true or false/],
  [{ rootfsPropagation: 'secret' }, 'rootfsPropagation', /^expected a mount propagation .*, got "secret"$/],
  [{ noNewPrivileges: null }, 'noNewPrivileges', /got null$/],
]

const NAMES: readonly Refused[] = [
  [{ hostname: '' }, 'hostname', /^expected a string that is not empty, got ""$/],
  [{ hostname: 'é'.repeat(33) }, 'hostname', /^the kernel has room for 64 bytes, and these are 66$/],
  [{ hostname: 'a\0b' }, 'hostname', /NUL/],
  [{ domainname: 7 }, 'domainname', /got 7$/],
]

const GROUPS_AND_SIGNALS: readonly Refused[] = [
  [{ additionalGroups: 'audio' }, 'additionalGroups', /a list/],
  [{ additionalGroups: [''] }, 'additionalGroups[0]', /name or number of a group, got ""/],
  [{ additionalGroups: [-1] }, 'additionalGroups[0]', /got -1/],
  [{ additionalGroups: ['-1'] }, 'additionalGroups[0]', /a number from 0 to 2147483647, got "-1"/],
  [{ additionalGroups: ['4294967295'] }, 'additionalGroups[0]', /a number from 0 to 2147483647/],
  [{ additionalGroups: [2 ** 31] }, 'additionalGroups[0]', /2147483647/],
  [{ additionalGroups: ['a:b'] }, 'additionalGroups[0]', /name or number/],
  [{ parentDeathSignal: 'SIGFOO' }, 'parentDeathSignal', /the name of a signal/],
  [{ parentDeathSignal: 9 }, 'parentDeathSignal', /the name of a signal.*got 9$/],
]

const NETWORKS: readonly Refused[] = [
  [
    { networks: [{ type: 'bridge' }] },
    'networks[0].type',
    /a type of network \(loopback, veth, device\), got "bridge"/,
  ],
  [{ networks: [{ type: 'loopback', mtu: 1500 }] }, 'networks[0].mtu', /type loopback has no such key/],
]

const LABELS: readonly Refused[] = [
  [{ labels: [] }, 'labels', /a set of labels, as a plain object, got a list/],
  [{ labels: { a: 1 } }, 'labels.a', /^expected a string, got 1$/],
  [{ labels: { '': 'x' } }, 'labels[""]', /a label has a name/],
  [JSON.parse('{"labels": {"__proto__": "x"}}'), 'labels.__proto__', /cannot have this key/],
]

it('refuses: the configuration itself', () =>
  assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, THE_CONFIGURATION_ITSELF))

it('refuses: rootfs', () => assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, ROOTFS))

it('refuses: names', () => assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, NAMES))

it('refuses: groups and signals', () =>
  assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, GROUPS_AND_SIGNALS))

it('refuses: networks', () => assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, NETWORKS))

it('refuses: labels', () => assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, LABELS))
