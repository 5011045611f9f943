// Owns the way from the global options to the core's factory.

import { type CoreContainer, CoreFactory, syscall } from '../core.ts'
import type { CommandContext } from './command.ts'
import { usesSystemd } from './global-options.ts'

const AT_FDCWD = -100
/** With the sticky bit, by which those who clean XDG_RUNTIME_DIR know what to spare (XDG Base Directory Specification). */
const OWN_ROOT_MODE = 0o1700

/** @throws LibcontainerError ConfigInvalid, SystemError */
export function openFactory({ kernel, root, global, env, log }: CommandContext): CoreFactory {
  if (global.root === undefined) syscall(kernel, 'mkdirat', AT_FDCWD, root, OWN_ROOT_MODE)
  const cgroupManager = usesSystemd(global) ? 'systemd' : 'cgroupfs'
  return CoreFactory.open(kernel, root, {
    idGrammar: 'oci',
    cgroupManager,
    hookEnv: env,
    ...(log.isDebug && { trace: (lines) => log.debug(...lines) }),
  })
}

/** The container that the first operand names. @throws LibcontainerError ContainerNotExists, InvalidIdFormat, SystemError */
export function loadContainer(context: CommandContext): Promise<CoreContainer> {
  return openFactory(context).load(context.operands[0] ?? '')
}
