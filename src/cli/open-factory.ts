// Owns the way from the global options to the core's factory.

import { type CoreContainer, CoreFactory, LibcontainerError, syscall } from '../core.ts'
import type { CommandContext } from './command.ts'

const AT_FDCWD = -100
/** With the sticky bit, by which those who clean XDG_RUNTIME_DIR know what to spare (XDG Base Directory Specification). */
const OWN_ROOT_MODE = 0o1700

/** For a command that looks for containers. @throws LibcontainerError ConfigInvalid, SystemError */
export function openFactory({ kernel, root, global }: CommandContext): CoreFactory {
  if (global.root === undefined) syscall(kernel, 'mkdirat', AT_FDCWD, root, OWN_ROOT_MODE)
  return CoreFactory.open(kernel, root, { idGrammar: 'oci' })
}

/** For a command that makes a container. @throws LibcontainerError ConfigInvalid for a driver of cgroups that is not there */
export function openFactoryToCreate(context: CommandContext): CoreFactory {
  if (!context.global['systemd-cgroup'] && context.global['cgroup-manager'] !== 'systemd')
    return openFactory(context)
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'make cgroups by',
    object: 'systemd',
    reason: 'runt cannot do that yet',
    hint: 'leave --systemd-cgroup away, and configure the caller for cgroupfs',
  })
}

/** The container that the first operand names. @throws LibcontainerError ContainerNotExists, InvalidIdFormat, SystemError */
export function loadContainer(context: CommandContext): Promise<CoreContainer> {
  return openFactory(context).load(context.operands[0] ?? '')
}
