// Owns the interface of the resctrl driver: what a start and its undo need of it. Types only.

import type { IntelRdt, ResctrlGroup } from '../config/intel-rdt.ts'

export interface ResctrlDriver {
  /**
   * Makes the groups that are to be made, and writes the schemata. Undoes its own half when it fails.
   * @returns how to take it back @throws LibcontainerError ConfigInvalid for a class that has other schemata;
   * SystemError with the field, and the kernel's own words where it has some
   */
  make(group: ResctrlGroup, settings: IntelRdt): () => void
  /** Puts a process of one thread into the groups; what it starts is in them too. @throws LibcontainerError SystemError */
  join(group: ResctrlGroup, pid: number): void
}
