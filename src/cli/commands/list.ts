// Owns `runt list`: all containers below one root. One whose state cannot be read is told of, and keeps the others
// from nobody's sight.

import { type CoreFactory, checked, isLibcontainerError, type OciState, syscall } from '../../core.ts'
import type { Command, CommandContext } from '../command.ts'
import { describeError } from '../describe-error.ts'
import { formatTable } from '../format-table.ts'
import { openFactory } from '../open-factory.ts'
import { ownerOf } from '../owner-of.ts'

const OPTIONS = {
  format: { short: 'f', value: 'FORMAT', choices: ['table', 'json'], help: 'how (default: table)' },
  quiet: { short: 'q', help: 'their ids alone, one a line' },
} as const

type Listed = OciState & { readonly owner: string }

export const list: Command<typeof OPTIONS> = {
  summary: 'Lists the containers',
  options: OPTIONS,
  operands: [],
  examples: [
    ['runt list', 'a table of all'],
    ['runt list -q', 'ids, for scripts'],
  ],
  async run(context) {
    const { kernel, root, global, options, print } = context
    // The default directory may be missing, where nobody has made a container; one that was named is a mistake then.
    if (global.root !== undefined)
      checked(syscall(kernel, 'chdir', root), 'chdir', { action: 'list', object: root })
    const states = await readStates(context, openFactory(context))
    if (options.quiet) return print(states.map(({ id }) => `${id}\n`).join(''))
    if (options.format === 'json') return print(`${states.length === 0 ? 'null' : JSON.stringify(states)}\n`)
    return print(formatStates(states))
  },
}

async function readStates(
  { kernel, root, log }: CommandContext,
  factory: CoreFactory,
): Promise<readonly Listed[]> {
  const states: Listed[] = []
  for (const id of await factory.list()) {
    try {
      const container = await factory.load(id)
      states.push({ ...container.ociState(), owner: ownerOf(kernel, `${root}/${id}`) })
    } catch (error) {
      if (!isLibcontainerError(error)) throw error
      // Gone since it was seen, or not started yet: none of ours in either case.
      if (error.code !== 'ContainerNotExists')
        await log.error(`load container ${id}: ${describeError(error)[0]}`)
    }
  }
  return states
}

function formatStates(states: readonly Listed[]): string {
  const rows = states.map(({ id, pid, status, bundle, created, owner }) => [
    id,
    String(pid),
    status,
    bundle,
    created,
    owner,
  ])
  return formatTable([['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], ...rows])
}
