// Tests the rules of cgroups, their limits and device rules, one case a rule.

import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { validateConfig } from '../validate-config.ts'

const limits = (memory: unknown) => ({ cgroup: { path: 'a', memory } })
const cpu = (limit: unknown) => ({ cgroup: { path: 'a', cpu: limit } })
const rule = (device: unknown) => ({ cgroup: { path: 'a', devices: [device] } })

const CGROUP: readonly Refused[] = [
  [{ cgroup: {} }, 'cgroup.path', /not empty, got nothing/],
  [{ cgroup: { path: '' } }, 'cgroup.path', /not empty/],
  [{ cgroup: { path: '/' } }, 'cgroup.path', /is the root/],
  [{ cgroup: { path: './/.' } }, 'cgroup.path', /is the root/],
  [{ cgroup: { path: 'a/../../b' } }, 'cgroup.path', /leads out/],
  [{ cgroup: { path: 'a\nb' } }, 'cgroup.path', /line break/],
  [{ cgroup: { path: 'a\0' } }, 'cgroup.path', /NUL/],
  [{ cgroup: { path: 'a', io: {} } }, 'cgroup.io', /a cgroup has no such key/],
  [limits({ limitBytes: 1 << 20 }), 'cgroup.memory.limitBytes', /bytes as a bigint.*got 1048576$/],
  [limits({ limitBytes: 0n }), 'cgroup.memory.limitBytes', /got 0n$/],
  [limits({ limitBytes: -2n }), 'cgroup.memory.limitBytes', /got -2n$/],
  [limits({ limitBytes: 2n ** 63n }), 'cgroup.memory.limitBytes', /got 9223372036854775808n$/],
  [limits({ reservationBytes: -5n }), 'cgroup.memory.reservationBytes', /got -5n$/],
  [limits({ swapBytes: 5n }), 'cgroup.memory.swapBytes', /memory has no limit/],
  [limits({ swapBytes: 5n, limitBytes: -1n }), 'cgroup.memory.swapBytes', /memory has no limit/],
  [limits({ swapBytes: 5n, limitBytes: 6n }), 'cgroup.memory.swapBytes', /at least the limit of 6n, got 5n$/],
  [limits({ swappiness: 101 }), 'cgroup.memory.swappiness', /from 0 to 100/],
  [limits({ oomKillDisable: 0 }), 'cgroup.memory.oomKillDisable', /true or false/],
  [limits({ limit: 1n }), 'cgroup.memory.limit', /no such key/],
  [cpu({ shares: 1 }), 'cgroup.cpu.shares', /from 2 to 262144/],
  [cpu({ shares: 262145 }), 'cgroup.cpu.shares', /from 2 to 262144/],
  [cpu({ quotaMicros: 999 }), 'cgroup.cpu.quotaMicros', /from 1000/],
  [cpu({ quotaMicros: -2 }), 'cgroup.cpu.quotaMicros', /from 1000/],
  [cpu({ quotaMicros: 1000n }), 'cgroup.cpu.quotaMicros', /got 1000n/],
  [cpu({ periodMicros: 1000001 }), 'cgroup.cpu.periodMicros', /from 1000 to 1000000/],
  [
    cpu({ realtimeRuntimeMicros: 2000000 }),
    'cgroup.cpu.realtimeRuntimeMicros',
    /at most the period of 1000000/,
  ],
  [cpu({ realtimePeriodMicros: 0 }), 'cgroup.cpu.realtimePeriodMicros', /from 1/],
  ...['', '3-1', '0,', 'a', '0-', '-1', '0 1', '99999', '0-1-2'].map(
    (cpus): Refused => [
      { cgroup: { path: 'a', cpuset: { cpus } } },
      'cgroup.cpuset.cpus',
      /a list of numbers/,
    ],
  ),
  [{ cgroup: { path: 'a', cpuset: { mems: 0 } } }, 'cgroup.cpuset.mems', /got 0$/],
  [{ cgroup: { path: 'a', pids: {} } }, 'cgroup.pids.limit', /got nothing/],
  [{ cgroup: { path: 'a', pids: { limit: 0 } } }, 'cgroup.pids.limit', /from 1 to 4194304/],
  [{ cgroup: { path: 'a', pids: { limit: 4194305 } } }, 'cgroup.pids.limit', /from 1 to 4194304/],
  [rule({}), 'cgroup.devices[0].allow', /true or false, got nothing/],
  [rule({ allow: true, type: 'p' }), 'cgroup.devices[0].type', /a type of device/],
  [rule({ allow: true, type: 'c', major: -1 }), 'cgroup.devices[0].major', /got -1/],
  [rule({ allow: true, type: 'c', access: '' }), 'cgroup.devices[0].access', /letters of "rwm"/],
  [rule({ allow: true, type: 'c', access: 'rr' }), 'cgroup.devices[0].access', /letters of "rwm"/],
  [rule({ allow: true, type: 'c', access: 'rx' }), 'cgroup.devices[0].access', /letters of "rwm"/],
  [rule({ allow: true, major: 1 }), 'cgroup.devices[0].major', /every device has no numbers/],
  [rule({ allow: true, minor: 1 }), 'cgroup.devices[0].minor', /every device has no numbers/],
  [rule({ allow: true, access: 'r' }), 'cgroup.devices[0].access', /every device is for every access/],
]

it('refuses: cgroup', () => assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, CGROUP))
