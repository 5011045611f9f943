// Tests the rules of mounts, one case a rule.

import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { validateConfig } from '../validate-config.ts'

const bind = { type: 'bind', source: '/srv', destination: '/data' }

const MOUNTS: readonly Refused[] = [
  [{ mounts: [{ type: 'tmpfs' }] }, 'mounts[0].destination', /absolute path, got nothing/],
  [{ mounts: [{ destination: '/x' }] }, 'mounts[0].type', /the name of a file system, got nothing/],
  [{ mounts: [{ type: 'a/b', destination: '/x' }] }, 'mounts[0].type', /got "a\/b"/],
  [
    { mounts: [{ type: 'tmpfs', destination: '/' }] },
    'mounts[0].destination',
    /^expected a path below the root/,
  ],
  [{ mounts: [{ type: 'tmpfs', destination: 'x' }] }, 'mounts[0].destination', /absolute/],
  [{ mounts: [{ type: 'tmpfs', destination: '/x/../y' }] }, 'mounts[0].destination', /clean/],
  [{ mounts: [{ type: 'tmpfs', destination: '/x/' }] }, 'mounts[0].destination', /clean/],
  [{ mounts: [{ type: 'tmpfs', destination: '/x', size: 1 }] }, 'mounts[0].size', /a mount has no such key/],
  [
    { mounts: [{ type: 'tmpfs', destination: '/x', attributes: ['rx'] }] },
    'mounts[0].attributes[0]',
    /^expected a mount attribute, got "rx"$/,
  ],
  [{ mounts: [bind, { ...bind, attributes: 'ro' }] }, 'mounts[1].attributes', /^expected a list, got "ro"$/],
  [{ mounts: [{ ...bind, propagation: ['public'] }] }, 'mounts[0].propagation[0]', /mount propagation/],
  [{ mounts: [{ ...bind, source: 'srv' }] }, 'mounts[0].source', /absolute path, got "srv"/],
  [{ mounts: [{ type: 'bind', destination: '/x' }] }, 'mounts[0].source', /absolute path, got nothing/],
  [{ mounts: [{ ...bind, data: 'mode=1' }] }, 'mounts[0].data', /takes no options/],
  [{ mounts: [{ ...bind, recursive: 'yes' }] }, 'mounts[0].recursive', /true or false/],
  [
    { mounts: [{ type: 'tmpfs', destination: '/x', recursive: true }] },
    'mounts[0].recursive',
    /only a bind mount/,
  ],
  [
    { mounts: [{ type: 'proc', destination: '/x', recursiveAttributes: ['ro'] }] },
    'mounts[0].recursiveAttributes',
    /nothing is mounted below a new file system/,
  ],
  [{ mounts: [{ ...bind, wholeTree: true }] }, 'mounts[0].wholeTree', /only a mount of the type cgroup/],
  [{ mounts: [{ type: 'cgroup', destination: '/x', data: 'a' }] }, 'mounts[0].data', /of the type cgroup/],
  [
    { mounts: [{ type: 'cgroup', destination: '/x', source: 'a' }] },
    'mounts[0].source',
    /of the type cgroup/,
  ],
  [{ mounts: [{ type: 'tmpfs', destination: '/x', data: 'a\0' }] }, 'mounts[0].data', /NUL/],
]

const MASKED_AND_READ_ONLY_PATHS: readonly Refused[] = [
  [{ maskedPaths: ['proc/kcore'] }, 'maskedPaths[0]', /absolute/],
  [{ maskedPaths: ['/'] }, 'maskedPaths[0]', /below the root/],
  [{ readonlyPaths: ['/proc/sys', '/proc/./irq'] }, 'readonlyPaths[1]', /clean/],
  [{ readonlyPaths: '/proc/sys' }, 'readonlyPaths', /a list/],
]

it('refuses: mounts', () => assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, MOUNTS))

it('refuses: masked and read-only paths', () =>
  assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, MASKED_AND_READ_ONLY_PATHS))
