// Tests the conversion of configurations of 2015, key by key, and that what it returns is a valid configuration.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { assertRefused, type Refused, refusal } from '../../test/helpers/refuses-config.ts'
import { SAMPLES_2015, STATE_2015 } from '../../test/helpers/samples-2015.ts'
import { validateConfig } from '../config/validate/validate-config.ts'
import { isLibcontainerError } from '../errors.ts'
import { convertLibcontainer2015 } from './convert-libcontainer-2015.ts'

const ALL = ['NEWNS', 'NEWUTS', 'NEWIPC', 'NEWPID', 'NEWNET'].map((type) => ({ type }))
const MINIMAL = { rootfs: '/srv/rootfs', namespaces: ALL }

/** Converts, and checks that the result is valid. */
function convert(patch: object) {
  const { config, warnings } = convertLibcontainer2015({ ...MINIMAL, ...patch })
  return { config: validateConfig(config), warnings }
}

const warned = (patch: object) => convert(patch).warnings

it('converts the smallest configuration: what the original left alone stays so', () => {
  const { config, warnings } = convert({})
  assert.deepEqual(warnings, [])
  assert.equal(config.seccomp, null)
  assert.equal(config.noNewPrivileges, false)
  assert.equal(config.cgroup, undefined)
  for (const key of ['mounts', 'devices', 'maskedPaths', 'readonlyPaths', 'networks', 'routes'] as const)
    assert.deepEqual(config[key], [], key)
  assert.deepEqual(config.capabilities, {
    bounding: [],
    effective: [],
    permitted: [],
    inheritable: [],
    ambient: [],
  })
})

it('converts every sample, and the configuration in a state, without a word', () => {
  for (const [name, sample] of Object.entries(SAMPLES_2015)) {
    const { config, warnings } = convertLibcontainer2015(JSON.stringify(sample))
    assert.deepEqual(warnings, [], name)
    validateConfig(config)
  }
  const error = refusal(() => convertLibcontainer2015(STATE_2015))
  assert.deepEqual([error.field, error.hint], ['init_process_pid', 'convert its "config"'])
  const { config, warnings } = convertLibcontainer2015(STATE_2015.config)
  assert.deepEqual(warnings, [])
  assert.equal(validateConfig(config).rlimits[0]?.hard, 1024n)
})

it('converts names, numbers and lists', () => {
  const { config } = convert({
    readonlyfs: true,
    no_pivot_root: true,
    parent_death_signal: 9,
    hostname: 'koye',
    namespaces: [...ALL.slice(0, 4), { type: 'NEWNET', path: '/run/netns/a' }, { type: 'NEWUSER' }],
    uid_mappings: [{ container_id: 0, host_id: 1000, size: 1 }],
    gid_mappings: [{ container_id: 0, host_id: 1000, size: 1 }],
    capabilities: ['KILL', 'CHOWN'],
    additional_groups: ['audio', '43'],
    mask_paths: ['/proc/kcore'],
    readonly_paths: ['/proc/sys'],
    system_properties: { 'kernel.shmmni': '8192' },
    apparmor_profile: 'docker-default',
    process_label: 'system_u:system_r:svirt_lxc_net_t:s0:c164,c475',
    mount_label: 'system_u:system_r:svirt_lxc_net_t:s0:c164,c475',
    devices: [
      { type: 99, path: '/dev/fuse', major: 10, minor: 229, permissions: 'rwm', file_mode: 0, uid: 5 },
    ],
  })
  assert.deepEqual(config.namespaces.at(-2), { type: 'network', path: '/run/netns/a' })
  assert.deepEqual(config.uidMappings, [{ containerId: 0, hostId: 1000, size: 1 }])
  assert.deepEqual(config.capabilities.effective, ['KILL', 'CHOWN'])
  // Defect D18: they were inheritable too.
  assert.deepEqual(config.capabilities.inheritable, [])
  assert.deepEqual(config.devices, [
    { type: 'c', path: '/dev/fuse', major: 10, minor: 229, fileMode: 0, uid: 5, gid: 0 },
  ])
  const { readonlyRootfs, noPivotRoot, parentDeathSignal, hostname, additionalGroups, sysctl } = config
  assert.deepEqual(
    { readonlyRootfs, noPivotRoot, parentDeathSignal, hostname, additionalGroups, sysctl },
    {
      readonlyRootfs: true,
      noPivotRoot: true,
      parentDeathSignal: 'SIGKILL',
      hostname: 'koye',
      additionalGroups: ['audio', '43'],
      sysctl: { 'kernel.shmmni': '8192' },
    },
  )
  assert.deepEqual([config.maskedPaths, config.readonlyPaths], [['/proc/kcore'], ['/proc/sys']])
  assert.deepEqual(
    [config.apparmorProfile, config.selinuxLabel],
    ['docker-default', 'system_u:system_r:svirt_lxc_net_t:s0:c164,c475'],
  )
  assert.equal(config.mountLabel, config.selinuxLabel)
})

it('keeps 64-bit limits of the text', () => {
  const text = `{"rootfs": "/x", "rlimits": [{"type": 7, "soft": 9007199254740993, "hard": 18446744073709551615}],
    "cgroups": {"name": "a", "memory": 9223372036854775807}}`
  const config = validateConfig(convertLibcontainer2015(text).config)
  assert.deepEqual(config.rlimits, [{ type: 'NOFILE', soft: 9007199254740993n, hard: 2n ** 64n - 1n }])
  assert.equal(config.cgroup?.memory?.limitBytes, 2n ** 63n - 1n)
})

it('converts filters: numbers of x86_64, the later rule of a call, conditions that all hold', () => {
  const arg = (op: number, index = 0) => ({ index, value: 5, op })
  const syscalls = [
    { value: 92, action: 2, args: null },
    { value: 92, action: 1, args: [] },
    { value: 56, action: 1, args: [{ index: 0, value: 0x10000000, op: 4 }] },
    { value: 59, action: -3, args: [arg(0), arg(1, 1), arg(2, 2), arg(3, 3)] },
    { value: 60, action: -2 },
    { value: 61, action: -1 },
  ]
  const { config, warnings } = convert({ seccomp: { syscalls } })
  assert.equal(config.noNewPrivileges, true)
  assert.equal(config.seccomp?.defaultAction, 'ALLOW')
  assert.deepEqual(config.seccomp?.architectures, ['x86', 'x32'])
  assert.deepEqual(
    config.seccomp?.syscalls.map(({ names, action, errno, args }) => [names[0], action, errno, args.length]),
    [
      ['chown', 'ERRNO', 1, 0],
      ['clone', 'ERRNO', 1, 1],
      ['execve', 'KILL_THREAD', 0, 4],
      ['exit', 'TRAP', 0, 0],
      ['wait4', 'ALLOW', 0, 0],
    ],
  )
  const newUser = { index: 0, value: 0x10000000n, valueTwo: 0x10000000n, op: 'MASKED_EQ' }
  assert.deepEqual(config.seccomp?.syscalls[1]?.args, [newUser])
  assert.deepEqual(
    config.seccomp?.syscalls[2]?.args.map(({ op, index }) => [op, index]),
    [
      ['EQ', 0],
      ['NE', 1],
      ['GE', 2],
      ['LE', 3],
    ],
  )
  assert.deepEqual(warnings, [
    'seccomp.syscalls[3].args[2].op: GreatherThan was "greater or equal", and still is',
    'seccomp.syscalls[3].args[3].op: LessThan was "less or equal", and still is',
  ])
})

it('tells what it passes over', () => {
  assert.deepEqual(warned({ hooks: {}, cgroups: { name: 'a', cpu_share: 1 }, pivot_dir: '/x' }), [
    'cgroups.cpu_share: a cgroup of 2015 has no such key',
    'hooks: a configuration of 2015 has no such key',
    'pivot_dir: not needed, as the root is entered without a directory for the old one',
  ])
  const mount = {
    source: '/a',
    destination: '/b',
    device: 'bind',
    flags: 4096 + 1048576,
    data: 'x',
    relabel: 'z',
  }
  assert.deepEqual(warned({ mounts: [mount] }), [
    'mounts[0].data: a bind takes no options',
    'mounts[0].flags: MS_SHARED had no effect on a bind',
    'mounts[0].relabel: there is no mount_label to give',
  ])
  assert.deepEqual(warned({ cgroups: { name: 'a', slice: 'system.slice', freezer: 'FROZEN' } }), [
    'cgroups.slice: for systemd alone, which is not asked here',
    'cgroups.freezer: a container starts thawed; pause it',
  ])
})

const cgroups = (patch: object) => ({ cgroups: { name: 'a', ...patch } })
const mounts = (patch: object) => ({ mounts: [{ destination: '/x', device: 'tmpfs', ...patch }] })
const syscall = (patch: object) => ({ seccomp: { syscalls: [{ value: 1, action: 1, ...patch }] } })

const WRONG: readonly Refused[] = [
  [{ rootfs: 5 }, 'rootfs', /a string/],
  [{ readonlyfs: 'yes' }, 'readonlyfs', /true or false/],
  [{ parent_death_signal: 99 }, 'parent_death_signal', /the number of a signal/],
  [{ namespaces: [{ type: 'mount' }] }, 'namespaces[0].type', /NEWNET, NEWPID/],
  [{ namespaces: [{ type: 'constructor' }] }, 'namespaces[0].type', /NEWNET, NEWPID/],
  [{ networks: [{ type: 'macvlan' }] }, 'networks[0].type', /loopback or veth/],
  [{ rlimits: [{ type: 16 }] }, 'rlimits[0].type', /from 0 to 15/],
  [{ rlimits: [{ type: 7, hard: 1.5 }] }, 'rlimits[0].hard', /64 bits/],
  [{ devices: [{ type: 112, path: '/dev/x' }] }, 'devices[0].type', /^expected 99 \(c\) or 98 \(b\)/],
  [mounts({ device: 'overlay' }), 'mounts[0].device', /bind, cgroup, proc/],
  [mounts({ device: 'hasOwnProperty' }), 'mounts[0].device', /bind, cgroup, proc/],
  [mounts({ flags: 32 }), 'mounts[0].flags', /0x20 /],
  [mounts({ flags: 4096 }), 'mounts[0].flags', /0x1000 /],
  [mounts({ flags: -1 }), 'mounts[0].flags', /not applied here/],
  [mounts({ destination: '' }), 'mounts[0].destination', /a path/],
  [mounts({ premount_cmds: [{ path: 5 }] }), 'mounts[0].premount_cmds[0].path', /a string/],
  [
    { mount_label: 'u:r:t', ...mounts({ device: 'bind', source: '/a', relabel: 'zZ' }) },
    'mounts[0].relabel',
    /"z" \(shared\) or "Z" \(private\)/,
  ],
  [{ cgroups: { memory: 5 } }, 'cgroups.name', /a cgroup has a name/],
  [cgroups({ freezer: 'COLD' }), 'cgroups.freezer', /FROZEN, THAWED/],
  [cgroups({ net_cls_classid: 'x' }), 'cgroups.net_cls_classid', /"0x100001"/],
  [cgroups({ blkio_weight_device: '8:0' }), 'cgroups.blkio_weight_device', /MAJOR:MINOR VALUE/],
  [cgroups({ allowed_devices: [{ type: 97 }] }), 'cgroups.allowed_devices[0].type', /99/],
  [syscall({ value: 100000 }), 'seccomp.syscalls[0].value', /x86_64/],
  [syscall({ action: -4 }), 'seccomp.syscalls[0].action', /-3, -2, -1/],
  [syscall({ action: 5000 }), 'seccomp.syscalls[0].action', /an errno/],
  [syscall({ args: [{ op: 5 }] }), 'seccomp.syscalls[0].args[0].op', /from 0 to 4/],
]

it('refuses by its key what it cannot convert', () => assertRefused(convertLibcontainer2015, MINIMAL, WRONG))

it('answers anything with ConfigInvalid, or converts it', () => {
  const keys = Object.keys(SAMPLES_2015.minimal ?? {})
  const configs = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue(), { maxKeys: 4 })
  fc.assert(
    fc.property(configs, (config) => {
      try {
        validateConfig(convertLibcontainer2015({ ...MINIMAL, ...config }).config)
      } catch (error) {
        assert.ok(isLibcontainerError(error) && error.code === 'ConfigInvalid', String(error))
      }
    }),
  )
})
