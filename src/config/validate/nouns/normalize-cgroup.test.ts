// Tests the rules of cgroups, their limits and device rules, one case a rule.

import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { validateConfig } from '../validate-config.ts'

const limits = (memory: unknown) => ({ cgroup: { path: 'a', memory } })
const cpu = (limit: unknown) => ({ cgroup: { path: 'a', cpu: limit } })
const rule = (device: unknown) => ({ cgroup: { path: 'a', devices: [device] } })

const blkio = (device: unknown) => ({ cgroup: { path: 'a', blkio: { devices: [device] } } })
const limit = (key: string, value: unknown) => ({ cgroup: { path: 'a', [key]: value } })

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
  [limits({ kernelBytes: 0n }), 'cgroup.memory.kernelBytes', /got 0n$/],
  [limits({ kernelTcpBytes: 5 }), 'cgroup.memory.kernelTcpBytes', /got 5$/],
  [limits({ checkBeforeUpdate: 1 }), 'cgroup.memory.checkBeforeUpdate', /true or false/],
  [cpu({ burstMicros: -1 }), 'cgroup.cpu.burstMicros', /from 0/],
  [cpu({ quotaMicros: 5000, burstMicros: 5001 }), 'cgroup.cpu.burstMicros', /at most the quota of 5000/],
  [cpu({ idle: 1 }), 'cgroup.cpu.idle', /true or false/],
  [limit('blkio', { weight: 9 }), 'cgroup.blkio.weight', /from 10 to 1000/],
  [limit('blkio', { leafWeight: 1001 }), 'cgroup.blkio.leafWeight', /from 10 to 1000/],
  [blkio({ major: 8 }), 'cgroup.blkio.devices[0].minor', /got nothing/],
  [blkio({ major: 8, minor: 0, weight: 1 }), 'cgroup.blkio.devices[0].weight', /from 10 to 1000/],
  [
    blkio({ major: 8, minor: 0, readBytesPerSecond: 1 }),
    'cgroup.blkio.devices[0].readBytesPerSecond',
    /bigint/,
  ],
  [
    blkio({ major: 8, minor: 0, writeBytesPerSecond: 0n }),
    'cgroup.blkio.devices[0].writeBytesPerSecond',
    /0n$/,
  ],
  [
    // The kernel would cut it off to 32 bits: no operation at all.
    blkio({ major: 8, minor: 0, readOperationsPerSecond: 2 ** 32 }),
    'cgroup.blkio.devices[0].readOperationsPerSecond',
    /from 1 to 4294967294/,
  ],
  [
    limit('blkio', {
      devices: [
        { major: 8, minor: 0 },
        { major: 8, minor: 0 },
      ],
    }),
    'cgroup.blkio.devices[1]',
    /device 8:0 was given before/,
  ],
  [limit('hugetlb', [{ limitBytes: 1n }]), 'cgroup.hugetlb[0].pageSize', /got nothing/],
  [limit('hugetlb', [{ pageSize: '../x' }]), 'cgroup.hugetlb[0].pageSize', /such as "2MB"/],
  [
    limit('hugetlb', [{ pageSize: '2MB' }, { pageSize: '2MB' }]),
    'cgroup.hugetlb[1].pageSize',
    /given before/,
  ],
  [limit('hugetlb', [{ pageSize: '2MB', reservedBytes: -2n }]), 'cgroup.hugetlb[0].reservedBytes', /got -2n/],
  [limit('netCls', { classId: 2 ** 32 }), 'cgroup.netCls.classId', /from 0 to 4294967295/],
  [limit('netPrio', { priorities: { 'a b': 1 } }), 'cgroup.netPrio.priorities["a b"]', /network interface/],
  [limit('netPrio', { priorities: { eth0: -1 } }), 'cgroup.netPrio.priorities.eth0', /from 0/],
  [limit('netPrio', {}), 'cgroup.netPrio.priorities', /got nothing/],
  [limit('rdma', [{ hcaHandles: 1 }]), 'cgroup.rdma[0].device', /name of a device/],
  [limit('rdma', [{ device: 'a b' }]), 'cgroup.rdma[0].device', /name of a device/],
  [limit('rdma', [{ device: 'a', hcaObjects: -2 }]), 'cgroup.rdma[0].hcaObjects', /got -2/],
  [limit('misc', { 'a\nb': 1n }), 'cgroup.misc["a\\nb"]', /name of a resource/],
  [limit('misc', { sev: 1 }), 'cgroup.misc.sev', /bigint/],
  ...['../cgroup.procs', 'memory', '.max', 'memory.', 'a/b.c', ''].map(
    (file): Refused => [
      limit('unified', { [file]: '1' }),
      `cgroup.unified${file === 'memory' ? '.memory' : `[${JSON.stringify(file)}]`}`,
      /name of a file/,
    ],
  ),
  ...['procs', 'threads', 'freeze', 'kill', 'type', 'subtree_control'].map(
    (file): Refused => [
      limit('unified', { [`cgroup.${file}`]: '1' }),
      `cgroup.unified["cgroup.${file}"]`,
      /manages processes/,
    ],
  ),
  [limit('unified', { 'memory.high': ' \n' }), 'cgroup.unified["memory.high"]', /nothing to write/],
  [limit('unified', { 'memory.high': 5 }), 'cgroup.unified["memory.high"]', /a string/],
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
