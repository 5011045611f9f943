// Owns `runt run`: a container made from a bundle, in the foreground, gone when its process has ended.

import type { ProcessIo } from '../../core.ts'
import { BUNDLE_OPTION, readBundle } from '../bundle.ts'
import type { Command } from '../command.ts'
import { forwardSignals } from '../forward-signals.ts'
import { openFactoryToCreate } from '../open-factory.ts'

const OPTIONS = { bundle: BUNDLE_OPTION } as const

const OWN_STREAMS: ProcessIo = {
  stdio: [
    { kind: 'passed', fd: 0 },
    { kind: 'passed', fd: 1 },
    { kind: 'passed', fd: 2 },
  ],
  extraFiles: [],
}

export const run: Command<typeof OPTIONS> = {
  summary: 'Starts a container and waits for its process',
  options: OPTIONS,
  operands: ['ID'],
  examples: [['runt run -b /srv/web web', 'starts web, waits for it, and ends with its exit status']],
  async run(context) {
    const {
      kernel,
      log,
      options,
      operands: [id = ''],
    } = context
    const { config, process: spec, warnings } = readBundle(kernel, options.bundle, id)
    for (const warning of warnings) await log.warn(warning)
    const container = await openFactoryToCreate(context).create(id, config)
    const signals = forwardSignals(kernel)
    try {
      const process = await container.start(spec, { io: OWN_STREAMS })
      signals.to(process)
      const { status } = await process.wait()
      return status
    } finally {
      signals.stop()
      await container.destroy()
    }
  },
}
