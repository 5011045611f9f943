// Owns the terminal of a process: a pty out of the container's own devpts, never out of the host's. Each place is
// reached by descriptor and checked before it is used: what an image has under these names may be anything.

import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  DEVPTS_SUPER_MAGIC,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOCTTY,
  O_PATH,
  O_RDWR,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
  OPOST,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
  STATX_BASIC_STATS,
  TCGETS,
  TCSETS,
  TIOCGPTPEER,
  TIOCSCTTY,
  TIOCSPTLCK,
  TIOCSWINSZ,
} from '../../abi/flags.ts'
import {
  encodeWindowSize,
  OPEN_HOW_SIZE,
  openHow,
  STATFS_SIZE,
  STATX_RDEV_MAJOR,
  STATX_SIZE,
  TERMIOS_OFLAG,
  TERMIOS_SIZE,
} from '../../abi/structs.ts'
import type { Arch } from '../../abi/syscalls.ts'
import type { ValidConfig, ValidProcess } from '../../config/container-config.ts'
import type { TerminalSize } from '../../config/process.ts'
import { LibcontainerError } from '../../errors.ts'
import type { Scratch, Slot, Struct } from '../../protocol/op.ts'
import type { Planner } from '../planner.ts'
import { planAttach } from './attach.ts'
import { planExpectDevice } from './devices.ts'
import type { ProcessDescriptors } from './exec.ts'
import { hasNamespace } from './namespaces.ts'

/** Id of the return that carries the master. */
export const RETURN_TERMINAL = 4

const FIELD = 'process.terminal'
const ENODEV = 19
/** Documentation/admin-guide/devices.txt: the slaves of Unix98. */
const UNIX98_PTY_SLAVE_MAJOR = 136

const TERMINAL_HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'the container has no /dev/pts',
  ENODEV: 'a devpts must be mounted on /dev/pts',
  EXDEV: 'something is mounted on /dev/pts/ptmx',
  EPERM: "the cgroup's device rules must allow c 5:2 and c 136:*",
  ENOSPC: 'there are no more terminals: see kernel.pty.max',
}

/** The streams of a process with its terminal in them, if it asks for one. @throws ConfigInvalid without a mount namespace */
export function planTerminal(
  p: Planner,
  config: ValidConfig,
  process: ValidProcess,
  files: ProcessDescriptors,
  arch: Arch,
): ProcessDescriptors {
  if (!process.terminal) return files
  if (!hasNamespace(config, 'mount')) {
    throw new LibcontainerError({
      code: 'ConfigInvalid',
      action: 'plan the start',
      field: FIELD,
      reason: "without a mount namespace there is no devpts but the host's",
    })
  }
  p.step({ name: 'open a terminal', reason: 'asked for', field: FIELD, hints: TERMINAL_HINTS })
  const master = planMaster(p, arch)
  const slave = planSlave(p, master)
  planSize(p, master, process.terminal)
  if (!process.terminal.onlcr) planPlainLineFeeds(p, slave)
  p.ask('return', [RETURN_TERMINAL, master, 0, 0])
  p.close(master)
  p.step({ name: 'take the terminal', reason: 'for job control: it controls the session', field: FIELD })
  p.call('ioctl', [slave, TIOCSCTTY, 0])
  return { ...files, stdio: [slave, slave, slave], terminal: slave }
}

function planMaster(p: Planner, arch: Arch): Slot {
  const pts = planDirectory(p, '/dev/pts', arch)
  const statfs: Scratch = { scratch: STATFS_SIZE }
  p.call('fstatfs', [pts, statfs])
  p.call('expect', [statfs, 8, 0xffffffff, DEVPTS_SUPER_MAGIC, ENODEV])
  // In a devpts that name is its multiplexer, unless something was mounted there.
  const resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV
  const how: Struct = { bytes: openHow(O_RDWR | O_NOCTTY | O_CLOEXEC, 0, resolve) }
  const master = p.open('openat2', [pts, 'ptmx', how, OPEN_HOW_SIZE])
  planExpectDevice(p, [master, '', AT_EMPTY_PATH], { type: 'c', major: 5, minor: 2 }, 'ENXIO')
  p.close(pts)
  return master
}

/** The kernel itself opens the other side: a path such as /dev/pts/0 may lead elsewhere by now (CVE-2025-52565). */
function planSlave(p: Planner, master: Slot): Slot {
  const unlocked: Struct = { bytes: new Uint8Array(4) }
  const stat: Scratch = { scratch: STATX_SIZE }
  p.call('ioctl', [master, TIOCSPTLCK, unlocked])
  const slave = p.open('ioctl', [master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC])
  p.call('statx', [slave, '', AT_EMPTY_PATH, STATX_BASIC_STATS, stat])
  p.call('expect', [{ at: stat, offset: STATX_RDEV_MAJOR }, 4, 0xffffffff, UNIX98_PTY_SLAVE_MAJOR, ENODEV])
  return slave
}

function planSize(p: Planner, master: Slot, size: TerminalSize): void {
  if (size.columns === 0 && size.rows === 0) return
  p.call('ioctl', [master, TIOCSWINSZ, { bytes: encodeWindowSize(size.columns, size.rows) }])
}

/** A new terminal does nothing else to what is shown (tty_std_termios in drivers/tty/tty_io.c). */
function planPlainLineFeeds(p: Planner, slave: Slot): void {
  const termios: Scratch = { scratch: TERMIOS_SIZE }
  p.call('ioctl', [slave, TCGETS, termios])
  p.call('store', [{ at: termios, offset: TERMIOS_OFLAG }, 4, OPOST])
  p.call('ioctl', [slave, TCSETS, termios])
}

function planDirectory(p: Planner, path: string, arch: Arch): Slot {
  const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS
  const how: Struct = { bytes: openHow(O_PATH | O_CLOEXEC | O_DIRECTORY[arch], 0, resolve) }
  return p.open('openat2', [AT_FDCWD, path, how, OPEN_HOW_SIZE])
}

/** The first process's terminal is the container's console; never by a link (CVE-2025-52565). */
export function planConsole(p: Planner, terminal: Slot | null, arch: Arch): void {
  if (terminal === null) return
  p.step({
    name: 'bind the terminal on',
    object: '/dev/console',
    reason: "it is the container's console",
    field: FIELD,
    hints: { ELOOP: 'what the container has as /dev/console is a symbolic link' },
  })
  const dev = planDirectory(p, '/dev', arch)
  const how: Struct = { bytes: openHow(O_PATH | O_CLOEXEC, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS) }
  const place = p.open('openat2', [dev, 'console', how, OPEN_HOW_SIZE])
  const tree = p.open('open_tree', [terminal, '', OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH])
  planAttach(p, tree, place)
  p.close(tree)
  p.close(dev)
}

/** devpts gives it to the group tty with mode 0620; the user comes with the process. */
export function planTerminalOwner(p: Planner, terminal: Slot | null, uid: number): void {
  if (terminal === null || uid === 0) return
  p.step({
    name: 'give the terminal to the user',
    reason: 'else it could not be opened again',
    field: 'process.user',
  })
  p.call('fchown', [terminal, uid, -1])
}
