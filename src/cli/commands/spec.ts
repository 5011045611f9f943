// Owns `runt spec`: a config.json to begin with.

import { checked, closeFd, defaultSpec, type Kernel, LibcontainerError, syscall } from '../../core.ts'
import type { Command } from '../command.ts'

const OPTIONS = {
  bundle: { short: 'b', value: 'DIR', help: 'the directory to write it to (default: the current one)' },
  rootless: { help: 'for a container that an ordinary user starts' },
} as const

const FILE = 'config.json'
const AT_FDCWD = -100
/** O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC (fcntl.h; the same on all our architectures). */
const CREATE = 0o1 | 0o100 | 0o200 | 0o2000000
const MODE = 0o666
const EEXIST = 17
const CGROUP2_SUPER_MAGIC = 0x63677270
const STATFS_BYTES = 120

export const spec: Command<typeof OPTIONS> = {
  summary: 'Writes a config.json to begin with',
  details:
    'It runs a shell with a terminal, in a root filesystem that is expected in "rootfs" beside it. A file that is there already is left as it is.',
  options: OPTIONS,
  operands: [],
  examples: [
    ['runt spec', 'writes config.json here'],
    ['runt spec --rootless -b ~/web', 'for your own user'],
  ],
  async run({ kernel, options: { bundle, rootless } }) {
    if (bundle !== undefined)
      checked(syscall(kernel, 'chdir', bundle), 'chdir', { action: 'enter bundle', object: bundle })
    const user = { uid: syscall(kernel, 'geteuid'), gid: syscall(kernel, 'getegid') }
    const text = defaultSpec({ cgroupNamespace: isCgroupV2(kernel), ...(rootless && { rootless: user }) })
    writeNew(kernel, `${JSON.stringify(text, null, '\t')}`)
    return 0
  },
}

/** On v1 the container sees its cgroups by a mount of its own; so does runc. */
function isCgroupV2(kernel: Kernel): boolean {
  const statfs = new Uint8Array(STATFS_BYTES)
  const isThere = syscall(kernel, 'statfs', '/sys/fs/cgroup', statfs) === 0
  return isThere && new DataView(statfs.buffer).getUint32(0, true) === CGROUP2_SUPER_MAGIC
}

function writeNew(kernel: Kernel, text: string): void {
  const attempt = { action: 'write', object: FILE }
  const fd = syscall(kernel, 'openat', AT_FDCWD, FILE, CREATE, MODE)
  if (fd === -EEXIST) {
    const reason = `File ${FILE} exists. Remove it first`
    throw new LibcontainerError({ code: 'ConfigInvalid', ...attempt, reason, errno: 'EEXIST' })
  }
  checked(fd, 'openat', attempt)
  try {
    const bytes = kernel.encodeText(text)
    checked(syscall(kernel, 'write', fd, bytes, bytes.length), 'write', attempt)
  } finally {
    closeFd(kernel, fd)
  }
}
