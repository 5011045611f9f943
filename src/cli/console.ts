// Owns who has the terminal of a process: nobody, this command, or whoever listens on a socket; and runc's rules for
// that, with its texts, which callers know.

import { type Kernel, LibcontainerError, type ProcessSpec, type StartOptions } from '../core.ts'
import { absolutePath } from './absolute-path.ts'
import { ownStreams } from './own-streams.ts'

export const CONSOLE_SOCKET_OPTION = {
  value: 'PATH',
  help: 'send the terminal to whoever listens on this socket',
} as const

/** What a start needs to know. */
export interface ConsoleOptions
  extends Pick<StartOptions, 'consoleSocket'>,
    Pick<StartOptions['io'], 'stdio'> {
  readonly spec: ProcessSpec
}

/** To be asked for before the working directory changes. */
export function consoleSocketAt(kernel: Kernel, path: string | undefined): string | undefined {
  return path === undefined || path === '' ? undefined : absolutePath(kernel, path)
}

/**
 * A terminal that this command shows leaves the line ends to the one on which it does.
 * @param leaves whether this command ends before the process does
 * @throws LibcontainerError ConfigInvalid
 */
export function chooseConsole(
  spec: ProcessSpec,
  leaves: boolean,
  consoleSocket: string | undefined,
): ConsoleOptions {
  const { terminal } = spec
  if (terminal && leaves && consoleSocket === undefined)
    throw refuse('cannot allocate tty if runc will detach without setting console socket')
  if (consoleSocket !== undefined && !(terminal && leaves))
    throw refuse('cannot use console socket if runc will not detach or allocate tty')
  return {
    spec: typeof terminal === 'object' ? { ...spec, terminal: { ...terminal, onlcr: leaves } } : spec,
    stdio: terminal ? [{ kind: 'null' }, { kind: 'null' }, { kind: 'null' }] : ownStreams,
    ...(consoleSocket !== undefined && { consoleSocket }),
  }
}

function refuse(reason: string): LibcontainerError {
  return new LibcontainerError({ code: 'ConfigInvalid', action: 'start', field: 'process.terminal', reason })
}
