// Owns the id maps of a new user namespace: who writes them and when. Everything that the parent writes to /proc/PID
// has its moment here, as init is not dumpable and so keeps those files from all but root.

import { PR_SET_DUMPABLE } from '../../abi/flags.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import type { IdMapping } from '../../config/namespace.ts'
import type { Caller, HostFacts } from '../host-facts.ts'
import type { CommandStep, HostAction } from '../launch-plan.ts'
import type { Planner } from '../planner.ts'
import { makesNamespace } from './namespaces.ts'
import { planUndumpable } from './session.ts'

/** Id of the gate at which init lets its maker write to its files in /proc. */
export const GATE_OPEN = 3

/** When the parent writes to /proc/PID. */
export function whenReachable({ rights }: Caller): HostAction['when'] {
  return rights === 'root' ? 'after the clone' : 'while init is open to us'
}

/** Before init is anything: nothing of the container is in its reach yet, nor it in the container's (CVE-2016-9962). */
export function planOpenGate(p: Planner, actions: readonly HostAction[]): void {
  if (!actions.some(({ when }) => when === 'while init is open to us')) return
  p.step({
    name: 'let the maker in',
    reason: 'to write to our files in /proc, which belong to root while a process is not dumpable',
  })
  p.call('prctl', [PR_SET_DUMPABLE, 1, 0, 0, 0])
  p.ask('gate', [GATE_OPEN])
  planUndumpable(p)
}

/** The rows of uid_map and gid_map (user_namespaces(7)). */
export function planIdMaps(config: ValidConfig, { caller }: HostFacts): readonly HostAction[] {
  if (!makesNamespace(config, 'user')) return []
  const { uidMappings = [], gidMappings = [] } = config
  const when = whenReachable(caller)
  const write = (file: 'uid_map' | 'gid_map' | 'setgroups', text: string, field: string): HostAction => ({
    when,
    name: `write /proc/PID/${file}`,
    reason: REASONS[file],
    field,
    action: { kind: 'write-id-map', file, text },
  })
  const map = (file: 'uid_map' | 'gid_map', rows: readonly IdMapping[], field: string): HostAction =>
    caller.rights !== 'user' || mapsOnly(rows, file === 'uid_map' ? caller.uid : caller.gid)
      ? write(file, idMapText(rows), field)
      : { ...planHelper(file, rows, field), when }
  const gids = map('gid_map', gidMappings, 'gidMappings')
  const isOwn = caller.rights === 'user' && gids.action.kind === 'write-id-map'
  return [
    map('uid_map', uidMappings, 'uidMappings'),
    ...(isOwn ? [write('setgroups', 'deny', 'gidMappings')] : []),
    gids,
  ]
}

/** What the machine lends to a user, /etc/subuid says, and a program with the right to write it reads (subuid(5)). */
function planHelper(
  file: 'uid_map' | 'gid_map',
  rows: readonly IdMapping[],
  field: string,
): Omit<HostAction, 'when'> & CommandStep {
  const program = file === 'uid_map' ? 'newuidmap' : 'newgidmap'
  return {
    name: `write /proc/PID/${file} by`,
    object: program,
    reason: 'who has no rights may map the own id only, and what /etc/subuid and /etc/subgid lend',
    field,
    command: { action: `write the ${file} by`, timeoutMs: HELPER_TIMEOUT_MS },
    action: { kind: 'map-ids', program, rows: rows.flatMap((row) => numbersOf(row).map(String)) },
  }
}

const HELPER_TIMEOUT_MS = 30_000
const numbersOf = ({ containerId, hostId, size }: IdMapping): readonly number[] => [containerId, hostId, size]

const MAPS = 'a new user namespace has no ids until they are mapped'
const REASONS = {
  uid_map: MAPS,
  gid_map: MAPS,
  setgroups: 'who has no rights may map the own group only if nobody can leave other groups by it',
} as const

/** The rows as the kernel reads them. */
export const idMapText = (rows: readonly IdMapping[]): string =>
  rows.map((row) => `${numbersOf(row).join(' ')}\n`).join('')

/** What a user without rights may write: one row, of the own id. */
function mapsOnly(rows: readonly IdMapping[], id: number): boolean {
  return rows.length === 1 && rows[0]?.hostId === id && rows[0].size === 1
}
