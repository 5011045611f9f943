// Owns the hint for a command that was not started, from what init returned after the failure. What it returned is a
// container's: nothing of it is trusted beyond the words of the hint.

import { RETURN_COMMAND, RETURN_COMMAND_STATUS } from '../../plan/steps/post-mortem.ts'
import type { Kernel } from '../../system/kernel.ts'
import { readExecutableHead } from './executable-head.ts'
import { explainExecve } from './explain-execve.ts'
import { explainLookup } from './explain-lookup.ts'

/** @returns null when init returned nothing about it, or nothing that says more than the errno */
export function explainCommand(
  kernel: Kernel,
  call: string,
  errno: string,
  returned: ReadonlyMap<number, Uint8Array>,
): string | null {
  const head = returned.get(RETURN_COMMAND)
  if (call === 'execve' && head !== undefined)
    return explainExecve(
      errno,
      readExecutableHead(head, (bytes) => kernel.decodeText(bytes)),
      kernel.arch,
    )
  const status = returned.get(RETURN_COMMAND_STATUS)
  return call === 'lookup' && status !== undefined ? explainLookup(errno, status) : null
}
