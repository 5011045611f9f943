// Tests how processes are scheduled, as the kernel tells it: policy, I/O priority, CPUs, memory policy, personality; for
// the first process, for later ones, and where the two differ.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import type { ContainerConfig, ProcessOptions, Scheduler } from 'libcontainer'
import { type Box, containerTest, output, refused, runIn, SLEEP, shell } from '../helpers/container-test.ts'

/** Runs in a new container. */
function ask(
  box: Box,
  script: string,
  config: Partial<ContainerConfig>,
  process: Partial<ProcessOptions> = {},
): Promise<string> {
  return output(box.run(config, { ...shell(script), ...process }))
}

/** Policy, nice value and realtime priority: fields 41, 19 and 40 of proc_pid_stat(5); no name has a space. */
const SCHEDULING = "awk '{print $41, $19, $40}' /proc/self/stat"

containerTest('scheduling policies', async (box) => {
  const table: readonly (readonly [Scheduler, string])[] = [
    [{ policy: 'OTHER', nice: 7 }, '0 7 0'],
    [{ policy: 'BATCH', nice: -3 }, '3 -3 0'],
    // Which leaves the nice value as it is.
    [{ policy: 'IDLE' }, `5 ${getPriority()} 0`],
  ]
  for (const [scheduler, expected] of table)
    assert.equal(await ask(box, SCHEDULING, { scheduler }), expected, scheduler.policy)
  // What it starts is not preferred.
  const scheduler = { policy: 'OTHER', nice: -5, flags: ['RESET_ON_FORK'] } as const
  assert.equal(await ask(box, `${SCHEDULING}; exit 0`, { scheduler }), '0 0 0')
})

containerTest(
  'realtime policies',
  async (box) => {
    const fifo = { policy: 'FIFO', priority: 5 } as const
    assert.equal(await ask(box, SCHEDULING, { scheduler: fifo }), '1 0 5')
    assert.equal(await ask(box, SCHEDULING, { scheduler: { policy: 'RR', priority: 99 } }), '2 0 99')
  },
  allows('chrt', '-f', '5', 'true')
    ? false
    : 'the cgroup of the tests has no realtime runtime (cpu.rt_runtime_us)',
)

containerTest('a realtime policy that the kernel refuses', async (box) => {
  const config = {
    scheduler: { policy: 'FIFO', priority: 5 },
    rlimits: [{ type: 'RTPRIO', soft: 0, hard: 0 }],
  } as const
  const unmapped = [{ containerId: 0, hostId: 0, size: 1000 }]
  const namespaces = { namespaces: [{ type: 'user' }], uidMappings: unmapped, gidMappings: unmapped } as const
  const error = await refused(box.run({ ...config, ...namespaces }, 'true'), 'SystemError')
  assert.deepEqual([error.field, error.errno, error.syscall], ['scheduler', 'EPERM', 'sched_setattr'])
})

function allows(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const online = readFileSync('/sys/devices/system/cpu/online', 'utf8').trim()
const deadline = ['-d', '-T', '10000000', '-D', '100000000', '-P', '200000000', '0']

containerTest(
  'a deadline',
  async (box) => {
    const scheduler = {
      policy: 'DEADLINE',
      runtimeNanos: 10_000_000n,
      deadlineNanos: 100_000_000n,
      periodNanos: 200_000_000n,
    } as const
    // The kernel wants a process that may run on every CPU, as one in a cgroup of its own may, whatever its maker may.
    const cgroup = { path: box.cgroupPath() }
    // A process with a deadline may not fork, as a shell would.
    const policy = { args: ['/bin/cut', '-d', ' ', '-f', '41', '/proc/self/stat'] }
    assert.equal(await output(box.run({ scheduler, cgroup }, policy)), '6')
    const wrong = { ...scheduler, deadlineNanos: 1n }
    const error = await refused(box.run({ scheduler: wrong }, 'true'), 'SystemError')
    assert.deepEqual([error.field, error.errno, error.syscall], ['scheduler', 'EINVAL', 'sched_setattr'])
  },
  allows('taskset', '-c', online, 'chrt', ...deadline, 'true')
    ? false
    : 'the kernel gives no deadlines here, or has given all that it may',
)

containerTest('I/O priority', async (box) => {
  const shown = (config: Partial<ContainerConfig>, process: Partial<ProcessOptions> = {}) =>
    ask(box, 'ionice -p $$', config, process)
  assert.match(await shown({ ioPriority: { class: 'BE', priority: 6 } }), /^best-effort: prio 6$/)
  assert.match(await shown({ ioPriority: { class: 'RT', priority: 1 } }), /^realtime: prio 1$/)
  assert.match(await shown({ ioPriority: { class: 'IDLE' } }), /^idle/)
  const process = { ioPriority: { class: 'BE', priority: 2 } } as const
  assert.match(await shown({ ioPriority: { class: 'RT' } }, process), /^best-effort: prio 2$/)
})

containerTest('personality', async (box) => {
  const machine = execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim()
  assert.equal(await ask(box, 'uname -m', { personality: 'LINUX' }), machine)
  const narrow = execFileSync('setarch', ['linux32', 'uname', '-m'], { encoding: 'utf8' }).trim()
  assert.notEqual(narrow, machine)
  assert.equal(await ask(box, 'uname -m', { personality: 'LINUX32' }), narrow)
})

containerTest(
  'memory policy',
  async (box) => {
    // The stack was made after the policy was set.
    const script = "awk '/stack/ {print $2}' /proc/self/numa_maps"
    const policies = (memoryPolicy: ContainerConfig['memoryPolicy']) =>
      ask(box, script, memoryPolicy === undefined ? {} : { memoryPolicy })
    assert.equal(await policies({ mode: 'BIND', nodes: '0' }), 'bind:0')
    assert.equal(
      await policies({ mode: 'INTERLEAVE', nodes: '0', flags: ['STATIC_NODES'] }),
      'interleave=static:0',
    )
    assert.equal(await policies({ mode: 'PREFERRED', nodes: '0' }), 'prefer:0')
    assert.equal(await policies({ mode: 'LOCAL' }), 'local')
    assert.equal(await policies({ mode: 'DEFAULT' }), 'default')
    const error = await refused(
      box.run({ memoryPolicy: { mode: 'BIND', nodes: '63' } }, 'true'),
      'SystemError',
    )
    assert.deepEqual([error.field, error.errno, error.syscall], ['memoryPolicy', 'EINVAL', 'set_mempolicy'])
  },
  hasNodes() ? false : 'the kernel was built without NUMA',
)

function hasNodes(): boolean {
  try {
    readFileSync('/proc/self/numa_maps')
    return true
  } catch {
    return false
  }
}

const CPUS = "awk '/^Cpus_allowed_list/ {print $2}' /proc/self/status"
const oneCpu = online === '0' ? 'the machine has one CPU' : false

containerTest(
  'a container in a cgroup is not held to the CPUs of its maker; one without keeps them',
  async (box) => {
    const pid = String(process.pid)
    execFileSync('taskset', ['-a', '-p', '-c', '0', pid])
    try {
      assert.equal(await ask(box, CPUS, {}), '0')
      assert.equal(await ask(box, CPUS, { cgroup: { path: box.cgroupPath() } }), online)
      const cpuset = { path: box.cgroupPath(), cpuset: { cpus: '1', mems: '0' } }
      assert.equal(await ask(box, CPUS, { cgroup: cpuset }), '1')
    } finally {
      execFileSync('taskset', ['-a', '-p', '-c', online, pid])
    }
  },
  oneCpu,
)

containerTest(
  'CPUs of later processes, and of one',
  async (box) => {
    const container = await box.create({ execCpuAffinity: { initial: '0', final: '1' } })
    await container.start(SLEEP)
    assert.equal(await output(runIn(container, CPUS)), '1')
    const cpuAffinity = { initial: '0' }
    assert.equal(await output(runIn(container, { ...shell(CPUS), cpuAffinity })), '0')
    assert.equal(await ask(box, CPUS, {}, { cpuAffinity: { final: '1' } }), '1')
    assert.equal(await ask(box, CPUS, { execCpuAffinity: { final: '1' } }), online)
    const nowhere = { ...shell('true'), cpuAffinity: { final: '4000' } }
    const error = await refused(container.start(nowhere), 'SystemError')
    assert.deepEqual([error.field, error.errno], ['process.cpuAffinity', 'EINVAL'])
  },
  oneCpu,
)

containerTest(
  'later processes are scheduled as the first one, unless they are told otherwise',
  async (box) => {
    const container = await box.create({ scheduler: { policy: 'BATCH', nice: 4 } })
    await container.start(SLEEP)
    assert.equal(await output(runIn(container, SCHEDULING)), '3 4 0')
    const scheduler = { policy: 'OTHER', nice: 1 } as const
    assert.equal(await output(runIn(container, { ...shell(SCHEDULING), scheduler })), '0 1 0')
  },
)
