// Owns the command line by which `runt run` comes back from being init's waiter: `runt finish`, with the options that
// the caller gave before the command.

import type { ComeBack, CoreContainer } from '../core.ts'
import { absolutePath } from './absolute-path.ts'
import type { CommandContext } from './command.ts'

/**
 * To be called before the bundle is entered: paths of the caller begin where it is.
 * @param keep whether the container stays @throws LibcontainerError SystemError
 */
export function planReturn(context: CommandContext, keep: boolean): (container: CoreContainer) => ComeBack {
  const { env } = context
  const globalOptions = repeatGlobalOptions(context)
  return (container) => {
    const { id, created } = container.ociState()
    const argv = ['runt', ...globalOptions, 'finish', ...(keep ? ['--keep'] : []), id, created]
    return { argv, env }
  }
}

function repeatGlobalOptions({ kernel, root, global }: CommandContext): readonly string[] {
  const given = { ...global, root, ...(global.log && { log: absolutePath(kernel, global.log) }) }
  return Object.entries(given).flatMap(([name, value]) => {
    if (value === undefined || value === false) return []
    return [value === true ? `--${name}` : `--${name}=${value}`]
  })
}
