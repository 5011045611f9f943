// Owns the end of every start: working directory, descriptors, the look-up of the command, and execve.

import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  CLOSE_RANGE_CLOEXEC,
  F_DUPFD_CLOEXEC,
  O_CLOEXEC,
  O_NOFOLLOW,
  O_RDWR,
  S_IFIFO,
  S_IFMT,
  STATX_BASIC_STATS,
} from '../../abi/flags.ts'
import { STATX_MODE, STATX_SIZE } from '../../abi/structs.ts'
import type { Arch } from '../../abi/syscalls.ts'
import type { ValidProcess } from '../../config/container-config.ts'
import type { Scratch, Slot, Table } from '../../protocol/op.ts'
import { LIMITS } from '../../protocol/schema.ts'
import type { ResolvedUser } from '../../userdb/resolve-user.ts'
import type { DescriptorFacts } from '../host-facts.ts'
import type { Label } from '../launch-plan.ts'
import type { Planner } from '../planner.ts'
import { planExpectDevice } from './devices.ts'
import { planExecveOrTell, planTellStatus } from './post-mortem.ts'
import { planReleaseDescriptor } from './release.ts'
import { planTarget, type Root } from './target.ts'

const CONTROL: Slot = { slot: LIMITS.CONTROL_SLOT }
const PATH_MAX = 4096
const FIRST_EXTRA = 3

/** While the root can be written: a container's first process may name a directory that its image has not. */
export function planMakeWorkingDirectory(p: Planner, root: Root, cwd: string): void {
  if (cwd === '/') return
  p.step({
    name: 'make the working directory',
    object: cwd,
    reason: 'unless it is there',
    field: 'process.cwd',
  })
  p.close(planTarget(p, root, cwd.replace(/\/+$/, '') || '/', 'directory'))
}

/**
 * Before the switch of user, as only root may enter some directories, and before a filter that may have no getcwd.
 * Returns where it is noted that this succeeded: where root may not (NFS), the user tries.
 */
export function planWorkingDirectory(p: Planner, cwd: string): Scratch {
  const entered: Scratch = { scratch: 8 }
  p.step({
    name: 'enter the working directory',
    object: cwd,
    reason: 'asked for, and must be inside the root',
    field: 'process.cwd',
    hints: OUTSIDE_HINT,
  })
  p.unless('EACCES', 'chdir', [cwd], () => {
    planExpectInsideRoot(p)
    p.call('store', [entered, 4, 1])
  })
  return entered
}

/** After the switch of user: what root could not enter. */
export function planWorkingDirectoryOfUser(p: Planner, cwd: string, entered: Scratch): void {
  p.step({
    name: 'enter the working directory',
    object: cwd,
    reason: 'as the user, where root may not',
    field: 'process.cwd',
    hints: { ...OUTSIDE_HINT, EACCES: 'neither root nor the user may enter it' },
  })
  p.otherwise('EACCES', 'expect', [entered, 4, 0xffffffff, 1, EACCES], () => {
    p.call('chdir', [cwd])
    planExpectInsideRoot(p)
  })
}

/** Outside of the root the kernel says "(unreachable)/..." (CVE-2024-21626). */
function planExpectInsideRoot(p: Planner): void {
  const here: Scratch = { scratch: PATH_MAX }
  p.call('getcwd', [here, PATH_MAX])
  p.call('expect', [here, 1, 0xff, 0x2f, EXDEV])
}

const EACCES = 13
const EXDEV = 18
const OUTSIDE_HINT = { EXDEV: 'it is outside of the root' } as const

/** The descriptors of the process, as the parent declared them. */
export interface ProcessDescriptors {
  readonly stdio: readonly (Slot | null)[]
  readonly extra: readonly Slot[]
  /** Where a process that is prepared waits; null when it begins at once. */
  readonly release: Slot | null
  /** The slave of the process's terminal, which then is all three streams; null without one. */
  readonly terminal: Slot | null
}

export function planProcessDescriptors(p: Planner, facts: DescriptorFacts): ProcessDescriptors {
  const stdio = facts.stdio.map((kind, index) =>
    kind === 'null'
      ? null
      : p.descriptor({ source: { kind: 'stdio', index }, reason: `standard stream ${index}` }),
  )
  const extra = Array.from({ length: facts.extra }, (_, index) =>
    p.descriptor({
      source: { kind: 'extra', index },
      reason: `descriptor ${FIRST_EXTRA + index}`,
      field: `process.extraFiles[${index}]`,
    }),
  )
  return { stdio, extra, release: facts.release ? planReleaseDescriptor(p) : null, terminal: null }
}

/**
 * Pipes belong to the user, so that it can open them again by /dev/stdout: those of ours, and those that the caller
 * passes, as runc has it. Nothing else that is passed changes its owner: it may be a file or a terminal of the host.
 */
export function planPipeOwner(
  p: Planner,
  facts: DescriptorFacts,
  files: ProcessDescriptors,
  { uid, gid }: ResolvedUser,
): void {
  if (uid === 0) return
  p.step({
    name: 'give the pipes to the user',
    reason: 'else /dev/stdout could not be opened again',
    field: 'process.user',
  })
  const stat: Scratch = { scratch: STATX_SIZE }
  files.stdio.forEach((slot, index) => {
    if (slot === null) return
    const give = (): void => p.call('fchown', [slot, uid, gid], { ignore: true })
    if (facts.stdio[index] === 'pipe') give()
    else {
      p.call('statx', [slot, '', AT_EMPTY_PATH, STATX_BASIC_STATS, stat])
      p.unless('ESPIPE', 'expect', [{ at: stat, offset: STATX_MODE }, 2, S_IFMT, S_IFIFO, ESPIPE], give)
    }
  })
}

const ESPIPE = 29

const STDIO_HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'a stream that is ignored needs /dev/null in the container',
  ENXIO: 'what the container has as /dev/null is something else',
  ELOOP: 'what the container has as /dev/null is a symbolic link',
  EPERM: 'a stream that is ignored needs /dev/null, and the device rules of the cgroup deny it: c 1:3',
}

export function planStdio(p: Planner, files: ProcessDescriptors, arch: Arch): void {
  p.step({
    name: 'place the standard streams',
    reason: 'as the process was asked to have them',
    hints: STDIO_HINTS,
  })
  if (files.stdio.includes(null)) {
    // The container's own /dev/null, not the host's: its mode could be changed through the descriptor.
    const nothing = p.open('openat', [AT_FDCWD, '/dev/null', O_RDWR | O_CLOEXEC | O_NOFOLLOW[arch], 0])
    planExpectDevice(p, [nothing, '', AT_EMPTY_PATH], { type: 'c', major: 1, minor: 3 }, 'ENXIO')
    for (const [index, slot] of files.stdio.entries()) if (slot === null) p.call('dup3', [nothing, index, 0])
    p.close(nothing)
  }
  for (const [index, slot] of files.stdio.entries()) if (slot !== null) p.call('dup3', [slot, index, 0])
}

/** More than init has open, and they have the lowest numbers. */
const OWN_DESCRIPTORS = 40

/** Before a filter that may have no close_range; what is opened from here on is close-on-exec by itself. */
export function planCloseOnExec(p: Planner): void {
  p.step({
    name: 'close other descriptors at execve',
    reason: 'a container gets none that its configuration did not give it',
  })
  // Linux 5.11. Before, there only is what was opened so, which is all of it.
  p.call('close_range', [FIRST_EXTRA, 0xffffffff, CLOSE_RANGE_CLOEXEC], { errno: 'EINVAL', skip: 0 })
}

/** Puts extra files at 3 and up, the control socket right behind them, and closes all else (CVE-2024-21626, CVE-2016-9962). */
export function planExtraFiles(
  p: Planner,
  files: ProcessDescriptors,
  kept: readonly Slot[],
  mayClose: boolean,
): void {
  const count = files.extra.length
  // Moved as well, and closed by execve.
  const ours = [CONTROL, ...kept]
  const first = FIRST_EXTRA + count
  const end = first + ours.length
  p.step({
    name: 'close every other descriptor',
    reason: 'a container gets none that its configuration did not give it',
  })
  if (count + kept.length > 0) {
    // Out of the way first: a source may lie where another one goes.
    for (const slot of [...ours, ...files.extra]) p.open('fcntl', [slot, F_DUPFD_CLOEXEC, end], slot)
    for (const [index, slot] of files.extra.entries()) p.call('dup3', [slot, FIRST_EXTRA + index, 0])
    for (const [index, slot] of ours.entries()) p.open('dup3', [slot, first + index, O_CLOEXEC], slot)
  }
  if (mayClose) p.call('close_range', [end, 0xffffffff, 0])
  else
    p.otherwise(null, 'close_range', [end, 0xffffffff, 0], () => {
      // One by one: whoever waits for the end of a socket of ours waits for every copy of it.
      for (let fd = end; fd < end + OWN_DESCRIPTORS; fd++) p.call('close', [fd], { errno: 'EBADF', skip: 0 })
    })
}

/** Finds the command with the rights and in the directory of the process; tells what is there, if it may. */
export function planLookup(p: Planner, process: ValidProcess, mayTell: boolean): Slot {
  const command = process.args[0] as string
  const isPath = command.includes('/')
  p.step({
    name: 'find the command',
    object: command,
    reason: 'before anything is given up',
    field: 'process.args[0]',
    hints: {
      ENOENT: isPath ? 'no such file or directory' : 'executable file not found in $PATH',
      EACCES:
        'permission denied: it is a directory, may not be executed by this user, or lies on a mount with noexec',
    },
  })
  const paths: Table = { table: commandPaths(command, process.env) }
  const found = p.slots.take()
  const lookup = (): Slot => p.open('lookup', [paths, paths.table.length], found)
  if (!isPath || !mayTell) return lookup()
  p.otherwise(
    null,
    'lookup',
    [paths, 1],
    () => {
      planTellStatus(p, command)
      lookup()
    },
    found,
  )
  return found
}

/** A name with a slash is itself; else it is looked for in each part of PATH, of which an empty one is here. */
export function commandPaths(command: string, env: readonly string[]): readonly string[] {
  if (command.includes('/')) return [command]
  const path = env.findLast((entry) => entry.startsWith('PATH='))?.slice('PATH='.length)
  if (path === undefined || path === '') return []
  return path.split(':').map((directory) => `${directory === '' ? '.' : directory}/${command}`)
}

/** Also for whoever releases a process that was prepared, and has not planned it. */
export function executeLabel(command: string): Label {
  return {
    name: 'execute',
    object: command,
    reason: 'the process begins',
    field: 'process.args',
    hints: {
      ENOENT: 'its interpreter, or the loader of either, is missing in the container',
      ENOEXEC: 'another architecture, or a script without its first line',
      EACCES:
        'permission denied: its interpreter may not be executed by this user, or a security module refused',
      ELOOP: 'its interpreter is a script, and so on: five deep is too deep',
      ELIBBAD: 'its loader is no program of this architecture',
      ETXTBSY: 'a process has it open for writing',
      EAGAIN: 'the user has as many processes as RLIMIT_NPROC allows',
      ENOMEM: 'no memory for it: is RLIMIT_AS, RLIMIT_DATA or the memory limit too low?',
      E2BIG: 'arguments and environment are larger than a quarter of RLIMIT_STACK, or one text than 128 KiB',
      EPERM:
        'the seccomp filter denies execve, no_new_privs forbids the change of label, or the file has capabilities that the bounding set lacks',
    },
  }
}

export interface ExecveOptions {
  /** Whoever gave the start its last push: one who releases it may leave, and it goes on. */
  readonly toldTo: 'maker' | 'releaser'
  /** Whether init may look at the command when it cannot be executed. */
  readonly mayTell: boolean
}

export function planExecve(
  p: Planner,
  command: Slot,
  { args }: ValidProcess,
  env: readonly string[],
  { toldTo, mayTell }: ExecveOptions,
): void {
  p.step(executeLabel(args[0]))
  p.call('started', [], toldTo === 'releaser' ? { ignore: true } : undefined)
  const execveArgs = [command, { table: args }, args.length, { table: env }, env.length] as const
  if (mayTell) planExecveOrTell(p, execveArgs, command)
  else p.call('execve', execveArgs)
}

/** Later entries win and stay in their place; HOME is added where it is absent or empty. */
export function processEnv(env: readonly string[], home: string): readonly string[] {
  const last = new Map<string, string>()
  for (const entry of env) {
    const key = entry.slice(0, entry.indexOf('='))
    last.delete(key)
    last.set(key, entry)
  }
  const given = last.get('HOME')
  if (given === undefined || given === 'HOME=') {
    last.delete('HOME')
    last.set('HOME', `HOME=${home === '' ? '/' : home}`)
  }
  return [...last.values()]
}
