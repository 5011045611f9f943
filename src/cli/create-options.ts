// Owns the options that commands which make a container share, and what they come to: a bundle, read, with what the
// command line adds to it. Relative paths are those of the caller, so they are made absolute before the bundle is entered.

import type { ContainerConfig, ProcessSpec, StartOptions } from '../core.ts'
import { BUNDLE_OPTION, readBundle } from './bundle.ts'
import { cgroupOptions } from './cgroup-options.ts'
import type { CommandContext } from './command.ts'
import { CONSOLE_SOCKET_OPTION, chooseConsole, consoleSocketAt } from './console.ts'
import type { OptionValues } from './options.ts'
import { PID_FILE_OPTION, type PidFile, pidFileAt } from './pid-file.ts'
import { PIDFD_SOCKET_OPTION, type PidfdSocket, pidfdSocketAt } from './pidfd-socket.ts'
import { PRESERVE_FDS_OPTION, preserveFiles } from './preserved-files.ts'
import { serviceManagerOf } from './service-manager.ts'

export const CREATE_OPTIONS = {
  bundle: BUNDLE_OPTION,
  'pid-file': PID_FILE_OPTION,
  'console-socket': CONSOLE_SOCKET_OPTION,
  'pidfd-socket': PIDFD_SOCKET_OPTION,
  'no-pivot': { help: 'enter the root by chroot: for a bundle in a ramdisk' },
  'no-new-keyring': { help: "let the container have the caller's session keyring" },
  'preserve-fds': PRESERVE_FDS_OPTION,
} as const

export interface Wish {
  readonly id: string
  readonly bundle: string
  readonly config: ContainerConfig
  readonly spec: ProcessSpec
  readonly start: StartOptions
  readonly pidFile: PidFile
  readonly pidfdSocket: PidfdSocket
  /** Whether a service manager waits for the word that it is ready. */
  readonly notifySocket: boolean
}

/**
 * Tells the warnings on the way.
 * @param leaves whether the command ends before the process does
 * @throws LibcontainerError ConfigInvalid, with the field; SystemError
 */
export async function readWish<O extends typeof CREATE_OPTIONS>(
  context: CommandContext<O>,
  leaves: boolean,
): Promise<Wish> {
  const { kernel, env, log } = context
  const options: OptionValues<typeof CREATE_OPTIONS> = context.options
  const [id = ''] = context.operands
  const preserved = preserveFiles(kernel, env, options['preserve-fds'])
  const pidFile = pidFileAt(kernel, options['pid-file'])
  const pidfdSocket = pidfdSocketAt(kernel, options['pidfd-socket'], 'standard')
  const consoleSocket = consoleSocketAt(kernel, options['console-socket'])
  const { config, process, warnings, remarks, bundle } = readBundle(
    kernel,
    options.bundle,
    cgroupOptions(context, id),
  )
  for (const warning of warnings) await log.warn(warning)
  const { spec, stdio, ...console } = chooseConsole(process, leaves, consoleSocket)
  for (const remark of remarks) await log.debug(remark)
  return {
    id,
    bundle,
    config: {
      ...(context.global['cgroup-manager'] === 'disabled' ? withoutCgroup(config) : config),
      ...(options['no-pivot'] && { noPivotRoot: true }),
      ...(options['no-new-keyring'] && { noNewKeyring: true }),
    },
    spec: { ...spec, env: [...(spec.env ?? []), ...preserved.env] },
    start: { ...console, io: { stdio, extraFiles: preserved.fds } },
    pidFile,
    pidfdSocket,
    notifySocket: serviceManagerOf(env) !== '',
  }
}

function withoutCgroup({ cgroup: _, ...config }: ContainerConfig): ContainerConfig {
  return config
}
