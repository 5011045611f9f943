// Owns the default seccomp profile: what Docker and podman let a container do, as far as these agree, arranged by
// subject. Everything else fails with EPERM: mounting, namespaces, modules, other people's processes, and what has
// only ever been a way to attack the kernel. It must never allow a call for being new.

import type { Capability, CapabilityName } from './capability.ts'
import { DEFAULT_CAPABILITIES } from './defaults.ts'
import type { ExactSeccomp, ExactSeccompArgument, ExactSeccompRule } from './seccomp.ts'

/** Calls that every container may make. Those of 32-bit architectures stand beside their elder sisters. */
const ALLOWED: readonly string[] = [
  'access faccessat faccessat2 chdir fchdir getcwd open openat openat2 creat close close_range',
  'read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek',
  'stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx statfs statfs64 fstatfs fstatfs64',
  'getdents getdents64 readlink readlinkat name_to_handle_at',
  'chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 lchown lchown32 fchownat umask',
  'link linkat symlink symlinkat unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir mknod mknodat',
  'truncate truncate64 ftruncate ftruncate64 fallocate copy_file_range sendfile sendfile64 splice tee vmsplice',
  'fadvise64 fadvise64_64 arm_fadvise64_64 readahead cachestat',
  'sync syncfs fsync fdatasync sync_file_range sync_file_range2 arm_sync_file_range',
  'utime utimes futimesat utimensat utimensat_time64',
  'getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat',
  'listxattr llistxattr flistxattr listxattrat removexattr lremovexattr fremovexattr removexattrat',
  'dup dup2 dup3 fcntl fcntl64 flock ioctl pipe pipe2 memfd_create memfd_secret',
  'inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark',
  'select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64',
  'epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2',
  'eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64',
  'io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64',
  'brk mmap mmap2 munmap mremap mprotect madvise mincore msync mlock mlock2 mlockall munlock munlockall mseal',
  'remap_file_pages pkey_alloc pkey_free pkey_mprotect map_shadow_stack membarrier',
  'fork vfork execve execveat exit exit_group wait4 waitpid waitid process_mrelease',
  'getpid getppid gettid getpgid getpgrp setpgid getsid setsid set_tid_address pidfd_open pidfd_send_signal',
  'getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid getresgid32',
  'setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32',
  'setfsuid setfsuid32 setfsgid setfsgid32 getgroups getgroups32 setgroups setgroups32 capget capset',
  'prctl arch_prctl modify_ldt get_thread_area set_thread_area set_tls breakpoint cacheflush',
  'getrlimit ugetrlimit setrlimit prlimit64 getrusage getpriority setpriority ioprio_get ioprio_set getcpu',
  'sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam',
  'sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min',
  'sched_rr_get_interval sched_rr_get_interval_time64',
  'ptrace process_vm_readv process_vm_writev',
  'seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self',
  'uname sysinfo times getrandom',
  'futex futex_time64 futex_waitv futex_wait futex_wake futex_requeue get_robust_list set_robust_list rseq restart_syscall',
  'kill tkill tgkill pause alarm getitimer setitimer sigaltstack sigprocmask sigreturn',
  'rt_sigaction rt_sigprocmask rt_sigpending rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn rt_sigsuspend',
  'rt_sigtimedwait rt_sigtimedwait_time64',
  'time gettimeofday adjtimex clock_adjtime clock_adjtime64 nanosleep clock_nanosleep clock_nanosleep_time64',
  'clock_gettime clock_gettime64 clock_getres clock_getres_time64',
  'timer_create timer_delete timer_getoverrun timer_settime timer_settime64 timer_gettime timer_gettime64',
  'socketcall socketpair bind listen connect accept accept4 shutdown getsockname getpeername getsockopt setsockopt',
  'send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64',
  'ipc msgget msgsnd msgrcv msgctl semget semop semctl semtimedop semtimedop_time64 shmget shmat shmdt shmctl',
  'mq_open mq_unlink mq_getsetattr mq_notify',
  'mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64',
]

/** Calls that a capability allows, which the kernel asks for once more. */
const BY_CAPABILITY: Readonly<Partial<Record<CapabilityName, string>>> = {
  BPF: 'bpf',
  DAC_READ_SEARCH: 'open_by_handle_at',
  PERFMON: 'perf_event_open',
  SYS_ADMIN:
    'mount umount umount2 mount_setattr move_mount open_tree open_tree_attr fsopen fsmount fsconfig fspick statmount ' +
    'listmount clone clone3 unshare setns sethostname setdomainname bpf perf_event_open fanotify_init ' +
    'lookup_dcookie quotactl quotactl_fd syslog',
  SYS_BOOT: 'reboot',
  SYS_CHROOT: 'chroot',
  SYS_MODULE: 'init_module finit_module delete_module',
  SYS_NICE: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node',
  SYS_PACCT: 'acct',
  SYS_PTRACE: 'kcmp pidfd_getfd process_madvise',
  SYS_RAWIO: 'iopl ioperm',
  SYS_TIME: 'settimeofday stime clock_settime clock_settime64',
  SYS_TTY_CONFIG: 'vhangup',
  SYSLOG: 'syslog',
}

const EPERM = 1
const ENOSYS = 38
const LOW_WORD = 0xffff_ffffn
/** A virtual machine's way to its host, which no network namespace holds back. */
const AF_VSOCK = 40n
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET, but not NEWTIME: it is a signal number here. */
const NEW_NAMESPACES = 0x7e02_0000n
/** PER_LINUX and PER_LINUX32, each without and with UNAME26; and 0xffffffff, which only asks. */
const PERSONALITIES: readonly bigint[] = [0x0n, 0x8n, 0x2_0000n, 0x2_0008n, 0xffff_ffffn]

function allow(names: readonly string[], args: readonly ExactSeccompArgument[] = []): ExactSeccompRule {
  return Object.freeze({
    names: Object.freeze(names),
    action: 'ALLOW',
    errno: 0,
    args: Object.freeze(args),
  })
}

function refuse(
  names: readonly string[],
  errno: number,
  args: readonly ExactSeccompArgument[],
): ExactSeccompRule {
  return Object.freeze({ names: Object.freeze(names), action: 'ERRNO', errno, args: Object.freeze(args) })
}

function masked(index: number, mask: bigint, expected: bigint): ExactSeccompArgument {
  return Object.freeze({ index, op: 'MASKED_EQ', value: mask, valueTwo: expected })
}

/**
 * The default profile for processes with these capabilities: what a capability is for is allowed to who holds it.
 * @param capabilities the bounding set
 */
export function defaultSeccomp(capabilities: readonly Capability[]): ExactSeccomp {
  const held = capabilities.map((name) => (name.startsWith('CAP_') ? name.slice(4) : name) as CapabilityName)
  const granted = held.flatMap((name) => BY_CAPABILITY[name]?.split(' ') ?? [])
  const rules = [
    allow(ALLOWED.join(' ').split(' ')),
    allow(granted),
    // The kernel takes the low word for the family: so does the rule.
    refuse(['socket'], EPERM, [masked(0, LOW_WORD, AF_VSOCK)]),
    allow(['socket']),
    allow(
      ['personality'],
      PERSONALITIES.map((value) => Object.freeze({ index: 0, op: 'EQ', value, valueTwo: 0n })),
    ),
  ]
  if (!held.includes('SYS_ADMIN')) {
    rules.push(
      allow(['clone'], [masked(0, NEW_NAMESPACES, 0n)]),
      // Its flags are behind a pointer. Libraries take ENOSYS for an old kernel, and use clone.
      refuse(['clone3'], ENOSYS, []),
    )
  }
  return Object.freeze({
    defaultAction: 'ERRNO',
    defaultErrno: EPERM,
    architectures: Object.freeze(['x86', 'x32', 'arm'] as const),
    flags: Object.freeze([]),
    syscalls: Object.freeze(rules),
  })
}

/** What a container gets whose configuration has no `seccomp`, with the default capabilities. */
export const DEFAULT_SECCOMP: ExactSeccomp = defaultSeccomp(DEFAULT_CAPABILITIES)
