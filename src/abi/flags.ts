// Owns the kernel's flag values, spelled as the kernel spells them; the same on both architectures unless a table
// by architecture says otherwise. Facts of include/uapi only, no logic.

import type { Arch } from './syscalls.ts'

// open(2), openat2(2)
export const O_RDONLY = 0
export const O_WRONLY = 1
export const O_RDWR = 2
export const O_CREAT = 0x40
export const O_EXCL = 0x80
export const O_NOCTTY = 0x100
export const O_TRUNC = 0x200
export const O_APPEND = 0x400
export const O_NONBLOCK = 0x800
export const O_CLOEXEC = 0x80000
export const O_PATH = 0x200000
/** arch/arm64/include/uapi/asm/fcntl.h differs from asm-generic here. */
export const O_DIRECTORY: Readonly<Record<Arch, number>> = { x86_64: 0x10000, aarch64: 0x4000 }
export const O_NOFOLLOW: Readonly<Record<Arch, number>> = { x86_64: 0x20000, aarch64: 0x8000 }

export const RESOLVE_NO_XDEV = 0x01
export const RESOLVE_NO_MAGICLINKS = 0x02
export const RESOLVE_NO_SYMLINKS = 0x04
export const RESOLVE_BENEATH = 0x08
export const RESOLVE_IN_ROOT = 0x10

export const AT_FDCWD = -100
export const AT_SYMLINK_NOFOLLOW = 0x100
export const AT_REMOVEDIR = 0x200
export const AT_EACCESS = 0x200
export const AT_EMPTY_PATH = 0x1000
export const AT_STATX_DONT_SYNC = 0x4000
export const AT_RECURSIVE = 0x8000

// fcntl(2), flock(2), ioctl(2)
export const F_GETFD = 1
export const F_SETFD = 2
export const F_GETFL = 3
export const F_SETFL = 4
export const F_DUPFD_CLOEXEC = 1030
export const F_GET_SEALS = 1034
export const FD_CLOEXEC = 1
export const LOCK_SH = 1
export const LOCK_EX = 2
export const LOCK_NB = 4
export const LOCK_UN = 8
export const SIOCGIFFLAGS = 0x8913
export const SIOCSIFFLAGS = 0x8914
export const IFF_UP = 1
export const TCGETS = 0x5401
export const TCSETS = 0x5402
export const TIOCSCTTY = 0x540e
/** termios(3), output flags. */
export const OPOST = 1
export const TIOCGWINSZ = 0x5413
export const TIOCSWINSZ = 0x5414
export const TIOCSPTLCK = 0x40045431
export const TIOCGPTPEER = 0x5441
export const NS_GET_NSTYPE = 0xb703
export const CLOSE_RANGE_CLOEXEC = 4

// clone3(2), unshare(2), setns(2)
export const CLONE_NEWTIME = 0x80
export const CLONE_NEWNS = 0x20000
export const CLONE_NEWCGROUP = 0x2000000
export const CLONE_NEWUTS = 0x4000000
export const CLONE_NEWIPC = 0x8000000
export const CLONE_NEWUSER = 0x10000000
export const CLONE_NEWPID = 0x20000000
export const CLONE_NEWNET = 0x40000000
export const CLONE_PARENT = 0x8000

// mount(2) and the mount API of fsopen(2)
export const MS_RDONLY = 1
export const MS_NOSUID = 2
export const MS_NODEV = 4
export const MS_NOEXEC = 8
export const MS_REMOUNT = 32
export const MS_NOSYMFOLLOW = 0x100
export const MS_NOATIME = 0x400
export const MS_NODIRATIME = 0x800
export const MS_BIND = 0x1000
export const MS_MOVE = 0x2000
export const MS_REC = 0x4000
export const MS_UNBINDABLE = 0x20000
export const MS_PRIVATE = 0x40000
export const MS_SLAVE = 0x80000
export const MS_SHARED = 0x100000
export const MS_RELATIME = 0x200000
export const MS_STRICTATIME = 0x1000000
/** statfs(2); those of mount(2) up to MS_NOEXEC, MS_NOATIME and MS_NODIRATIME are the same there. */
export const ST_NOSYMFOLLOW = 0x2000
export const MNT_DETACH = 2
export const OPEN_TREE_CLONE = 1
export const OPEN_TREE_CLOEXEC = O_CLOEXEC
export const MOVE_MOUNT_F_EMPTY_PATH = 0x04
export const MOVE_MOUNT_T_EMPTY_PATH = 0x40
export const FSOPEN_CLOEXEC = 1
export const FSMOUNT_CLOEXEC = 1
export const FSCONFIG_SET_FLAG = 0
export const FSCONFIG_SET_STRING = 1
export const FSCONFIG_CMD_CREATE = 6
export const FSCONFIG_CMD_RECONFIGURE = 7
export const FSPICK_CLOEXEC = 1
export const FSPICK_EMPTY_PATH = 8
export const MOUNT_ATTR_RDONLY = 0x01
export const MOUNT_ATTR_NOSUID = 0x02
export const MOUNT_ATTR_NODEV = 0x04
export const MOUNT_ATTR_NOEXEC = 0x08
export const MOUNT_ATTR__ATIME = 0x70
export const MOUNT_ATTR_RELATIME = 0x00
export const MOUNT_ATTR_NOATIME = 0x10
export const MOUNT_ATTR_STRICTATIME = 0x20
export const MOUNT_ATTR_NODIRATIME = 0x80
export const MOUNT_ATTR_IDMAP = 0x100000
export const MOUNT_ATTR_NOSYMFOLLOW = 0x200000

// statx(2)
export const STATX_BASIC_STATS = 0x7ff
export const STATX_MNT_ID = 0x1000
export const S_IFMT = 0o170000
export const S_IWOTH = 0o002
export const S_IFDIR = 0o040000
export const S_IFCHR = 0o020000
export const S_IFBLK = 0o060000
export const S_IFREG = 0o100000
export const S_IFIFO = 0o010000
export const S_IFLNK = 0o120000

// include/uapi/linux/magic.h
export const PROC_SUPER_MAGIC = 0x9fa0
export const CGROUP2_SUPER_MAGIC = 0x63677270
export const CGROUP_SUPER_MAGIC = 0x27e0eb
export const TMPFS_MAGIC = 0x01021994
export const SELINUX_MAGIC = 0xf97cff8c
export const DEVPTS_SUPER_MAGIC = 0x1cd1

// prctl(2), keyctl(2)
export const PR_SET_PDEATHSIG = 1
export const PR_SET_DUMPABLE = 4
export const PR_SET_KEEPCAPS = 8
export const PR_CAPBSET_READ = 23
export const PR_CAPBSET_DROP = 24
export const PR_SET_CHILD_SUBREAPER = 36
export const PR_SET_NO_NEW_PRIVS = 38
export const SECCOMP_SET_MODE_FILTER = 1
/** By their names without the prefix (include/uapi/linux/seccomp.h). */
export const SECCOMP_FILTER_FLAGS = { LOG: 2, SPEC_ALLOW: 4, WAIT_KILLABLE_RECV: 32 } as const
export const SECCOMP_FILTER_FLAG_NEW_LISTENER = 8
export const SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1
export const SECCOMP_IOCTL_NOTIF_RECV = 0xc0502100
export const SECCOMP_IOCTL_NOTIF_SEND = 0xc0182101
export const SECCOMP_IOCTL_NOTIF_ID_VALID = 0x40082102
export const SECCOMP_IOCTL_NOTIF_ADDFD = 0x40182103
export const PR_CAP_AMBIENT = 47
export const PR_CAP_AMBIENT_RAISE = 2
export const PR_CAP_AMBIENT_CLEAR_ALL = 4
export const LINUX_CAPABILITY_VERSION_3 = 0x20080522
export const KEYCTL_JOIN_SESSION_KEYRING = 1

// memfd_create(2), lseek(2)
export const MFD_CLOEXEC = 1
export const SEEK_SET = 0

// poll(2), socket(2), waitid(2)
export const POLLIN = 0x01
export const POLLOUT = 0x04
export const POLLERR = 0x08
export const POLLHUP = 0x10
export const POLLRDHUP = 0x2000
export const AF_UNIX = 1
export const AF_INET = 2
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SHUT_RD = 0
export const SOCK_CLOEXEC = O_CLOEXEC
export const P_PID = 1
export const P_PIDFD = 3
export const WNOHANG = 1
export const WEXITED = 4
