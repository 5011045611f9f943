// Owns what a container has of resctrl: its place, its figures, and changes of its schemata.

import type { ValidConfig } from '../config/container-config.ts'
import type { IntelRdtSchemas } from '../config/intel-rdt.ts'
import { LibcontainerError } from '../errors.ts'
import { chooseResctrlGroup, findResctrl } from '../resctrl/choose-group.ts'
import { type IntelRdtStats, readIntelRdt } from '../resctrl/read-intel-rdt.ts'
import { writeSchemata } from '../resctrl/resctrl-groups.ts'
import type { StateHead } from '../state/container-state.ts'
import type { Kernel } from '../system/kernel.ts'
import type { Instance } from './instance.ts'

/** Where a container goes, as its state keeps it. @throws ConfigInvalid where there is no resctrl */
export function resctrlOf(kernel: Kernel, id: string, { intelRdt }: ValidConfig): Pick<StateHead, 'resctrl'> {
  if (intelRdt === undefined) return {}
  return { resctrl: chooseResctrlGroup(kernel, findResctrl(kernel), id, intelRdt) }
}

/** null: it was made without `intelRdt`. @throws SystemError */
export function readContainerIntelRdt({ host, state }: Instance): IntelRdtStats | null {
  return state.resctrl === undefined ? null : readIntelRdt(host.kernel, state.resctrl)
}

/** Writes schemata of a running container. @returns how to take it back @throws ConfigInvalid; SystemError */
export function setSchemata({ host, id, state }: Instance, schemas: IntelRdtSchemas): () => void {
  if (state.resctrl !== undefined) return writeSchemata(host.kernel, state.resctrl, schemas)
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'change the limits of',
    object: id,
    field: 'intelRdt',
    reason: 'the container was made without it, and is in no group of resctrl',
  })
}
