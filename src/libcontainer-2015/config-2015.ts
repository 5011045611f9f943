// Owns the types of a configuration of the original library (June 2015), with the keys and the number codes of its
// JSON. Types only. Every key may be absent or null, which is Go's zero value.

/** An integer of 64 bits as parseJson returns it: a bigint beyond 2^53. */
type Int64 = number | bigint

export interface Config2015 {
  readonly no_pivot_root?: boolean
  /** A signal's number; 0 is none. */
  readonly parent_death_signal?: number
  readonly pivot_dir?: string
  readonly rootfs?: string
  readonly readonlyfs?: boolean
  readonly privatefs?: boolean
  readonly mounts?: readonly Mount2015[]
  readonly devices?: readonly Device2015[]
  readonly mount_label?: string
  readonly hostname?: string
  readonly namespaces?: readonly Namespace2015[]
  readonly capabilities?: readonly string[]
  readonly networks?: readonly Network2015[]
  readonly routes?: readonly Route2015[]
  readonly cgroups?: Cgroup2015
  readonly apparmor_profile?: string
  readonly process_label?: string
  readonly rlimits?: readonly Rlimit2015[]
  readonly additional_groups?: readonly string[]
  readonly uid_mappings?: readonly IdMapping2015[]
  readonly gid_mappings?: readonly IdMapping2015[]
  readonly mask_paths?: readonly string[]
  readonly readonly_paths?: readonly string[]
  readonly system_properties?: Readonly<Record<string, string>>
  readonly seccomp?: Seccomp2015
}

export interface Namespace2015 {
  /** `NEWNS`, `NEWPID` and the like. */
  readonly type?: string
  readonly path?: string
}

export interface Mount2015 {
  readonly source?: string
  readonly destination?: string
  /** What is mounted: `bind`, `proc`, `tmpfs` ... */
  readonly device?: string
  /** MS_* of mount(2). */
  readonly flags?: number
  readonly data?: string
  /** `z` shared, `Z` private. */
  readonly relabel?: string
  readonly premount_cmds?: readonly Command2015[]
  readonly postmount_cmds?: readonly Command2015[]
}

export interface Command2015 {
  readonly path?: string
  /** Without the name of the program. */
  readonly args?: readonly string[]
  readonly env?: readonly string[]
  readonly dir?: string
}

export interface Device2015 {
  /** A character's code: 99 `c`, 98 `b`. */
  readonly type?: number
  readonly path?: string
  /** -1 is every number. */
  readonly major?: number
  readonly minor?: number
  /** Of `r`, `w`, `m`. */
  readonly permissions?: string
  readonly file_mode?: number
  readonly uid?: number
  readonly gid?: number
}

export interface Network2015 {
  readonly type?: string
  readonly name?: string
  readonly bridge?: string
  readonly mac_address?: string
  readonly address?: string
  readonly gateway?: string
  readonly ipv6_address?: string
  readonly ipv6_gateway?: string
  readonly mtu?: number
  readonly txqueuelen?: number
  readonly host_interface_name?: string
  readonly hairpin_mode?: boolean
}

export interface Route2015 {
  readonly destination?: string
  readonly source?: string
  readonly gateway?: string
  readonly interface_name?: string
}

export interface Rlimit2015 {
  /** RLIMIT_*: 7 is NOFILE. */
  readonly type?: number
  readonly hard?: Int64
  readonly soft?: Int64
}

export interface IdMapping2015 {
  readonly container_id?: number
  readonly host_id?: number
  readonly size?: number
}

/** 0 and '' are unset, but for memory_swappiness. */
export interface Cgroup2015 {
  readonly name?: string
  readonly parent?: string
  readonly slice?: string
  readonly allow_all_devices?: boolean
  readonly allowed_devices?: readonly Device2015[]
  readonly denied_devices?: readonly Device2015[]
  readonly memory?: Int64
  readonly memory_reservation?: Int64
  readonly memory_swap?: Int64
  readonly kernel_memory?: Int64
  readonly memory_swappiness?: number
  readonly oom_kill_disable?: boolean
  readonly cpu_shares?: number
  readonly cpu_quota?: number
  readonly cpu_period?: number
  /** The original gave these two the keys of the two above, and lost all four. These are of its successor. */
  readonly cpu_rt_runtime?: number
  readonly cpu_rt_period?: number
  readonly cpuset_cpus?: string
  readonly cpuset_mems?: string
  readonly blkio_weight?: number
  /** `MAJOR:MINOR VALUE`, as the four below. */
  readonly blkio_weight_device?: string
  readonly blkio_throttle_read_bps_device?: string
  readonly blkio_throttle_write_bps_device?: string
  readonly blkio_throttle_read_iops_device?: string
  readonly blkio_throttle_write_iops_device?: string
  readonly hugetlb_limit?: readonly { readonly page_size?: string; readonly limit?: Int64 }[]
  readonly freezer?: string
  readonly net_prio_ifpriomap?: readonly { readonly interface?: string; readonly priority?: number }[]
  /** A number as C writes it: `0x100001`. */
  readonly net_cls_classid?: string
}

export interface Seccomp2015 {
  readonly syscalls?: readonly Syscall2015[]
}

export interface Syscall2015 {
  /** A number of x86_64. */
  readonly value?: number
  /** -3 kill, -2 trap, -1 allow; else the errno. */
  readonly action?: number
  readonly args?: readonly SyscallArg2015[]
}

export interface SyscallArg2015 {
  readonly index?: number
  readonly value?: Int64
  /** 0 EqualTo, 1 NotEqualTo, 2 GreatherThan, 3 LessThan, 4 MaskEqualTo. */
  readonly op?: number
}
