// Owns the rule that a veth network needs a network namespace that is there when the host's end is made: one that the
// clone makes, or one that is joined. One that init makes later, after joining a user namespace, is neither.

import type { FilledConfig } from '../../container-config.ts'
import { refuseField } from '../values/refuse.ts'

export function validateVeth(config: FilledConfig): void {
  const index = config.networks.findIndex(({ type }) => type === 'veth')
  if (index < 0) return
  const joinsUser = config.namespaces.some(({ type, path }) => type === 'user' && path !== undefined)
  const makesNetwork = config.namespaces.some(({ type, path }) => type === 'network' && path === undefined)
  if (joinsUser && makesNetwork) {
    const reason = 'a new network namespace below a user namespace that is joined is made too late for it'
    refuseField(`networks[${index}]`, reason, 'join a network namespace too')
  }
}
