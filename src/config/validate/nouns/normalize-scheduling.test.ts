// Tests the rules of scheduling, one case a rule.

import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { validateConfig } from '../validate-config.ts'
import { validateProcess } from '../validate-process.ts'

const SCHEDULING: readonly Refused[] = [
  [{ scheduler: {} }, 'scheduler.policy', /a policy of sched\(7\) \(OTHER, .*got nothing/],
  [{ scheduler: { policy: 'SCHED_FIFO' } }, 'scheduler.policy', /got "SCHED_FIFO"$/],
  [{ scheduler: { policy: 'OTHER', nice: 20 } }, 'scheduler.nice', /from -20 to 19, got 20$/],
  [{ scheduler: { policy: 'IDLE', nice: 1 } }, 'scheduler.nice', /^the policy IDLE has none$/],
  [{ scheduler: { policy: 'BATCH', priority: 1 } }, 'scheduler.priority', /^the policy BATCH has none$/],
  [{ scheduler: { policy: 'FIFO' } }, 'scheduler.priority', /for FIFO an integer from 1 to 99, got nothing$/],
  [{ scheduler: { policy: 'RR', priority: 100 } }, 'scheduler.priority', /got 100$/],
  [{ scheduler: { policy: 'OTHER', periodNanos: 1n } }, 'scheduler.periodNanos', /the policy OTHER has none/],
  [{ scheduler: { policy: 'DEADLINE', runtimeNanos: 1 } }, 'scheduler.runtimeNanos', /a bigint/],
  [{ scheduler: { policy: 'OTHER', flags: ['X'] } }, 'scheduler.flags[0]', /a flag of sched_setattr/],
  [{ ioPriority: { class: 'NONE' } }, 'ioPriority.class', /\(RT, BE, IDLE\), got "NONE"$/],
  [{ ioPriority: { class: 'BE', priority: 8 } }, 'ioPriority.priority', /from 0 to 7, got 8$/],
  [{ execCpuAffinity: { initial: '3-1' } }, 'execCpuAffinity.initial', /such as "0-3,5", got "3-1"$/],
  [{ execCpuAffinity: { final: '' } }, 'execCpuAffinity.final', /got ""$/],
  [{ memoryPolicy: { mode: 'BIND' } }, 'memoryPolicy.nodes', /^the mode BIND needs nodes$/],
  [
    { memoryPolicy: { mode: 'LOCAL', nodes: '0' } },
    'memoryPolicy.nodes',
    /^the LOCAL mode requires 0 nodes but got 1$/,
  ],
  [{ memoryPolicy: { mode: 'BIND', nodes: 'a' } }, 'memoryPolicy.nodes', /got "a"$/],
  [{ memoryPolicy: { mode: 'PREFERRED', flags: ['LOCAL'] } }, 'memoryPolicy.flags[0]', /a flag of set_mem/],
  [{ personality: 'PER_LINUX' }, 'personality', /\(LINUX, LINUX32\), got "PER_LINUX"$/],
]

it('refuses: scheduling', () => assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, SCHEDULING))

it('refuses: scheduling of one process', () =>
  assertRefused(validateProcess, { args: ['true'] }, [
    [{ scheduler: { policy: 'RR' } }, 'process.scheduler.priority', /from 1 to 99/],
    [{ ioPriority: {} }, 'process.ioPriority.class', /got nothing/],
    [{ cpuAffinity: { last: '0' } }, 'process.cpuAffinity.last', /no such key/],
  ]))
