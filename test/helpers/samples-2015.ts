// Owns configurations as the original library (June 2015) wrote them: its samples by their names, nsinit's template,
// and a state. In our words, from their description; tests put a root filesystem and a cgroup of their own in.

const node = (path: string, major: number, minor: number, file_mode = 438) => ({
  type: 99,
  path,
  major,
  minor,
  permissions: 'rwm',
  file_mode,
  uid: 0,
  gid: 0,
})
const SIMPLE = [
  node('/dev/null', 1, 3),
  node('/dev/zero', 1, 5),
  node('/dev/full', 1, 7),
  node('/dev/tty', 5, 0),
  node('/dev/urandom', 1, 9),
  node('/dev/random', 1, 8),
]
const allowed = (major: number, minor: number, permissions = 'rwm', type = 99) => ({
  ...node('', major, minor, 0),
  type,
  permissions,
})
const ALLOWED = [
  allowed(-1, -1, 'm'),
  allowed(-1, -1, 'm', 98),
  { ...allowed(5, 1), path: '/dev/console' },
  { ...allowed(4, 0), path: '/dev/tty0' },
  { ...allowed(4, 1), path: '/dev/tty1' },
  allowed(136, -1),
  allowed(5, 2),
  allowed(10, 200),
  ...SIMPLE,
]

const mount = (device: string, destination: string, flags: number, data = '', source = device) => ({
  source,
  destination,
  device,
  flags,
  data,
  relabel: '',
  premount_cmds: null,
  postmount_cmds: null,
})
const SHM = mount('tmpfs', '/dev/shm', 14, 'mode=1777,size=65536k', 'shm')
const MQUEUE = mount('mqueue', '/dev/mqueue', 14)
const SYSFS = mount('sysfs', '/sys', 15)

const NAMESPACES = ['NEWNS', 'NEWUTS', 'NEWIPC', 'NEWPID', 'NEWNET'].map((type) => ({ type, path: '' }))
const LOOPBACK = { type: 'loopback', address: '127.0.0.1/0', gateway: 'localhost', mtu: 1500 }

/** What all samples have. The mounts of /proc and /dev were never added to them. */
const COMMON = {
  rootfs: '/rootfs',
  parent_death_signal: 0,
  hostname: 'nsinit',
  mounts: [SHM, MQUEUE, SYSFS],
  devices: [node('/dev/fuse', 10, 229, 0), ...SIMPLE],
  namespaces: NAMESPACES,
  capabilities: [
    ...['CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID', 'SETFCAP'],
    ...['SETPCAP', 'NET_BIND_SERVICE', 'SYS_CHROOT', 'KILL', 'AUDIT_WRITE'],
  ],
  networks: [LOOPBACK],
  rlimits: [{ type: 7, hard: 1024, soft: 1024 }],
  cgroups: { name: 'libcontainer', parent: 'nsinit', allowed_devices: ALLOWED },
  mask_paths: ['/proc/kcore'],
  readonly_paths: ['/proc/sys', '/proc/sysrq-trigger', '/proc/irq', '/proc/bus'],
}

const VETH = {
  type: 'veth',
  name: 'eth0',
  bridge: 'docker0',
  address: '172.17.0.101/16',
  gateway: '172.17.42.1',
  mtu: 1500,
  host_interface_name: 'vethnsinit',
}
const LABEL = 'system_u:system_r:svirt_lxc_net_t:s0:c164,c475'
const MAPPINGS = [
  { container_id: 0, host_id: 1000, size: 1 },
  { container_id: 1, host_id: 1, size: 999 },
  { container_id: 1001, host_id: 1001, size: 2147482647 },
]

export const SAMPLES_2015 = {
  minimal: COMMON,
  attach_to_bridge: { ...COMMON, hostname: 'koye', networks: [LOOPBACK, VETH] },
  route_source_address: {
    ...COMMON,
    hostname: 'koye',
    networks: [LOOPBACK, VETH],
    routes: [{ destination: '10.9.0.0/16', source: '172.17.0.101', gateway: '', interface_name: 'eth0' }],
  },
  apparmor: { ...COMMON, apparmor_profile: 'docker-default' },
  selinux: { ...COMMON, process_label: LABEL, mount_label: LABEL },
  'host-pid': { ...COMMON, namespaces: NAMESPACES.filter(({ type }) => type !== 'NEWPID') },
  userns: {
    ...COMMON,
    namespaces: [...NAMESPACES, { type: 'NEWUSER', path: '' }],
    uid_mappings: MAPPINGS,
    gid_mappings: MAPPINGS,
  },
  /** As `nsinit config` printed it: every key, also of what is not set. */
  template: {
    ...COMMON,
    no_pivot_root: false,
    parent_death_signal: 9,
    pivot_dir: '',
    readonlyfs: false,
    privatefs: false,
    mounts: [
      mount('proc', '/proc', 14),
      mount('tmpfs', '/dev', 16777218, 'mode=755'),
      mount('devpts', '/dev/pts', 10, 'newinstance,ptmxmode=0666,mode=0620,gid=5'),
      SHM,
      MQUEUE,
      SYSFS,
    ],
    mount_label: '',
    routes: null,
    cgroups: {
      ...COMMON.cgroups,
      allow_all_devices: false,
      denied_devices: null,
      memory: 0,
      memory_reservation: 0,
      memory_swap: 0,
      kernel_memory: 0,
      cpu_shares: 0,
      blkio_throttle_read_bps_device: '',
      blkio_throttle_write_bps_device: '',
      blkio_throttle_read_iops_device: '',
      blkio_throttle_write_iops_device: '',
      cpuset_cpus: '',
      cpuset_mems: '',
      blkio_weight: 0,
      blkio_weight_device: '',
      freezer: '',
      hugetlb_limit: null,
      slice: '',
      oom_kill_disable: false,
      memory_swappiness: -1,
      net_prio_ifpriomap: null,
      net_cls_classid: '',
    },
    apparmor_profile: '',
    process_label: '',
    additional_groups: null,
    uid_mappings: null,
    gid_mappings: null,
    system_properties: null,
    seccomp: null,
  },
}

export const STATE_2015 = {
  id: 'nsinit',
  init_process_pid: 4711,
  init_process_start: '123456',
  cgroup_paths: { devices: '/sys/fs/cgroup/devices/nsinit/libcontainer' },
  namespace_paths: { NEWPID: '/proc/4711/ns/pid' },
  config: SAMPLES_2015.template,
  external_descriptors: ['/dev/null', 'pipe:[1]', 'pipe:[2]'],
}
