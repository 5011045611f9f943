// Owns the check of hooks and of the commands around mounts, one by one. Whether a program is there, and may run, is
// told by the kernel when its turn has come.

import type { Hook, Hooks, MountCommand } from '../../command.ts'
import { listAt } from '../values/list-at.ts'
import { absolutePathAt } from '../values/path-at.ts'
import { recordAt, type Shape } from '../values/record-at.ts'
import { filledTextAt, integerFrom } from '../values/scalar-at.ts'
import { normalizeArgs, normalizeEnv } from './normalize-command.ts'

/** 24 days: a timer of the kernel takes more, a number of milliseconds in 32 bits does not. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

const HOOK: Shape<Hook> = {
  what: 'a hook',
  readers: {
    path: absolutePathAt,
    args: normalizeArgs,
    env: normalizeEnv,
    timeoutMs: integerFrom(1, MAX_TIMEOUT_MS),
  },
  required: ['path'],
}

const hooksAt = (value: unknown, at: string): readonly Hook[] =>
  listAt(value, at, (item, field) => recordAt(item, field, HOOK))

const HOOKS: Shape<Hooks> = {
  what: 'a set of hooks',
  readers: {
    prestart: hooksAt,
    createRuntime: hooksAt,
    createContainer: hooksAt,
    startContainer: hooksAt,
    poststart: hooksAt,
    poststop: hooksAt,
  },
  required: [],
}

export function normalizeHooks(value: unknown, at: string): Hooks {
  return recordAt(value, at, HOOKS)
}

const MOUNT_COMMAND: Shape<MountCommand> = {
  what: 'a command',
  readers: { ...HOOK.readers, path: programAt, dir: absolutePathAt },
  required: ['path'],
}

/** A path that begins nowhere would mean another program for each directory that it is run in. */
function programAt(value: unknown, at: string): string {
  const path = filledTextAt(value, at)
  return path.includes('/') ? absolutePathAt(path, at) : path
}

export function normalizeMountCommands(value: unknown, at: string): readonly MountCommand[] {
  return listAt(value, at, (item, field) => recordAt(item, field, MOUNT_COMMAND))
}
