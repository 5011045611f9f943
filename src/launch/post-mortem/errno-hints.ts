// Owns what an errno means at calls where it says something else than it does elsewhere, or where what ran out is not
// obvious. Words of a plan's step go before these. Pure: a table.

const NAMESPACES = 'user.max_*_namespaces of the kernel, or of a user namespace above, allows no more'
const PROCESSES =
  'the pids limit of a cgroup, RLIMIT_NPROC of the user, or kernel.pid_max and threads-max allow no more processes'
const NOFILE = 'RLIMIT_NOFILE is too low for the descriptors that the process is given'
const DISK = 'the file system has no room or no inodes left, or the quota is used up'

const MAKING =
  'the root of the user namespace may not write there: make it beforehand, or give it the directory'

/** By errno; then by call, or `*` for every other one. */
const HINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  EACCES: { mkdirat: MAKING, mknodat: MAKING, symlinkat: MAKING, unlinkat: MAKING },
  EAGAIN: { clone3: PROCESSES, fork: PROCESSES, setresuid: PROCESSES },
  EBADF: { dup3: NOFILE },
  EDQUOT: { '*': DISK },
  EINVAL: { fcntl: NOFILE },
  EMFILE: { '*': 'RLIMIT_NOFILE allows no more descriptors' },
  ENFILE: { '*': 'fs.file-max of the kernel allows no more open files' },
  ENOMEM: {
    clone3: 'the memory limit of the cgroup is too low for a process, or a pid namespace is ending',
    '*': 'the kernel, or the memory limit of the cgroup, has no memory left',
  },
  ENOSPC: {
    clone3: NAMESPACES,
    unshare: NAMESPACES,
    fsmount: 'fs.mount-max of the kernel allows no more mounts',
    move_mount: 'fs.mount-max of the kernel allows no more mounts',
    open_tree: 'fs.mount-max of the kernel allows no more mounts',
    '*': DISK,
  },
  EROFS: { '*': 'the file system is read-only' },
}

/** Advice where an errno misleads; undefined where it says what it means. */
export function errnoHint(call: string, errno: string): string | undefined {
  const calls = HINTS[errno]
  return calls?.[call] ?? calls?.['*']
}
