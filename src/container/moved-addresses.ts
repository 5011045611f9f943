// Owns reading the addresses of interfaces that are moved into a container: on the way they are lost, and init adds
// them again.

import type { ValidConfig } from '../config/container-config.ts'
import { LibcontainerError } from '../errors.ts'
import { Netlink } from '../network/netlink/netlink.ts'
import { movedDevices } from '../plan/steps/moved-devices.ts'
import type { Kernel } from '../system/kernel.ts'

/** By index of the configuration's networks. @throws ConfigInvalid when there is no such interface; SystemError */
export function readMovedAddresses(
  kernel: Kernel,
  config: ValidConfig,
): Readonly<Record<number, readonly string[]>> {
  const devices = movedDevices(config)
  if (devices.length === 0) return {}
  const netlink = Netlink.open(kernel)
  try {
    return Object.fromEntries(
      devices.map(({ index, from, field }) => {
        if (netlink.link(from) === null) throw missing(from, field)
        const lasting = netlink.addresses(from).filter((address) => address.lasting)
        return [index, lasting.map(({ address }) => address)]
      }),
    )
  } finally {
    netlink.close()
  }
}

function missing(name: string, field: string): LibcontainerError {
  return new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'move the network interface',
    object: name,
    field: `${field}.hostInterfaceName`,
    reason: 'there is no network interface of this name',
  })
}
