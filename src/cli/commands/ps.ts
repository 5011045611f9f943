// Owns `runt ps`: the processes of a container as the host sees them. The table is that of the host's own ps, of which
// only the container's lines are left.

import { checked, type Kernel, LibcontainerError, syscall } from '../../core.ts'
import type { Command } from '../command.ts'
import { loadContainer } from '../open-factory.ts'

const OPTIONS = {
  format: {
    short: 'f',
    value: 'FORMAT',
    choices: ['table', 'json'],
    help: 'json: their pids (default: table)',
  },
} as const

export const ps: Command<typeof OPTIONS> = {
  summary: 'Lists the processes of a container, as the host sees them',
  options: OPTIONS,
  operands: ['ID', '[PS-OPTION]...'],
  examples: [
    ['runt ps web', 'as ps -ef has them'],
    ['runt ps web -o pid,rss,args', 'any options of ps(1) that show the pid'],
    ['runt ps -f json web', 'pids, for scripts'],
  ],
  async run(context) {
    const { kernel, env, options, operands, print } = context
    const container = await loadContainer(context)
    const pids = container.processes()
    if (options.format === 'json') return print(`${pids.length === 0 ? 'null' : JSON.stringify(pids)}\n`)
    const [, ...args] = operands
    return becomeShell(kernel, env, [
      '-c',
      FILTER,
      'ps',
      pids.join(' '),
      ...(args.length > 0 ? args : ['-ef']),
    ])
  },
}

/** Runs ps with all arguments but the first, and keeps the header and the lines whose pid is in the first one. */
const FILTER = `
pids=" $1 "; shift
table=$(ps "$@") || exit 1
printf '%s\\n' "$table" | {
  IFS= read -r head; column=0; found=
  for word in $head; do
    column=$((column + 1))
    if [ "$word" = PID ]; then found=$column; break; fi
  done
  if [ -z "$found" ]; then echo "runt: couldn't find PID field in ps output" >&2; exit 1; fi
  printf '%s\\n' "$head"
  set -f
  while IFS= read -r line; do
    set -- $line
    eval "pid=\\$$found"
    case $pids in *" $pid "*) printf '%s\\n' "$line" ;; esac
  done
}`

const AT_FDCWD = -100
const O_CLOEXEC = 0o2000000
const SHELL = '/bin/sh'

/** The shell takes the place of this process: its exit status is ours. */
function becomeShell(kernel: Kernel, env: readonly string[], args: readonly string[]): never {
  const attempt = { action: 'run', object: SHELL }
  const fd = checked(syscall(kernel, 'openat', AT_FDCWD, SHELL, O_CLOEXEC, 0), 'openat', attempt)
  checked(kernel.exec(fd, [SHELL, ...args], env), 'execveat', attempt)
  throw new LibcontainerError({ code: 'SystemError', ...attempt, reason: 'it did not start' })
}
