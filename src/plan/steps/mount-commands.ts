// Owns the commands that run before and after a mount of the configuration, which see the host's files, and below the
// path of the root what is mounted there so far.

import type { MountCommand } from '../../config/command.ts'
import type { Mount } from '../../config/mount.ts'
import type { Table } from '../../protocol/op.ts'
import type { Planner } from '../planner.ts'
import { planCommand } from './command.ts'
import { commandPaths } from './exec.ts'
import type { Root } from './target.ts'

/** Whether programs run between mounts, which may put anything into what is mounted so far. */
export function haveCommands(mounts: readonly Mount[]): boolean {
  return mounts.some(
    ({ premountCommands, postmountCommands }) => premountCommands?.length || postmountCommands?.length,
  )
}

/** @param defaultEnv the environment of the process */
export function planMountCommands(
  p: Planner,
  commands: readonly MountCommand[] | undefined,
  field: string,
  defaultEnv: readonly string[],
  root: Root,
): void {
  commands?.forEach((command, index) => {
    const { path, timeoutMs, dir } = command
    const env = command.env ?? defaultEnv
    planCommand(p, {
      label: {
        name: 'run command',
        object: path,
        reason: field.endsWith('premountCommands') ? 'before the mount' : 'after the mount',
        field: `${field}[${index}]`,
        hints: { ENOENT: 'it is looked for on the host', EACCES: 'the host does not let it be executed' },
        command: { action: 'run the command', ...(timeoutMs !== undefined && { timeoutMs }) },
      },
      command,
      env,
      stdin: null,
      outputs: 'together',
      enter: () => {
        if (dir === undefined) p.call('fchdir', [root.fd])
        else p.call('chdir', [dir])
        if (path.startsWith('/')) return undefined
        const paths: Table = { table: commandPaths(path, hasPath(env) ? env : defaultEnv) }
        const found = p.open('lookup', [paths, paths.table.length])
        p.slots.give(found)
        return found
      },
    })
  })
}

function hasPath(env: readonly string[]): boolean {
  return env.some((entry) => entry.startsWith('PATH='))
}
