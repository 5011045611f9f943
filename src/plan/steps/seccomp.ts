// Owns loading the seccomp filter: the kernel asks it at every system call from then on, those of init included.

import {
  SECCOMP_FILTER_FLAG_NEW_LISTENER,
  SECCOMP_FILTER_FLAGS,
  SECCOMP_SET_MODE_FILTER,
} from '../../abi/flags.ts'
import type { Arch } from '../../abi/syscalls.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import { defaultSeccomp } from '../../config/default-seccomp.ts'
import { notifies } from '../../config/seccomp.ts'
import type { Scratch, Slot, Struct } from '../../protocol/op.ts'
import { GATE_GO, LIMITS, MESSAGE_KINDS, MESSAGE_SIZE } from '../../protocol/schema.ts'
import { compileSeccomp } from '../../seccomp/compile-seccomp.ts'
import type { HostFacts, SeccompFilter } from '../host-facts.ts'
import type { Label } from '../launch-plan.ts'
import type { Planner } from '../planner.ts'
import { planFilterProgram } from './filter-program.ts'

/** Id of the return that has the number of the listener in init. */
export const RETURN_LISTENER = 11

/** The filter of a configuration; null when it goes without. @throws ConfigInvalid when it is too large */
export function seccompFilter(config: ValidConfig, arch: Arch): SeccompFilter | null {
  const { seccomp = defaultSeccomp(config.capabilities.bounding) } = config
  if (seccomp === null) return null
  const listener = notifies(seccomp) ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0
  // Without a listener the kernel does not take it.
  const wanted = seccomp.flags.filter((flag) => flag !== 'WAIT_KILLABLE_RECV' || listener !== 0)
  const flags = wanted.reduce((bits, flag) => bits | SECCOMP_FILTER_FLAGS[flag], listener)
  return { bytes: compileSeccomp(seccomp, arch), flags }
}

/** The filter, kept or compiled now. */
export function seccompFilterOf(config: ValidConfig, facts: HostFacts): SeccompFilter | null {
  return facts.seccomp === undefined ? seccompFilter(config, facts.arch) : facts.seccomp()
}

export function seccompLabel(reason: string): Label {
  return {
    name: 'load the seccomp filter',
    reason,
    field: 'seccomp',
    hints: {
      EACCES: 'without noNewPrivileges it needs CAP_SYS_ADMIN',
      EINVAL:
        'the kernel was built without seccomp filters, or does not know a flag; "seccomp: null" goes without',
      ENOSYS: 'the kernel was built without seccomp; "seccomp: null" goes without',
    },
  }
}

/**
 * With no_new_privs as late as can be: nothing but `started` and execve runs under the filter. Without it the kernel
 * wants CAP_SYS_ADMIN, and so the filter comes before capabilities are given up.
 */
export function planSeccomp(p: Planner, config: ValidConfig, filter: SeccompFilter | null): void {
  if (filter === null) return
  p.step(seccompLabel(config.seccomp === undefined ? 'the default profile' : 'asked for'))
  const load = [SECCOMP_SET_MODE_FILTER, filter.flags, planFilterProgram(p, filter.bytes)]
  if (makesListener(filter)) planListener(p, p.open('seccomp', load))
  else p.call('seccomp', load)
}

export function makesListener(filter: SeccompFilter | null): boolean {
  return filter !== null && (filter.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) !== 0
}

/**
 * The parent takes the listener out of init by its number, told with write(2) alone: any other call may be one that
 * waits for the listener. From then on requests can be answered, those of init too. The listener is close-on-exec.
 */
function planListener(p: Planner, listener: Slot): void {
  const control: Slot = { slot: LIMITS.CONTROL_SLOT }
  const words = Uint32Array.of(MESSAGE_KINDS.MESSAGE_RETURN, 0, RETURN_LISTENER, 4, 0, 0)
  const message: Struct = { bytes: new Uint8Array(words.buffer) }
  const answer: Scratch = { scratch: 8 }
  p.step({
    name: 'hand over the listener',
    reason: 'another program decides about some calls',
    field: 'seccomp',
  })
  p.ask('store', [{ at: message, offset: MESSAGE_SIZE }, 4, listener])
  p.call('write', [control, message, message.bytes.length])
  p.call('read', [control, answer, 1])
  p.call('expect', [answer, 1, 0xff, GATE_GO, ECONNRESET])
}

const ECONNRESET = 104
