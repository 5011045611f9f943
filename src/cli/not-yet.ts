// Owns the commands that runc has and we do not have yet: they say so, whatever they are called with, so that nobody
// takes an unknown option for the reason.

import { LibcontainerError } from '../core.ts'
import type { Command } from './command.ts'

export function notYet(summary: string, verb: string, options: Command['options']): Command {
  return {
    summary: `${summary} (not yet)`,
    options,
    operands: ['ID'],
    examples: [],
    async run({ operands: [id = ''] }) {
      throw new LibcontainerError({
        code: 'ConfigInvalid',
        action: verb,
        object: id,
        reason: 'runt cannot do that yet',
      })
    },
  }
}
