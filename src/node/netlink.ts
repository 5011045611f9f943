// Owns the netlink module of Node and Bun: the core's, on this process's kernel.

import { Netlink as CoreNetlink, type Kernel } from '../core.ts'
import { nodeKernel } from './node-kernel.ts'

/**
 * Links, addresses and routes of the network namespace that this process is in. Close it when done. The methods are
 * synchronous: each takes some tens of microseconds.
 */
export class Netlink extends CoreNetlink {
  /** Opens a netlink socket. @throws LibcontainerError `SystemError` */
  static override open(kernel: Kernel = nodeKernel()): Netlink {
    return new Netlink(kernel)
  }

  /** Closes the socket; no link is touched. */
  [Symbol.dispose](): void {
    this.close()
  }
}
