// Owns running a program of the configuration's inside the container's namespaces: as a child of init, with what the
// configuration gives it and nothing else. Its output is kept in memory and reaches the parent only when it fails.

import { ERRNO } from '../../abi/errno.ts'
import {
  AT_FDCWD,
  MFD_CLOEXEC,
  O_CLOEXEC,
  O_RDONLY,
  P_PID,
  POLLIN,
  SEEK_SET,
  WEXITED,
} from '../../abi/flags.ts'
import { SIGNALS } from '../../abi/signals.ts'
import { SIGINFO_SIZE, SIGINFO_STATUS } from '../../abi/structs.ts'
import type { Command } from '../../config/command.ts'
import type { OpArg, Scratch, Slot, Struct } from '../../protocol/op.ts'
import type { CommandStep } from '../launch-plan.ts'
import type { Planner } from '../planner.ts'

/** Id of the return before a program whose end somebody else may hear of. */
export const RETURN_BEGIN = 5
/** Ids of the returns of a program that failed: siginfo_t of waitid(2), and what it wrote. */
export const RETURN_END = 6
export const RETURN_STDOUT = 7
export const RETURN_STDERR = 8

/** So much of each stream an error shows; the rest is cut off. */
const MAX_OUTPUT_BYTES = 16 << 10

/** Where a program writes to; both may be the same. */
export interface Outputs {
  readonly stdout: Slot
  readonly stderr: Slot
}

/** Files in memory: a program that writes much, or leaves a process behind, blocks nobody. */
export function planOutputs(p: Planner, kind: 'apart' | 'together' = 'apart'): Outputs {
  const stdout = p.open('memfd_create', ['stdout', MFD_CLOEXEC])
  return { stdout, stderr: kind === 'together' ? stdout : p.open('memfd_create', ['stderr', MFD_CLOEXEC]) }
}

export interface CommandRun {
  readonly label: CommandStep
  readonly command: Command
  readonly env: readonly string[]
  /** Read from its beginning; null: /dev/null of the host, which must still be in sight. */
  readonly stdin: Slot | null
  /** Opened before, and used for several programs; or how they are opened for this one. */
  readonly outputs: Outputs | 'apart' | 'together'
  /** Told to the parent first: it may be one that has not planned this. */
  readonly announcement?: Struct
  /** What the child does before it executes the program. @returns the program's path, if it is not the command's */
  readonly enter: () => OpArg | undefined
}

/** A step that runs a program to its end; it fails unless the program exits with 0. */
export function planCommand(p: Planner, run: CommandRun): void {
  const { label, command, stdin } = run
  p.step(label)
  const { announcement } = run
  // One who releases a process may leave, and it goes on.
  if (announcement) p.tell([RETURN_BEGIN, -1, announcement, announcement.bytes.length])
  if (stdin !== null) p.call('lseek', [stdin, 0, SEEK_SET])
  const isOurs = typeof run.outputs === 'string'
  const outputs = isOurs ? planOutputs(p, run.outputs) : run.outputs
  if (!isOurs) for (const output of [outputs.stdout, outputs.stderr]) planEmpty(p, output)
  const pid = p.slots.take()
  p.otherwise('ECHILD', 'child', [], () => planImage(p, run, outputs), pid)
  if (command.timeoutMs !== undefined) planTimeLimit(p, pid, command.timeoutMs)
  planEnd(p, pid, outputs)
  p.slots.give(pid)
  if (!isOurs) return
  p.close(outputs.stdout)
  if (outputs.stderr !== outputs.stdout) p.close(outputs.stderr)
}

function planEmpty(p: Planner, output: Slot): void {
  p.call('ftruncate', [output, 0])
  p.call('lseek', [output, 0, SEEK_SET])
}

/** What the child does: everything else that init holds closes with its execve. */
function planImage(p: Planner, { command, env, stdin, enter }: CommandRun, outputs: Outputs): void {
  const input = stdin ?? p.open('openat', [AT_FDCWD, '/dev/null', O_RDONLY | O_CLOEXEC, 0])
  for (const [index, slot] of [input, outputs.stdout, outputs.stderr].entries())
    p.call('dup3', [slot, index, 0])
  if (stdin === null) p.slots.give(input)
  const program = enter() ?? command.path
  const argv = command.args ?? [command.path]
  p.call('execve', [program, { table: argv }, argv.length, { table: env }, env.length])
}

function planEnd(p: Planner, pid: Slot, { stdout, stderr }: Outputs): void {
  const info: Scratch = { scratch: SIGINFO_SIZE }
  p.call('waitid', [P_PID, pid, info, WEXITED, 0])
  // 0 is the status of no signal, and of one exit only.
  const succeeded: readonly OpArg[] = [
    { at: info, offset: SIGINFO_STATUS },
    4,
    0xffffffff,
    0,
    ERRNO.EREMOTEIO,
  ]
  p.otherwise('EREMOTEIO', 'expect', succeeded, () => {
    p.ask('return', [RETURN_END, -1, info, SIGINFO_SIZE])
    planReturnOutput(p, RETURN_STDOUT, stdout)
    if (stderr !== stdout) planReturnOutput(p, RETURN_STDERR, stderr)
    p.call('expect', succeeded)
  })
}

/** Whoever hears of it ends the process group of init, which the program is in with all that it has started. */
function planTimeLimit(p: Planner, pid: Slot, timeoutMs: number): void {
  const pollfd: Struct = { bytes: new Uint8Array(new Int16Array([0, 0, POLLIN, 0]).buffer) }
  const seconds = Math.floor(timeoutMs / 1000)
  const limit: Struct = {
    bytes: new Uint8Array(new BigInt64Array([BigInt(seconds), BigInt(timeoutMs % 1000) * 1_000_000n]).buffer),
  }
  const pidfd = p.open('pidfd_open', [pid, 0])
  p.call('store', [pollfd, 4, pidfd])
  p.call('ppoll', [pollfd, 1, limit, 0, 0])
  const ended: readonly OpArg[] = [{ at: pollfd, offset: 6 }, 2, 0xffff, POLLIN, ERRNO.ETIMEDOUT]
  p.otherwise('ETIMEDOUT', 'expect', ended, () => {
    p.call('pidfd_send_signal', [pidfd, SIGNALS.SIGKILL, 0, 0])
    p.call('expect', ended)
  })
  p.close(pidfd)
}

function planReturnOutput(p: Planner, id: number, output: Slot): void {
  const text: Scratch = { scratch: MAX_OUTPUT_BYTES }
  p.call('lseek', [output, 0, SEEK_SET])
  const length = p.open('read', [output, text, MAX_OUTPUT_BYTES])
  p.ask('return', [id, -1, text, length])
  p.slots.give(length)
}
