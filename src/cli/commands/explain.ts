// Owns `runt explain`: what `runt run` would do with a bundle, step by step.

import { explain as explainStart } from '../../core.ts'
import { BUNDLE_OPTION, readBundle } from '../bundle.ts'
import { cgroupOptions } from '../cgroup-options.ts'
import type { Command } from '../command.ts'

const OPTIONS = {
  bundle: BUNDLE_OPTION,
  ops: { help: 'list the system calls of each step' },
} as const

export const explain: Command<typeof OPTIONS> = {
  summary: 'Shows what a start would do, and changes nothing',
  details:
    'Each step stands with the process that does it, its reason, and the field of config.json that asked for it.',
  options: OPTIONS,
  operands: [],
  examples: [
    ['runt explain', 'the steps for the bundle here'],
    ['runt explain --ops -b /srv/web', 'with every system call'],
  ],
  async run(context) {
    const { kernel, options, print } = context
    const cgroup = cgroupOptions(context, 'ID')
    const { config, process } = readBundle(kernel, options.bundle, cgroup)
    const { cgroupManager = 'cgroupfs' } = cgroup
    return print(explainStart(kernel, config, process, { ops: options.ops, cgroupManager }))
  },
}
