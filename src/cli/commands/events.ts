// Owns `runt events`: the figures of a container and what befalls it, an object of JSON a line.

import { type CgroupStats, type CoreContainer, formatJson } from '../../core.ts'
import type { Command, CommandContext } from '../command.ts'
import { parseDurationMs } from '../duration.ts'
import { eventData } from '../event-data.ts'
import { intelRdtData } from '../intel-rdt-data.ts'
import { loadContainer } from '../open-factory.ts'
import { refuseStatus } from '../refuse-status.ts'

const OPTIONS = {
  stats: { help: 'the figures once, and no more' },
  interval: { value: 'DURATION', help: 'how long between figures: 500ms, 1m (default: 5s)' },
} as const

export const events: Command<typeof OPTIONS> = {
  summary: 'Shows figures of a container, and when it lacks memory',
  details: 'It ends with the container. Times are in nanoseconds, sizes in bytes.',
  options: OPTIONS,
  operands: ['ID'],
  examples: [
    ['runt events --stats web', 'CPU, memory, disk, processes: now'],
    ['runt events --interval 1s web', 'every second, and each time that memory ran out'],
  ],
  async run(context) {
    const intervalMs = parseDurationMs('--interval', context.options.interval ?? '5s')
    const container = await loadContainer(context)
    if (container.ociState().status === 'stopped')
      throw refuseStatus('watch', container, `container with id ${container.id} is not running`)
    if (context.options.stats) return printStats(context, container, container.stats())
    await Promise.all([printOoms(context, container), printAllStats(context, container, intervalMs)])
    return 0
  },
}

async function printAllStats(
  context: CommandContext<typeof OPTIONS>,
  container: CoreContainer,
  intervalMs: number,
): Promise<void> {
  for await (const stats of container.watchStats({ intervalMs })) await printStats(context, container, stats)
}

async function printOoms({ print }: CommandContext<typeof OPTIONS>, container: CoreContainer): Promise<void> {
  for await (const _ of container.oomEvents())
    await print(`${formatJson({ type: 'oom', id: container.id })}\n`)
}

function printStats(
  { print }: CommandContext<typeof OPTIONS>,
  container: CoreContainer,
  stats: CgroupStats,
): Promise<number> {
  const network = container.config.networks.length === 0 ? [] : container.networkStats()
  const data = {
    ...eventData(stats, network, container.cgroupVersion ?? 2),
    intel_rdt: intelRdtData(container.intelRdtStats()),
  }
  return print(`${formatJson({ type: 'stats', id: container.id, data })}\n`)
}
