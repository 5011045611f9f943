// Owns what sets a process apart from the one that started it: session, signals, keyring, umask, parent's death.

import { KEYCTL_JOIN_SESSION_KEYRING, POLLRDHUP, PR_SET_DUMPABLE, PR_SET_PDEATHSIG } from '../../abi/flags.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import type { Struct } from '../../protocol/op.ts'
import { LIMITS } from '../../protocol/schema.ts'
import type { HostFacts } from '../host-facts.ts'
import type { Planner } from '../planner.ts'

/** sizeof(struct kernel_sigaction) on 64-bit architectures; all zero is SIG_DFL. */
const SIGACTION_SIZE = 32
const SIGSET_SIZE = 8

export function planSession(p: Planner, facts: Pick<HostFacts, 'ignoredSignals'>): void {
  p.step({ name: 'begin a session', reason: 'the container has no terminal and no job control of its maker' })
  p.call('setsid', [])
  if (facts.ignoredSignals.length === 0) return
  p.step({ name: 'reset signals', reason: 'what the caller ignores would stay ignored after execve' })
  const handled: Struct = { bytes: new Uint8Array(SIGACTION_SIZE) }
  for (const signal of facts.ignoredSignals) p.call('rt_sigaction', [signal, handled, 0, SIGSET_SIZE])
}

/** A change of ids may make the process dumpable again, as fs.suid_dumpable says (CVE-2016-9962). */
export function planUndumpable(p: Planner): void {
  p.call('prctl', [PR_SET_DUMPABLE, 0, 0, 0, 0])
}

export function planKeyring(p: Planner, config: ValidConfig, facts: HostFacts): void {
  if (config.noNewKeyring) return
  p.step({
    name: 'join a session keyring',
    object: `_ses.${facts.id}`,
    reason: 'keys of the caller are not for the container',
  })
  p.call('keyctl', [KEYCTL_JOIN_SESSION_KEYRING, `_ses.${facts.id}`], { errno: 'ENOSYS', skip: 0 })
}

export function planUmask(p: Planner, umask: number): void {
  p.step({ name: 'set umask', reason: 'of the process', field: 'process.umask' })
  p.call('umask', [umask])
}

/** After the switch of user, which clears it; and the parent may have died before it was set (prctl(2)). */
export function planParentDeath(p: Planner, signal: number): void {
  p.step({ name: 'follow the parent into death', reason: 'asked for', field: 'parentDeathSignal' })
  p.call('prctl', [PR_SET_PDEATHSIG, signal, 0, 0, 0])
  const pollfd: Struct = { bytes: new Uint8Array(new Int16Array([0, 0, POLLRDHUP, 0]).buffer) }
  p.call('store', [pollfd, 4, { slot: LIMITS.CONTROL_SLOT }])
  p.call('ppoll', [pollfd, 1, { bytes: new Uint8Array(16) }, 0, 0])
  p.call('expect', [{ at: pollfd, offset: 6 }, 2, 0xffff, 0, ESRCH])
}

const ESRCH = 3
