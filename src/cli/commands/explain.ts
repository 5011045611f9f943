// Owns `runt explain`: what `runt run` would do with a bundle, step by step.

import { CoreFactory, writeAll } from '../../core.ts'
import { BUNDLE_OPTION, readBundle } from '../bundle.ts'
import type { Command } from '../command.ts'

const OPTIONS = {
  bundle: BUNDLE_OPTION,
  ops: { help: 'list the system calls of each step' },
} as const

export const explain: Command<typeof OPTIONS> = {
  summary: 'Shows what a start would do',
  options: OPTIONS,
  operands: [],
  async run({ kernel, root, options: { bundle, ops } }) {
    const { config, process } = readBundle(kernel, bundle, 'ID')
    const listing = CoreFactory.open(kernel, root).explain(config, process, { ops })
    await writeAll(kernel, 1, kernel.encodeText(listing))
    return 0
  },
}
