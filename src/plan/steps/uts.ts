// Owns the host name and the domain name of the container's uts namespace.

import type { ValidConfig } from '../../config/container-config.ts'
import { utf8Length } from '../../protocol/utf8.ts'
import type { Planner } from '../planner.ts'

export function planNames(p: Planner, config: ValidConfig): void {
  if (config.hostname !== undefined) {
    p.step({ name: 'set the hostname', object: config.hostname, reason: 'asked for', field: 'hostname' })
    p.call('sethostname', [config.hostname, utf8Length(config.hostname)])
  }
  if (config.domainname !== undefined) {
    p.step({
      name: 'set the domain name',
      object: config.domainname,
      reason: 'asked for',
      field: 'domainname',
    })
    p.call('setdomainname', [config.domainname, utf8Length(config.domainname)])
  }
}
