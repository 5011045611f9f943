// Tests the conversion of whole specifications, and that what it returns is a valid configuration.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { assertRefused, type Refused } from '../../test/helpers/refuses-config.ts'
import { DEFAULT_DEVICE_RULES, DEFAULT_DEVICES } from '../config/defaults.ts'
import { validateConfig } from '../config/validate/validate-config.ts'
import { validateProcess } from '../config/validate/validate-process.ts'
import { isLibcontainerError } from '../errors.ts'
import { parseJson } from '../json/parse-json.ts'
import { convertSpec } from './convert-spec.ts'

const MINIMAL = { ociVersion: '1.0.2', root: { path: 'rootfs' }, process: { args: ['sh'], cwd: '/' } }

/** Converts, and checks that the result is valid. */
function convert(patch: object, cgroupPath?: string) {
  const options = cgroupPath === undefined ? {} : { cgroupPath }
  const converted = convertSpec({ ...MINIMAL, ...patch }, '/bundle', options)
  return {
    ...converted,
    config: validateConfig(converted.config),
    process: validateProcess(converted.process),
  }
}

it('converts the smallest specification to a container that shares everything', () => {
  const { config, process, warnings } = convertSpec(MINIMAL, '/bundle')
  const none = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] }
  assert.deepEqual(config, {
    rootfs: '/bundle/rootfs',
    readonlyRootfs: false,
    namespaces: [],
    devices: [],
    maskedPaths: [],
    readonlyPaths: [],
    sysctl: {},
    capabilities: none,
    noNewPrivileges: false,
    rlimits: [],
    additionalGroups: [],
    seccomp: null,
    mounts: [],
    labels: {},
  })
  assert.deepEqual(process, { args: ['sh'], env: [], cwd: '/', user: '0:0' })
  assert.deepEqual(warnings, [])
  validateConfig(config)
  validateProcess(process)
})

const FULL = `{
  "ociVersion": "1.3.0+dev",
  "unknown": {"of": "a later version"},
  "windows": {"network": {}},
  "hooks": {"prestart": []},
  "root": {"path": "/srv/./rootfs/", "readonly": true},
  "hostname": "h", "domainname": "d",
  "annotations": {"org.example": "x"},
  "process": {
    "terminal": false, "consoleSize": {"height": 1, "width": 1}, "apparmorProfile": "", "commandLine": "x",
    "user": {"uid": 5, "gid": 6, "umask": 18, "additionalGids": [7, 8], "username": "u"},
    "args": ["sleep", "1"], "env": ["A=1", "HOME=/"], "cwd": "/tmp", "noNewPrivileges": true, "oomScoreAdj": -500,
    "capabilities": {"bounding": ["CAP_KILL", "CAP_NEW_THING"], "permitted": ["CAP_KILL"], "ambient": null},
    "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 18446744073709551615}]
  },
  "linux": {
    "namespaces": [{"type": "mount", "path": ""}, {"type": "uts"}, {"type": "user"}, {"type": "time"},
                   {"type": "network", "path": "/run/netns/a"}],
    "uidMappings": [{"containerID": 0, "hostID": 4294967290, "size": 5}],
    "gidMappings": [{"containerID": 0, "hostID": 1, "size": 10}],
    "timeOffsets": {"boottime": {"secs": -3, "nanosecs": 4}},
    "devices": [{"type": "u", "path": "/dev/fuse", "major": 10, "minor": 229, "fileMode": 8630, "uid": 1, "gid": 2},
                {"type": "c", "path": "/dev/null", "major": 1, "minor": 3, "fileMode": 384},
                {"type": "p", "path": "/dev/pipe", "major": 8, "minor": 666}],
    "cgroupsPath": "/machine/x",
    "resources": {
      "devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 10, "minor": -1, "access": "rw"}],
      "memory": {"limit": 9223372036854775807, "swap": -1, "reservation": 5, "kernel": -1, "swappiness": 0, "disableOOMKiller": true},
      "cpu": {"shares": 1024, "quota": -1, "period": 100000, "cpus": "0-1", "mems": "", "idle": 0, "burst": null},
      "pids": {"limit": 0}, "network": {"classID": 0}, "hugepageLimits": [], "rdma": {}, "unified": null, "blockIO": {}
    },
    "rootfsPropagation": "slave",
    "maskedPaths": ["/proc/kcore/"], "readonlyPaths": ["/proc/sys"],
    "sysctl": {"net.ipv4.ip_forward": "1"},
    "seccomp": null, "mountLabel": ""
  }
}`

const converted = () => {
  const { config, process, warnings } = convertSpec(parseJson(FULL), '/bundle', { cgroupPath: 'x' })
  return { config: validateConfig(config), process: validateProcess(process), warnings }
}

it('converts every field of the process', () => {
  assert.deepEqual(converted().process, {
    args: ['sleep', '1'],
    env: ['A=1', 'HOME=/'],
    user: '5:6',
    cwd: '/tmp',
    umask: 18,
    oomScoreAdj: -500,
  })
})

it('converts every resource', () => {
  assert.deepEqual(converted().config.cgroup, {
    path: '/machine/x',
    memory: {
      limitBytes: 2n ** 63n - 1n,
      swapBytes: -1n,
      reservationBytes: 5n,
      swappiness: 0,
      oomKillDisable: true,
    },
    cpu: { shares: 1024, quotaMicros: -1, periodMicros: 100000, idle: false },
    cpuset: { cpus: '0-1' },
    pids: { limit: 1 },
    blkio: {},
    devices: [
      DEFAULT_DEVICE_RULES[0],
      { allow: false, type: 'a', access: 'rwm' },
      { allow: true, type: 'c', major: 10, access: 'rw' },
      ...DEFAULT_DEVICE_RULES.slice(1),
    ],
  })
})

const IO_RESOURCES = `{
  "memory": {"limit": 4096, "kernelTCP": 5, "checkBeforeUpdate": true, "useHierarchy": true},
  "cpu": {"quota": 5000, "burst": 1000, "idle": 1},
  "blockIO": {
    "weight": 300, "leafWeight": 20,
    "weightDevice": [{"major": 8, "minor": 0, "weight": 500, "leafWeight": 30}, {"major": 8, "minor": 32, "weight": 10}],
    "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 600}, {"major": 8, "minor": 16, "rate": 18446744073709551615}],
    "throttleWriteBpsDevice": [{"major": 8, "minor": 0, "rate": 0}],
    "throttleReadIOPSDevice": [{"major": 8, "minor": 0, "rate": 7}],
    "throttleWriteIOPSDevice": [{"major": 8, "minor": 16, "rate": 4294967296}]
  },
  "hugepageLimits": [{"pageSize": "2MB", "limit": 9223372036854772000}, {"pagesize": "1GB", "limit": 0}],
  "network": {"classID": 1048577, "priorities": [{"name": "eth0", "priority": 500}]},
  "rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10000}, "mlx4_0": {"hcaObjects": 1}},
  "unified": {"memory.high": "100", "io.max": "8:0 rbps=1"}
}`

it('converts limits of devices, huge pages, networks and files, by device', () => {
  const { cgroup } = convert({ linux: { resources: parseJson(IO_RESOURCES) } }, 'demo').config
  const { path: _, devices: __, ...limits } = cgroup ?? { path: '' }
  assert.deepEqual(limits, {
    memory: { limitBytes: 4096n, kernelTcpBytes: 5n, checkBeforeUpdate: true },
    cpu: { quotaMicros: 5000, burstMicros: 1000, idle: true },
    cpuset: {},
    blkio: {
      weight: 300,
      leafWeight: 20,
      devices: [
        {
          major: 8,
          minor: 0,
          weight: 500,
          leafWeight: 30,
          readBytesPerSecond: 600n,
          writeBytesPerSecond: -1n,
          readOperationsPerSecond: 7,
        },
        { major: 8, minor: 32, weight: 10 },
        { major: 8, minor: 16, readBytesPerSecond: -1n, writeOperationsPerSecond: -1 },
      ],
    },
    hugetlb: [
      { pageSize: '2MB', limitBytes: 9223372036854772000n, reservedBytes: 9223372036854772000n },
      { pageSize: '1GB', limitBytes: 0n, reservedBytes: 0n },
    ],
    netCls: { classId: 1048577 },
    netPrio: { priorities: { eth0: 500 } },
    rdma: [
      { device: 'mlx5_1', hcaHandles: 3, hcaObjects: 10000 },
      { device: 'mlx4_0', hcaObjects: 1 },
    ],
    unified: { 'memory.high': '100', 'io.max': '8:0 rbps=1' },
  })
})

it('adds devices to the default ones, and replaces those of the same path', () => {
  assert.deepEqual(converted().config.devices, [
    { type: 'c', path: '/dev/fuse', major: 10, minor: 229, fileMode: 0o666, uid: 1, gid: 2 },
    { type: 'c', path: '/dev/null', major: 1, minor: 3, fileMode: 0o600, uid: 0, gid: 0 },
    { type: 'p', path: '/dev/pipe', fileMode: 0o666, uid: 0, gid: 0 },
    ...DEFAULT_DEVICES.slice(1),
  ])
})

it('warns where the specification says so', () => {
  assert.deepEqual(converted().warnings, [
    'linux.resources.memory.kernel: kernels since 5.16 have no such limit, and it is not set',
    'process.capabilities.bounding[1]: there is no capability "CAP_NEW_THING", and it is left out',
  ])
})

it('converts every other field', () => {
  const { cgroup: _, devices: __, ...rest } = converted().config
  assert.deepEqual(rest, {
    rootfs: '/srv/rootfs',
    readonlyRootfs: true,
    rootfsPropagation: 'slave',
    noPivotRoot: false,
    namespaces: [
      { type: 'mount' },
      { type: 'uts' },
      { type: 'user' },
      { type: 'time' },
      { type: 'network', path: '/run/netns/a' },
    ],
    uidMappings: [{ containerId: 0, hostId: 4294967290, size: 5 }],
    gidMappings: [{ containerId: 0, hostId: 1, size: 10 }],
    timeOffsets: { boottime: { seconds: -3n, nanoseconds: 4 } },
    hostname: 'h',
    domainname: 'd',
    mounts: [],
    maskedPaths: ['/proc/kcore'],
    readonlyPaths: ['/proc/sys'],
    sysctl: { 'net.ipv4.ip_forward': '1' },
    capabilities: { bounding: ['KILL'], effective: [], permitted: ['KILL'], inheritable: [], ambient: [] },
    noNewPrivileges: true,
    rlimits: [{ type: 'NOFILE', soft: 1024n, hard: 2n ** 64n - 1n }],
    additionalGroups: [7, 8],
    seccomp: null,
    networks: [],
    routes: [],
    labels: { 'org.example': 'x' },
  })
})

it('names the cgroup after the container where the specification does not', () => {
  assert.equal(convert({}, 'demo').config.cgroup?.path, 'demo')
  assert.equal(convert({ linux: { cgroupsPath: '' } }, 'demo').config.cgroup?.path, 'demo')
  assert.equal(convert({}).config.cgroup, undefined)
  assert.deepEqual(convert({ linux: {} }, 'demo').config.cgroup?.devices, DEFAULT_DEVICE_RULES)
  const denyAll = { resources: { devices: [{ allow: false, access: 'rwm' }] } }
  assert.equal(convert({ linux: denyAll }, 'demo').config.cgroup?.devices, DEFAULT_DEVICE_RULES)
})

it('passes over letters of an access that nobody knows, and warns', () => {
  const devices = [{ allow: false, type: 'c', major: 1, minor: 11, access: 'rwa' }]
  const { config, warnings } = convert({ linux: { resources: { devices } } }, 'demo')
  assert.deepEqual(config.cgroup?.devices?.[1], { ...devices[0], access: 'rw' })
  assert.match(String(warnings), /^linux\.resources\.devices\[0\]\.access: "rwa" is taken as "rw": /)
})

it('reads 0 as unset and negative as no limit where the specification does', () => {
  const zeros = {
    memory: { limit: 0, swap: 0, reservation: 0 },
    cpu: { shares: 0, quota: 0, period: 0, cpus: '' },
  }
  const { cgroup } = convert({ linux: { resources: zeros } }, 'demo').config
  assert.deepEqual([cgroup?.memory, cgroup?.cpu, cgroup?.cpuset, cgroup?.pids], [{}, {}, {}, undefined])
  assert.deepEqual(convert({ linux: { resources: { pids: { limit: -7 } } } }, 'demo').config.cgroup?.pids, {
    limit: -1,
  })
})

it('reads the -1 of an unsigned swappiness as unset', () => {
  const memory = parseJson('{"swappiness": 18446744073709551615, "limit": 4096}')
  const { cgroup } = convert({ linux: { resources: { memory } } }, 'demo').config
  assert.deepEqual(cgroup?.memory, { limitBytes: 4096n })
})

it('keeps the mappings of a user namespace that is joined, and warns of others', () => {
  const rows = [{ containerID: 0, hostID: 1, size: 1 }]
  const namespaces = [{ type: 'user', path: '/proc/1/ns/user' }]
  const { config, warnings } = convert({ linux: { namespaces, uidMappings: rows, gidMappings: rows } })
  assert.deepEqual([config.uidMappings, config.gidMappings, warnings.length], [undefined, undefined, 1])
})

it('brings up the loopback device of a new network namespace', () => {
  const { networks } = convert({ linux: { namespaces: [{ type: 'network' }] } }).config
  assert.deepEqual(networks, [{ type: 'loopback' }])
})

it('moves network devices beside the loopback device of a new namespace', () => {
  const devices = { eth1: { name: 'wan%d' }, eth2: {}, eth3: null }
  const networksWith = (path?: string) =>
    convert({ linux: { netDevices: devices, namespaces: [{ type: 'network', ...(path && { path }) }] } })
      .config.networks
  const moved = [
    { type: 'device', hostInterfaceName: 'eth1', name: 'wan%d' },
    { type: 'device', hostInterfaceName: 'eth2' },
    { type: 'device', hostInterfaceName: 'eth3' },
  ]
  assert.deepEqual(networksWith(), [{ type: 'loopback' }, ...moved])
})

const linux = (patch: object) => ({ linux: patch })
const process = (patch: object) => ({ process: { ...MINIMAL.process, ...patch } })
const resources = (patch: object) => ({ linux: { cgroupsPath: 'x', resources: patch } })

const NOT_APPLIED: readonly Refused[] = [
  [process({ terminal: 1 }), 'process.terminal', /^expected true or false, got 1$/],
  [process({ consoleSize: { height: 65_536, width: 1 } }), 'process.consoleSize.height', /from 0 to 65535/],
  [process({ consoleSize: { height: 1 } }), 'process.consoleSize.width', /from 0 to 65535/],
  [linux({ intelRdt: { schemata: 'L3:0=f' } }), 'linux.intelRdt.schemata', /list/],
  [linux({ intelRdt: { closID: 1 } }), 'linux.intelRdt.closID', /string/],
]

const WRONG: readonly Refused[] = [
  [process({ scheduler: { policy: 'FIFO' } }), 'process.scheduler.policy', /got "FIFO"/],
  [process({ scheduler: { policy: 'SCHED_ISO' } }), 'process.scheduler.policy', /^Linux has no SCHED_ISO$/],
  [process({ ioPriority: { class: 'BE' } }), 'process.ioPriority.class', /got "BE"/],
  [linux({ personality: { domain: 'PER_LINUX' } }), 'linux.personality.domain', /an execution domain/],
  [linux({ personality: { domain: 'LINUX', flags: ['X'] } }), 'linux.personality.flags', /knows no flags/],
  [linux({ memoryPolicy: { mode: 'BIND' } }), 'linux.memoryPolicy.mode', /got "BIND"/],
  [{ ociVersion: undefined }, 'ociVersion', /^expected a version .*, got nothing$/],
  [{ ociVersion: '2.0.0' }, 'ociVersion', /^expected a version 1, got 2.0.0$/],
  [{ ociVersion: '1.0' }, 'ociVersion', /got "1.0"$/],
  [{ root: undefined }, 'root', /^expected a root, as a plain object, got nothing$/],
  [{ root: {} }, 'root.path', /got nothing/],
  [{ process: undefined }, 'process', /got nothing/],
  [process({ args: [] }), 'process.args', /at least the name/],
  [process({ args: ['a\0'] }), 'process.args[0]', /NUL/],
  [process({ cwd: 'tmp' }), 'process.cwd', /absolute/],
  [process({ env: ['A'] }), 'process.env[0]', /KEY=VALUE/],
  [process({ user: { uid: -1 } }), 'process.user.uid', /from 0 to 2147483647/],
  [process({ user: { additionalGids: ['a'] } }), 'process.user.additionalGids[0]', /got "a"/],
  [process({ capabilities: { bounding: [1] } }), 'process.capabilities.bounding[0]', /a string/],
  [
    process({ rlimits: [{ type: 'NOFILE', soft: 1, hard: 1 }] }),
    'process.rlimits[0].type',
    /"RLIMIT_NOFILE", got "NOFILE"/,
  ],
  [process({ rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1 }] }), 'process.rlimits[0].hard', /got nothing/],
  [process({ oomScoreAdj: 1.5 }), 'process.oomScoreAdj', /got 1.5/],
  [{ annotations: { a: 1 } }, 'annotations.a', /a string/],
  [linux({ namespaces: [{ type: 'net' }] }), 'linux.namespaces[0].type', /a type of namespace/],
  [linux({ uidMappings: [{ container: 0 }] }), 'linux.uidMappings[0].containerID', /got nothing/],
  [linux({ rootfsPropagation: 'x' }), 'linux.rootfsPropagation', /propagation/],
  [linux({ timeOffsets: { realtime: { secs: 1 } } }), 'linux.timeOffsets.realtime', /and no other$/],
  [linux({ devices: [{ type: 'x', path: '/x' }] }), 'linux.devices[0].type', /type of node/],
  [linux({ resources: { pids: { limit: 5 } } }), 'linux.cgroupsPath', /^expected a path/],
  [linux({ cgroupsPath: 'a.slice:b:c' }), 'linux.cgroupsPath', /^slice, prefix and name are for systemd/],
  [resources({ memory: { limit: 2 ** 60 } }), 'linux.resources.memory.limit', /an integer of 64 bits/],
  [resources({ memory: { limit: 2n ** 64n } }), 'linux.resources.memory.limit', /an integer of 64 bits/],
  [resources({ cpu: { idle: 2 } }), 'linux.resources.cpu.idle', /from 0 to 1/],
  [
    resources({ blockIO: { throttleReadBpsDevice: [{ major: 1, minor: 1 }] } }),
    'linux.resources.blockIO.throttleReadBpsDevice[0].rate',
    /got nothing/,
  ],
  [
    resources({ hugepageLimits: [{ limit: 1 }] }),
    'linux.resources.hugepageLimits[0].pageSize',
    /got nothing/,
  ],
  [
    resources({ network: { priorities: [{ name: 'a' }] } }),
    'linux.resources.network.priorities[0].priority',
    /got nothing/,
  ],
  [resources({ rdma: { x: 5 } }), 'linux.resources.rdma.x', /a limit of RDMA/],
  [resources({ unified: { 'memory.high': 5 } }), 'linux.resources.unified["memory.high"]', /a string/],
  [resources({ devices: [{ allow: 1 }] }), 'linux.resources.devices[0].allow', /true or false/],
]

it('converts labels, which later processes have too', () => {
  const { config } = convert({
    process: { ...MINIMAL.process, apparmorProfile: 'docker-default', selinuxLabel: 'u:r:t:s0' },
    linux: { namespaces: [{ type: 'mount' }], mountLabel: 'u:object_r:f:s0:c1,c2' },
  })
  const { apparmorProfile, selinuxLabel, mountLabel } = config
  assert.deepEqual(
    { apparmorProfile, selinuxLabel, mountLabel },
    { apparmorProfile: 'docker-default', selinuxLabel: 'u:r:t:s0', mountLabel: 'u:object_r:f:s0:c1,c2' },
  )
})

it('refuses what is not applied yet', () =>
  assertRefused((spec) => convertSpec(spec, '/bundle'), MINIMAL, NOT_APPLIED))

it('refuses what is wrong', () => assertRefused((spec) => convertSpec(spec, '/bundle'), MINIMAL, WRONG))

it('refuses a relative bundle', () => {
  assert.throws(() => convertSpec(MINIMAL, 'bundle'), { code: 'ConfigInvalid', field: 'bundle' })
})

it('answers anything with ConfigInvalid, or converts it', () => {
  const value = fc.anything({ withBigInt: true, withNullPrototype: true })
  const keys = ['hostname', 'mounts', 'annotations', 'linux', 'process', 'root', 'hooks']
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 2 }), (patch) => {
      try {
        convertSpec({ ...MINIMAL, ...patch }, '/bundle')
      } catch (error) {
        assert.ok(isLibcontainerError(error) && error.code === 'ConfigInvalid', String(error))
      }
    }),
  )
})
