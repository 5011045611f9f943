// Owns turning numbers of the kernel into the kernel's names for people to read: bits, and one of several. Pure.

import {
  AF_INET,
  AT_EMPTY_PATH,
  AT_RECURSIVE,
  AT_SYMLINK_NOFOLLOW,
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  DEVPTS_SUPER_MAGIC,
  F_DUPFD_CLOEXEC,
  FSCONFIG_CMD_CREATE,
  FSCONFIG_CMD_RECONFIGURE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  FSPICK_CLOEXEC,
  FSPICK_EMPTY_PATH,
  IFF_UP,
  KEYCTL_JOIN_SESSION_KEYRING,
  MNT_DETACH,
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_EMPTY_PATH,
  MS_BIND,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_REMOUNT,
  MS_SHARED,
  MS_SLAVE,
  MS_STRICTATIME,
  MS_UNBINDABLE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
  PR_CAP_AMBIENT,
  PR_CAP_AMBIENT_CLEAR_ALL,
  PR_CAP_AMBIENT_RAISE,
  PR_SET_DUMPABLE,
  PR_SET_KEEPCAPS,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  PROC_SUPER_MAGIC,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFREG,
  SECCOMP_FILTER_FLAG_NEW_LISTENER,
  SECCOMP_FILTER_FLAGS,
  SIOCSIFFLAGS,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  ST_NOSYMFOLLOW,
  STATX_BASIC_STATS,
  TCGETS,
  TCSETS,
  TIOCGPTPEER,
  TIOCSCTTY,
  TIOCSPTLCK,
  TIOCSWINSZ,
} from '../abi/flags.ts'
import {
  AF_NETLINK,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NLMSG_ERROR,
  RTM_NEWADDR,
  RTM_NEWROUTE,
  RTM_SETLINK,
  SO_BINDTODEVICE,
  SO_BINDTOIFINDEX,
  SOCK_RAW,
  SOL_NETLINK,
  SOL_SOCKET,
} from '../abi/rtnetlink.ts'

/** Names by value, in the order in which they are printed. */
export type Names = readonly (readonly [value: number, name: string])[]

function named(flags: Readonly<Record<string, number>>): Names {
  return Object.entries(flags).map(([name, value]) => [value, name] as const)
}

const AT = named({ AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, AT_RECURSIVE })
const MOUNT_ATTR = named({
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_STRICTATIME,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOSYMFOLLOW,
})

/** What the arguments of the calls of a plan are made of. */
export const NAMES = {
  clone: named({
    CLONE_NEWUSER,
    CLONE_NEWNS,
    CLONE_NEWUTS,
    CLONE_NEWIPC,
    CLONE_NEWPID,
    CLONE_NEWNET,
    CLONE_NEWCGROUP,
    CLONE_NEWTIME,
  }),
  // O_DIRECTORY and O_NOFOLLOW are two bits each, by architecture; the other architecture's bit is never used.
  open: [
    ...named({ O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_APPEND, O_NONBLOCK, O_PATH }),
    [O_DIRECTORY.x86_64, 'O_DIRECTORY'],
    [O_DIRECTORY.aarch64, 'O_DIRECTORY'],
    [O_NOFOLLOW.x86_64, 'O_NOFOLLOW'],
    [O_NOFOLLOW.aarch64, 'O_NOFOLLOW'],
    ...named({ O_CLOEXEC }),
  ],
  resolve: named({
    RESOLVE_IN_ROOT,
    RESOLVE_BENEATH,
    RESOLVE_NO_XDEV,
    RESOLVE_NO_MAGICLINKS,
    RESOLVE_NO_SYMLINKS,
  }),
  at: AT,
  openTree: [...named({ OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC }), ...AT],
  moveMount: named({ MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH }),
  mountAttr: MOUNT_ATTR,
  /** Before MOUNT_ATTR in what is cleared: the three bits of atime are one field. */
  mountAttrCleared: [...named({ MOUNT_ATTR__ATIME }), ...MOUNT_ATTR],
  propagation: named({ MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE }),
  mount: named({
    MS_RDONLY,
    MS_NOSUID,
    MS_NODEV,
    MS_NOEXEC,
    MS_REMOUNT,
    MS_NOSYMFOLLOW,
    MS_NOATIME,
    MS_NODIRATIME,
    MS_BIND,
    MS_REC,
    MS_UNBINDABLE,
    MS_PRIVATE,
    MS_SLAVE,
    MS_SHARED,
    MS_RELATIME,
    MS_STRICTATIME,
  }),
  statfs: named({ ST_NOSYMFOLLOW }),
  umount: named({ MNT_DETACH }),
  fsopen: named({ FSOPEN_CLOEXEC }),
  fsmount: named({ FSMOUNT_CLOEXEC }),
  fspick: named({ FSPICK_CLOEXEC, FSPICK_EMPTY_PATH }),
  fsconfig: named({
    FSCONFIG_SET_FLAG,
    FSCONFIG_SET_STRING,
    FSCONFIG_CMD_CREATE,
    FSCONFIG_CMD_RECONFIGURE,
  }),
  statx: named({ STATX_BASIC_STATS }),
  fileType: named({ S_IFDIR, S_IFCHR, S_IFBLK, S_IFREG, S_IFIFO }),
  magic: named({ PROC_SUPER_MAGIC, DEVPTS_SUPER_MAGIC }),
  fcntl: named({ F_DUPFD_CLOEXEC }),
  ioctl: named({ SIOCSIFFLAGS, TCGETS, TCSETS, TIOCSPTLCK, TIOCGPTPEER, TIOCSCTTY, TIOCSWINSZ }),
  interface: named({ IFF_UP }),
  addressFamily: named({ AF_INET, AF_NETLINK }),
  socket: named({ SOCK_RAW, SOCK_DGRAM, SOCK_CLOEXEC }),
  socketLevel: named({ SOL_SOCKET, SOL_NETLINK }),
  socketOption: named({ SO_BINDTODEVICE, SO_BINDTOIFINDEX }),
  netlinkOption: named({ NETLINK_EXT_ACK, NETLINK_CAP_ACK }),
  netlink: named({ NLMSG_ERROR, RTM_SETLINK, RTM_NEWADDR, RTM_NEWROUTE }),
  keyctl: named({ KEYCTL_JOIN_SESSION_KEYRING }),
  prctl: named({ PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT }),
  seccomp: named({ ...SECCOMP_FILTER_FLAGS, NEW_LISTENER: SECCOMP_FILTER_FLAG_NEW_LISTENER }),
  ambient: named({ PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_CLEAR_ALL }),
} as const satisfies Readonly<Record<string, Names>>

/** The names of the bits that are set, joined; what has no name stays a number; 0 where nothing is set. */
export function bitNames(names: Names, value: number): string {
  const found: string[] = []
  let left = value
  for (const [bits, name] of names) {
    if (bits === 0 || (left & bits) !== bits) continue
    found.push(name)
    left &= ~bits
  }
  if (left !== 0) found.push(`0x${(left >>> 0).toString(16)}`)
  return found.join('|') || '0'
}

/** The one name of a value; the number where it has none. */
export function valueName(names: Names, value: number): string {
  return names.find(([known]) => known === value)?.[1] ?? String(value)
}
