// Owns the rule that interfaces need a network namespace that is there when the parent puts them in: one that the clone
// makes, or one that is joined. One that init makes later, after joining a user namespace, is neither.

import type { FilledConfig } from '../../container-config.ts'
import { refuseField } from '../values/refuse.ts'

export function validateInterfaces(config: FilledConfig): void {
  const makesNetwork = config.namespaces.some(({ type, path }) => type === 'network' && path === undefined)
  const joinsUser = config.namespaces.some(({ type, path }) => type === 'user' && path !== undefined)
  config.networks.forEach((network, index) => {
    if (network.type === 'loopback') return
    if (joinsUser && makesNetwork) {
      const reason = 'a new network namespace below a user namespace that is joined is made too late for it'
      refuseField(`networks[${index}]`, reason, 'join a network namespace too')
    }
    // What is free elsewhere may be taken when the interface arrives.
    if (!makesNetwork && network.name?.includes('%'))
      refuseField(`networks[${index}].name`, 'a pattern needs a new network namespace', 'give a name')
  })
}
