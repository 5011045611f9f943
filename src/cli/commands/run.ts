// Owns `runt run`: a container made from a bundle, in the foreground, gone when its process has ended.

import { CoreFactory, type ProcessIo, writeAll } from '../../core.ts'
import { BUNDLE_OPTION, readBundle } from '../bundle.ts'
import type { Command } from '../command.ts'
import { forwardSignals } from '../forward-signals.ts'

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
  async run({ kernel, root, options, operands: [id = ''] }) {
    const { config, process: spec, warnings } = readBundle(kernel, options.bundle, id)
    for (const warning of warnings)
      await writeAll(kernel, 2, kernel.encodeText(`runt: warning: ${warning}\n`))
    const container = await CoreFactory.open(kernel, root, { idGrammar: 'oci' }).create(id, config)
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
