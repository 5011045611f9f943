// Owns the configurations whose plans are kept as golden listings, and the facts about a host that they are planned
// with. Facts are written by hand: no golden plan depends on the machine.

import { DEFAULT_CAPABILITIES, DEFAULT_DEVICES } from '../../src/core.ts'
import type { DescriptorFacts, HostFacts } from '../../src/plan/host-facts.ts'
import { bare, type GoldenCase, rootfs, sh } from './golden-case.ts'
import { HOOK_CASE } from './hook-case.ts'
import { INTEL_RDT_CASES } from './intel-rdt-cases.ts'
import { LABEL_CASES } from './label-cases.ts'
import { LISTENER_AND_TERMINAL_CASES } from './listener-and-terminal-cases.ts'
import { MOUNT_CASES } from './mount-cases.ts'
import { NETWORK_CASES } from './network-cases.ts'

export const FACTS: HostFacts = {
  arch: 'x86_64',
  id: 'golden',
  caller: { uid: 0, gid: 0, rights: 'root' },
  ignoredSignals: [13],
  mounts: [],
  cgroup: null,
  userdb: null,
  hostInterfaces: [],
  hardLimits: {},
}

export const PIPES: DescriptorFacts = { stdio: ['pipe', 'pipe', 'pipe'], extra: 0 }

const userdb = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\n',
  group: 'root:x:0:\ndaemon:x:1:\naudio:x:29:daemon\n',
}
const cgroup1 = {
  version: 1,
  views: [
    { name: 'memory', aliases: [], source: '/sys/fs/cgroup/memory/demo' },
    { name: 'cpu,cpuacct', aliases: ['cpu', 'cpuacct'], source: '/sys/fs/cgroup/cpu,cpuacct/demo' },
  ],
  bornInside: false,
  unit: null,
  tasksFiles: 2,
} as const
const cgroup2 = {
  version: 2,
  views: [{ name: '', aliases: [], source: '/sys/fs/cgroup/demo' }],
  bornInside: true,
  unit: null,
  tasksFiles: 0,
} as const

const WHOLE: readonly GoldenCase[] = [
  {
    name: 'smallest',
    about: 'The smallest useful configuration: everything that the default set does.',
    plan: 'create',
    config: { rootfs },
    process: { args: ['/bin/true'] },
  },
  {
    name: 'example',
    about:
      'The example of the original library: five namespaces, 14 capabilities, a device list, limits, and a user by name.',
    plan: 'create',
    config: {
      rootfs,
      hostname: 'testing',
      namespaces: [{ type: 'mount' }, { type: 'uts' }, { type: 'ipc' }, { type: 'pid' }, { type: 'network' }],
      capabilities: DEFAULT_CAPABILITIES,
      devices: DEFAULT_DEVICES,
      cgroup: { path: 'demo/demo_1', memory: { limitBytes: 256n << 20n }, pids: { limit: 64 } },
      networks: [{ type: 'loopback' }],
      rlimits: [{ type: 'NOFILE', soft: 1024, hard: 1024 }],
    },
    process: { args: ['/bin/sh', '-c', 'echo hello; id'], env: ['PATH=/bin'], user: 'daemon' },
    facts: { cgroup: cgroup1, userdb },
  },
]

const NAMESPACES: readonly GoldenCase[] = [
  {
    name: 'user-namespace',
    about:
      'A user namespace: the parent opens what init may not, maps ids, raises limits; devices are bound.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [
        { type: 'user' },
        { type: 'mount' },
        { type: 'pid' },
        { type: 'network' },
        { type: 'ipc' },
      ],
      uidMappings: [{ containerId: 0, hostId: 100000, size: 65536 }],
      gidMappings: [{ containerId: 0, hostId: 100000, size: 65536 }],
      mounts: [{ type: 'bind', source: '/srv/data', destination: '/data', attributes: ['ro'] }],
      devices: DEFAULT_DEVICES.slice(0, 1),
      rlimits: [{ type: 'NOFILE', soft: 1024, hard: 1048576 }],
    },
    process: sh,
    facts: { mounts: [{ sourceIsDirectory: true }], hardLimits: { 7: 4096n } },
  },
  {
    name: 'rootless',
    about:
      'A caller without rights: init opens its files in /proc to it for the id maps, and takes trees by itself.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }],
      uidMappings: [{ containerId: 0, hostId: 1000, size: 1 }],
      gidMappings: [{ containerId: 0, hostId: 1000, size: 1 }],
      mounts: [
        { type: 'bind', source: '/srv/data', destination: '/data' },
        { type: 'devpts', destination: '/dev/pts', data: 'newinstance,mode=0620' },
      ],
    },
    process: { ...sh, oomScoreAdj: 100 },
    facts: { caller: { uid: 1000, gid: 1000, rights: 'user' }, mounts: [{ sourceIsDirectory: true }] },
  },
  {
    name: 'rootless-exec',
    about:
      'A later process of such a caller: it enters the pid namespace after the user namespace, by a fork.',
    plan: 'exec',
    config: {
      ...bare,
      namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }],
      uidMappings: [{ containerId: 0, hostId: 1000, size: 1 }],
      gidMappings: [{ containerId: 0, hostId: 1000, size: 1 }],
    },
    process: sh,
    facts: { caller: { uid: 1000, gid: 1000, rights: 'user' } },
  },
  {
    name: 'rootless-joins',
    about: 'Such a caller joins namespaces by path: the pid namespace after the user namespace, by a fork.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [
        { type: 'user', path: '/proc/4711/ns/user' },
        { type: 'pid', path: '/proc/4711/ns/pid' },
        { type: 'ipc', path: '/proc/4711/ns/ipc' },
        { type: 'mount' },
      ],
    },
    process: sh,
    facts: { caller: { uid: 1000, gid: 1000, rights: 'user' } },
  },
  {
    name: 'joined-namespaces',
    about:
      'Namespaces that exist already: joined by path, the user namespace last; the new ones belong to it.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [
        { type: 'user', path: '/proc/4711/ns/user' },
        { type: 'pid', path: '/proc/4711/ns/pid' },
        { type: 'network', path: '/run/netns/blue' },
        { type: 'cgroup', path: '/proc/4711/ns/cgroup' },
        { type: 'mount' },
        { type: 'uts' },
      ],
    },
    process: sh,
  },
  {
    name: 'no-mount-namespace',
    about: "The host's mounts, seen from a root of its own.",
    plan: 'create',
    config: { rootfs, namespaces: [{ type: 'ipc' }] },
    process: sh,
  },
  {
    name: 'time-and-names',
    about: 'What a namespace is made for: clocks, names, kernel parameters.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [
        { type: 'mount' },
        { type: 'uts' },
        { type: 'ipc' },
        { type: 'network' },
        { type: 'time' },
      ],
      timeOffsets: { monotonic: { seconds: 86400n }, boottime: { seconds: -5n, nanoseconds: 500 } },
      hostname: 'here',
      domainname: 'example',
      sysctl: { 'kernel.shmmni': '8192', 'net/ipv4/conf/all/forwarding': '1' },
      networks: [],
    },
    process: sh,
  },
]

const FILES: readonly GoldenCase[] = [
  {
    name: 'cgroup-v1',
    about: 'cgroup v1: init moves itself by the tasks files; one directory for each hierarchy inside.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [{ type: 'mount' }, { type: 'cgroup' }],
      mounts: [{ type: 'cgroup', destination: '/sys/fs/cgroup', attributes: ['ro', 'nosuid'] }],
      cgroup: { path: '/demo' },
    },
    process: sh,
    facts: { cgroup: cgroup1 },
  },
  {
    name: 'cgroup-v2',
    about: 'cgroup v2: init is born in its cgroup; one directory inside, and in another place all of them.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [{ type: 'mount' }, { type: 'cgroup' }],
      mounts: [
        { type: 'cgroup', destination: '/sys/fs/cgroup', attributes: ['ro', 'nosuid'] },
        { type: 'cgroup', destination: '/all', attributes: ['ro'], wholeTree: true },
      ],
      cgroup: { path: '/demo' },
    },
    process: sh,
    facts: { cgroup: { ...cgroup2, tree: '/sys/fs/cgroup' } },
  },
  {
    name: 'mounts',
    about:
      'Binds of a directory and of a file, a tmpfs that is read-only at the end, a read-only root in a ramfs.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [{ type: 'mount' }],
      noPivotRoot: true,
      readonlyRootfs: true,
      mounts: [
        {
          type: 'bind',
          source: '/srv/data',
          destination: '/data',
          attributes: ['suid'],
          recursiveAttributes: ['ro', 'noatime'],
          propagation: ['rslave'],
        },
        { type: 'bind', source: '/etc/hosts', destination: '/etc/hosts', recursive: false },
        { type: 'tmpfs', destination: '/var/cache', attributes: ['ro', 'nodev'], data: 'size=1m,noswap' },
      ],
      maskedPaths: ['/etc/shadow'],
      readonlyPaths: ['/etc'],
    },
    process: sh,
    facts: {
      kernelViews: ['/sys', '/proc'],
      mounts: [
        { sourceIsDirectory: true },
        { sourceIsDirectory: false, destination: '/etc/real' },
        { coveredMode: 0o1777 },
      ],
    },
  },
]

const PROCESSES: readonly GoldenCase[] = [
  {
    name: 'credentials',
    about:
      "A user that only the container's own files know, five sets of capabilities, groups, limits, a death signal.",
    plan: 'create',
    config: {
      ...bare,
      namespaces: [{ type: 'mount' }],
      noNewPrivileges: false,
      additionalGroups: ['audio', 100],
      parentDeathSignal: 'SIGKILL',
    },
    process: {
      args: ['id'],
      env: ['PATH=/bin::/sbin', 'A=1', 'A=2', 'HOME='],
      user: '1:1',
      cwd: '/tmp',
      capabilities: {
        bounding: ['KILL', 'CHOWN'],
        effective: ['KILL'],
        permitted: ['KILL'],
        inheritable: ['KILL'],
        ambient: ['KILL'],
      },
      rlimits: [{ type: 'CORE', soft: 0, hard: -1n }],
      oomScoreAdj: 500,
      umask: 0o077,
    },
    facts: { userdb },
    descriptors: { stdio: ['null', 'passed', 'pipe'], extra: 2 },
  },
  {
    name: 'scheduling',
    about: 'A later process with CPUs, a deadline, a disk priority, a memory policy and a personality.',
    plan: 'exec',
    config: {
      rootfs,
      cgroup: { path: '/demo' },
      scheduler: {
        policy: 'DEADLINE',
        runtimeNanos: 10_000_000n,
        deadlineNanos: 100_000_000n,
        flags: ['RECLAIM', 'RESET_ON_FORK'],
      },
      ioPriority: { class: 'BE', priority: 4 },
      execCpuAffinity: { initial: '0', final: '0-2,64' },
      memoryPolicy: { mode: 'BIND', nodes: '0-1', flags: ['STATIC_NODES'] },
      personality: 'LINUX32',
    },
    process: { ...sh, scheduler: { policy: 'OTHER', nice: -5 } },
    facts: { cgroup: cgroup1 },
  },
  {
    name: 'lookup-inside',
    about: 'A mount covers /etc, so that only init can read whom the container knows: it returns the files.',
    plan: 'create',
    config: { ...bare, namespaces: [{ type: 'mount' }], mounts: [{ type: 'tmpfs', destination: '/etc' }] },
    process: { ...sh, user: 'daemon' },
  },
  {
    name: 'exec',
    about: 'A later process in a running container with all namespaces.',
    plan: 'exec',
    config: { rootfs, cgroup: { path: '/demo' } },
    process: { args: ['ps'], env: ['PATH=/bin'], user: '1000:1000' },
    facts: { cgroup: cgroup2 },
  },
  {
    name: 'prepared',
    about:
      'A first process that is prepared, with an extra file: before its filter and its command it waits to be released.',
    plan: 'create',
    config: { ...bare, namespaces: [{ type: 'mount' }] },
    process: sh,
    descriptors: { stdio: ['passed', 'passed', 'null'], extra: 1, release: true },
  },
  {
    name: 'exec-without-mount-namespace',
    about:
      'A later process where there is a user namespace but no mount namespace: it goes to the root of the first.',
    plan: 'exec',
    config: {
      rootfs,
      namespaces: [{ type: 'user' }, { type: 'ipc' }],
      uidMappings: [{ containerId: 0, hostId: 100000, size: 65536 }],
      gidMappings: [{ containerId: 0, hostId: 100000, size: 65536 }],
      cgroup: { path: '/demo' },
    },
    process: sh,
    facts: { cgroup: cgroup1 },
  },
]

export const GOLDEN_CASES: readonly GoldenCase[] = [
  ...WHOLE,
  ...INTEL_RDT_CASES,
  ...NETWORK_CASES,
  ...NAMESPACES,
  ...FILES,
  ...LABEL_CASES,
  HOOK_CASE,
  ...MOUNT_CASES,
  ...PROCESSES,
  ...LISTENER_AND_TERMINAL_CASES,
]
