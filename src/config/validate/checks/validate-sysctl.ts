// Owns the rule that a container sets only kernel parameters of its own namespaces: all others are the host's
// (the list is the OCI runtimes', sysctl(2) has no such distinction).

import type { FilledConfig } from '../../container-config.ts'
import type { NamespaceType } from '../../namespace.ts'
import { sysctlPath } from '../../sysctl-path.ts'
import { keyPath, refuseField } from '../values/refuse.ts'
import { requireNamespace } from './require-namespace.ts'

/** Parameters of an ipc namespace that are in a directory with parameters of the host (ipc/ipc_sysctl.c). */
const IPC_PARAMETERS: readonly string[] = [
  'msgmax',
  'msgmnb',
  'msgmni',
  'sem',
  'shmall',
  'shmmax',
  'shmmni',
  'shm_rmid_forced',
]

export function validateSysctl(config: FilledConfig): void {
  for (const [key, value] of Object.entries(config.sysctl)) {
    const field = keyPath('sysctl', key)
    const path = sysctlPath(key)
    if (path === 'kernel/hostname') refuseField(field, 'the host name has a field of its own', 'use hostname')
    const owner = ownerOf(path)
    if (owner === undefined)
      refuseField(field, 'no namespace has this parameter: it would be changed for the host')
    requireNamespace(config, owner, field)
    if (path === 'kernel/domainname' && value !== (config.domainname ?? value))
      refuseField(field, 'domainname is given as well, and is another one')
  }
}

function ownerOf(path: string): NamespaceType | undefined {
  const [top, ...rest] = path.split('/')
  const name = rest.join('/')
  if (name === '') return undefined
  if (top === 'net') return 'network'
  if (top === 'user') return 'user'
  if (top === 'fs' && rest[0] === 'mqueue' && rest.length > 1) return 'ipc'
  if (top !== 'kernel') return undefined
  if (name === 'domainname') return 'uts'
  return IPC_PARAMETERS.includes(name) ? 'ipc' : undefined
}
