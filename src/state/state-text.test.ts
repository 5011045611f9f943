// Owns the tests that a state comes back from its text as it was, and that what is no state does not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validateConfig } from '../config/validate/validate-config.ts'
import { type ContainerState, STATE_VERSION } from './container-state.ts'
import { formatConfig, formatState, parseConfig, parseState } from './state-text.ts'

const HEAD: Omit<ContainerState, 'config'> = {
  state_version: STATE_VERSION,
  id: 'x',
  init_process_pid: 5,
  init_process_start: '12345678901234567890',
  created: '2026-01-01T00:00:00.000000000Z',
  creator: { pid: 4, start: '1' },
  cgroup_paths: { pids: '/sys/fs/cgroup/pids/x', 'name=systemd': '/sys/fs/cgroup/systemd/x' },
  namespace_paths: { NEWPID: '/proc/5/ns/pid' },
  rootfs: '/srv',
  labels: { text: ',\n"config":{"rootfs":"/etc"}}' },
}

const CONFIG = validateConfig({
  rootfs: '/srv',
  namespaces: [{ type: 'mount' }, { type: 'time' }],
  timeOffsets: { monotonic: { seconds: 1n }, boottime: { seconds: -2n, nanoseconds: 3 } },
  scheduler: { policy: 'DEADLINE', runtimeNanos: 1n, deadlineNanos: 2n, periodNanos: 3n },
  rlimits: [{ type: 'NOFILE', soft: 1, hard: -1n }],
  seccomp: {
    defaultAction: 'ALLOW',
    syscalls: [
      { names: ['personality'], action: 'ERRNO', args: [{ index: 0, op: 'EQ', value: 2n ** 64n - 1n }] },
    ],
  },
  cgroup: {
    path: '5',
    memory: {
      limitBytes: 1n << 20n,
      swapBytes: -1n,
      reservationBytes: 4096n,
      kernelBytes: -1n,
      kernelTcpBytes: 1n,
    },
    pids: { limit: 5 },
    blkio: { devices: [{ major: 8, minor: 0, readBytesPerSecond: 5n, writeBytesPerSecond: -1n }] },
    hugetlb: [{ pageSize: '2MB', limitBytes: 0n, reservedBytes: 2n ** 60n }],
    netPrio: { priorities: { soft: 1 } },
    misc: { sev: 3n, path: -1n },
    unified: { 'memory.high': '7' },
  },
  labels: { seconds: '7', __proto__x: 'y' },
})

test('a state comes back as it was, its configuration apart', () => {
  const config = formatConfig(CONFIG)
  assert.deepEqual(parseState(formatState(HEAD, config)), { head: HEAD, config })
})

test('every 64-bit number of a configuration comes back as a bigint, however small it is', () => {
  assert.deepEqual(parseConfig(formatConfig(CONFIG)), CONFIG)
})

test('the file is a JSON document, also when another program has written it anew', () => {
  const text = formatState(HEAD, formatConfig(CONFIG))
  const { config, ...head } = JSON.parse(text)
  assert.deepEqual(head, HEAD)
  assert.equal(config.cgroup.memory.limitBytes, '1048576')
  for (const anew of [JSON.stringify(JSON.parse(text)), JSON.stringify(JSON.parse(text), null, 2)]) {
    const found = parseState(anew)
    assert.deepEqual(found?.head, HEAD)
    assert.deepEqual(parseConfig(found?.config ?? ''), CONFIG)
  }
})

test('what is no state is refused', () => {
  const text = formatState(HEAD, '{}')
  const without = (key: keyof typeof HEAD): string => JSON.stringify({ ...HEAD, [key]: undefined })
  const wrong = [
    ...['', '{', '[]', 'null', '5', '{}', '\0', '{"state_version":2}'],
    text.slice(0, 100),
    formatState({ ...HEAD, state_version: 1 as never }, '{}'),
    formatState({ ...HEAD, init_process_pid: -1 }, '{}'),
    formatState({ ...HEAD, init_process_pid: 1.5 }, '{}'),
    formatState({ ...HEAD, creator: null as never }, '{}'),
    formatState({ ...HEAD, cgroup_paths: { pids: 5 as never } }, '{}'),
    formatState({ ...HEAD, labels: null as never }, '{}'),
    ...(['created', 'cgroup_paths', 'rootfs', 'labels', 'init_process_start'] as const).map(without),
  ]
  for (const each of wrong) assert.equal(parseState(each), null, each)
})

test('what is no configuration is refused', () => {
  const of = (fields: object): string => formatConfig({ ...CONFIG, ...fields })
  const text = of({})
  const wrong = [
    ...['', 'null', '[]', '{}', '"x"', text.slice(0, -1), `${text}}`],
    of({ rootfs: 5 }),
    of({ mounts: {} }),
    of({ capabilities: [] }),
    of({ namespaces: [{ type: 'pie' }] }),
    of({ namespaces: [null] }),
    text.replace('"limitBytes":"1048576"', '"limitBytes":"many"'),
  ]
  for (const each of wrong) assert.equal(parseConfig(each), null, each)
})
