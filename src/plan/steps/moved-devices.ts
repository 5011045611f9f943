// Owns which interfaces of the host are moved into the container, under which names, and the parent's part in it.

import { CLONE_NEWNET } from '../../abi/flags.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import type { HostAction, JoinedNamespace } from '../launch-plan.ts'

export interface MovedDevice {
  /** Of the configuration's networks. */
  readonly index: number
  readonly field: string
  readonly from: string
  readonly name: string
}

/** The interfaces in their order. A pattern becomes the first name that nobody in the new namespace has. */
export function movedDevices({ networks }: ValidConfig): readonly MovedDevice[] {
  const taken = new Set<string>()
  for (const network of networks) if (network.type !== 'loopback' && network.name) taken.add(network.name)
  return networks.flatMap((network, index) => {
    if (network.type !== 'device') return []
    const { hostInterfaceName: from, name: pattern = from } = network
    const name = firstFree(pattern, taken)
    taken.add(name)
    return [{ index, field: `networks[${index}]`, from, name }]
  })
}

function firstFree(pattern: string, taken: ReadonlySet<string>): string {
  if (!pattern.includes('%d')) return pattern
  for (let number = 0; ; number++) {
    const name = pattern.replace('%d', String(number))
    if (!taken.has(name)) return name
  }
}

/** The network namespace, where it is joined. */
export function joinedNetwork({ namespaces }: ValidConfig): JoinedNamespace | null {
  const path = namespaces.find(({ type }) => type === 'network')?.path
  return path === undefined ? null : { path, cloneFlag: CLONE_NEWNET }
}

/** Last of all that the parent does: a start that fails later takes the interface with it, as the end of one does. */
export function planMoves(config: ValidConfig): readonly HostAction[] {
  const namespace = joinedNetwork(config)
  return movedDevices(config).map(({ field, from, name }) => ({
    when: 'after the clone',
    name: 'move the network interface',
    object: from,
    reason: `it is ${JSON.stringify(name)} in the container`,
    field,
    action: { kind: 'move-device', from, to: name, namespace },
  }))
}
