// Owns `runt run`: a container made from a bundle and started, waited for or left alone.

import { syscall } from '../../core.ts'
import type { Command, CommandContext } from '../command.ts'
import { CREATE_OPTIONS, readWish } from '../create-options.ts'
import { destroyContainer } from '../destroy-container.ts'
import { openForeground } from '../foreground.ts'
import { makeContainer } from '../make-container.ts'
import { planReturn } from '../plan-return.ts'
import { tryRelayReadiness } from '../service-manager.ts'
import { becomeSubreaper } from '../subreaper.ts'

const OPTIONS = {
  ...CREATE_OPTIONS,
  detach: { short: 'd', help: 'start it, and do not wait for its end' },
  keep: { help: 'do not remove it after its end: "runt state" still knows it, "runt delete" removes it' },
  'no-subreaper': { help: 'let processes whose parent has ended go to init, not to this command' },
} as const

export const run: Command<typeof OPTIONS> = {
  summary: 'Makes a container, starts it and waits for its end',
  details:
    'Signals are passed on to its process, and a terminal of its own is shown here. The exit status is that of the process, or 128 and the signal when it was killed. The container is removed afterwards.',
  options: OPTIONS,
  operands: ['ID'],
  examples: [
    ['runt run -b /srv/web web', 'starts web, waits for it, and ends with its exit status'],
    ['runt run -d --pid-file web.pid -b /srv/web web', 'starts web, and leaves it alone'],
  ],
  async run(context) {
    if (!context.options.detach) return runInForeground(context)
    const { readiness } = await makeContainer(context, await readWish(context, true), 'started')
    await tryRelayReadiness(context, readiness)
    return 0
  },
}

async function runInForeground(context: CommandContext<typeof OPTIONS>): Promise<number> {
  const { kernel, options } = context
  const comeBack = planReturn(context, options.keep)
  const wish = await readWish(context, false)
  if (!options['no-subreaper']) becomeSubreaper(kernel)
  const foreground = openForeground(context, Boolean(wish.spec.terminal))
  try {
    const spec = foreground.inWindow(wish.spec)
    const { container, process, readiness } = await makeContainer(context, { ...wish, spec }, 'started')
    try {
      // To the service manager this command is the service, as its end is what passes the exit status on.
      const relayed = tryRelayReadiness(context, readiness, syscall(kernel, 'getpid'))
      return await foreground.attend(process, { comeBack: () => comeBack(container), relayed })
    } finally {
      if (!options.keep) await destroyContainer(context, container)
    }
  } finally {
    foreground.end()
  }
}
