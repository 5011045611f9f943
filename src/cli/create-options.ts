// Owns the options that commands which make a container share, and what they come to: a bundle, read, with what the
// command line adds to it. Relative paths are those of the caller, so they are made absolute before the bundle is entered.

import type { ContainerConfig, ProcessIo, ProcessSpec } from '../core.ts'
import { BUNDLE_OPTION, readBundle } from './bundle.ts'
import type { CommandContext } from './command.ts'
import type { OptionValues } from './options.ts'
import { ownStreams } from './own-streams.ts'
import { PID_FILE_OPTION, type PidFile, pidFileAt } from './pid-file.ts'
import { PRESERVE_FDS_OPTION, preserveFiles } from './preserved-files.ts'

export const CREATE_OPTIONS = {
  bundle: BUNDLE_OPTION,
  'pid-file': PID_FILE_OPTION,
  'no-pivot': { help: 'enter the root by chroot: for a bundle in a ramdisk' },
  'no-new-keyring': { help: "let the container have the caller's session keyring" },
  'preserve-fds': PRESERVE_FDS_OPTION,
} as const

export interface Wish {
  readonly id: string
  readonly bundle: string
  readonly config: ContainerConfig
  readonly spec: ProcessSpec
  readonly io: ProcessIo
  readonly pidFile: PidFile
}

/** Tells the warnings on the way. @throws LibcontainerError ConfigInvalid, with the field; SystemError */
export async function readWish<O extends typeof CREATE_OPTIONS>(context: CommandContext<O>): Promise<Wish> {
  const { kernel, env, log } = context
  const options: OptionValues<typeof CREATE_OPTIONS> = context.options
  const [id = ''] = context.operands
  const preserved = preserveFiles(kernel, env, options['preserve-fds'])
  const pidFile = pidFileAt(kernel, options['pid-file'])
  const { config, process, warnings, remarks, bundle } = readBundle(kernel, options.bundle, id)
  for (const warning of warnings) await log.warn(warning)
  for (const remark of remarks) await log.debug(remark)
  return {
    id,
    bundle,
    config: {
      ...(context.global['cgroup-manager'] === 'disabled' ? withoutCgroup(config) : config),
      ...(options['no-pivot'] && { noPivotRoot: true }),
      ...(options['no-new-keyring'] && { noNewKeyring: true }),
    },
    spec: { ...process, env: [...(process.env ?? []), ...preserved.env] },
    io: { stdio: ownStreams, extraFiles: preserved.fds },
    pidFile,
  }
}

function withoutCgroup({ cgroup: _, ...config }: ContainerConfig): ContainerConfig {
  return config
}
