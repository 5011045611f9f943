// Owns `runt update`: other limits for a container that runs, all that were given or none.

import { convertUpdate, type Kernel, parseJson, readSome } from '../../core.ts'
import type { Command } from '../command.ts'
import { loadContainer } from '../open-factory.ts'
import { usageError } from '../options.ts'
import { readJson } from '../read-json.ts'
import { LIMIT_OPTIONS, resourcesOf, schemasOf } from '../update-resources.ts'

const OPTIONS = {
  resources: {
    short: 'r',
    value: 'FILE',
    help: 'read them from a file, as linux.resources of config.json has them, or from standard input for "-"',
  },
  ...LIMIT_OPTIONS,
} as const

export const update: Command<typeof OPTIONS> = {
  summary: 'Changes the limits of a running container',
  details:
    'What is not given stays as it is, and so does everything when one limit is refused. With --resources all other options are passed over.',
  options: OPTIONS,
  operands: ['ID'],
  examples: [
    ['runt update --memory 512M --pids-limit 100 web', 'half a gigabyte and a hundred processes'],
    [`echo '{"cpu": {"quota": 50000}}' | runt update -r - web`, 'half a CPU, by JSON'],
  ],
  async run(context) {
    const { kernel, log, options } = context
    const container = await loadContainer(context)
    const given =
      options.resources === undefined ? resourcesOf(options) : await readResources(kernel, options.resources)
    const { limits, warnings } = convertUpdate(given)
    for (const warning of warnings) await log.warn(warning)
    const intelRdt = options.resources === undefined ? schemasOf(options) : null
    await container.set({ ...limits, ...(intelRdt && { intelRdt }) })
    return 0
  },
}

async function readResources(kernel: Kernel, source: string): Promise<unknown> {
  return source === '-' ? parseJson(await readInput(kernel)) : readJson(kernel, source)
}

const MOST_BYTES = 4 << 20

async function readInput(kernel: Kernel): Promise<string> {
  const buffer = new Uint8Array(MOST_BYTES)
  for (let end = 0; end < buffer.length; ) {
    const count = await readSome(kernel, 0, buffer.subarray(end))
    if (count === 0) return kernel.decodeText(buffer.subarray(0, end))
    end += count
  }
  throw usageError('--resources -', 'standard input does not end')
}
