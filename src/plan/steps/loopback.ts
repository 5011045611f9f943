// Owns bringing up `lo` in the container's network namespace (netdevice(7)): three calls, no netlink needed.

import { AF_INET, IFF_UP, SIOCSIFFLAGS, SOCK_CLOEXEC, SOCK_DGRAM } from '../../abi/flags.ts'
import { IFREQ_FLAGS, IFREQ_SIZE } from '../../abi/structs.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import type { Planner } from '../planner.ts'

export function planLoopback(p: Planner, config: ValidConfig): void {
  const index = config.networks.findIndex((network) => network.type === 'loopback')
  if (index < 0) return
  p.step({
    name: 'bring up',
    object: 'lo',
    reason: 'a new network namespace has it down',
    field: `networks[${index}]`,
  })
  const request = new Uint8Array(IFREQ_SIZE)
  request.set([0x6c, 0x6f])
  request[IFREQ_FLAGS] = IFF_UP
  const socket = p.open('socket', [AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0])
  p.call('ioctl', [socket, SIOCSIFFLAGS, { bytes: request }])
  p.close(socket)
}
