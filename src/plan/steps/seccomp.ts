// Owns loading the seccomp filter: the kernel asks it at every system call from then on, those of init included.

import { SECCOMP_FILTER_FLAGS, SECCOMP_SET_MODE_FILTER } from '../../abi/flags.ts'
import type { Arch } from '../../abi/syscalls.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import { defaultSeccomp } from '../../config/default-seccomp.ts'
import type { Struct } from '../../protocol/op.ts'
import { compileSeccomp } from '../../seccomp/compile-seccomp.ts'
import type { HostFacts, SeccompFilter } from '../host-facts.ts'
import type { Label } from '../launch-plan.ts'
import type { Planner } from '../planner.ts'

/** sizeof(struct sock_filter) */
const INSTRUCTION_SIZE = 8

/** The filter of a configuration; null when it goes without. @throws ConfigInvalid when it is too large */
export function seccompFilter(config: ValidConfig, arch: Arch): SeccompFilter | null {
  const { seccomp = defaultSeccomp(config.capabilities.bounding) } = config
  if (seccomp === null) return null
  const flags = seccomp.flags.reduce((bits, flag) => bits | SECCOMP_FILTER_FLAGS[flag], 0)
  return { bytes: compileSeccomp(seccomp, arch), flags }
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
export function planSeccomp(p: Planner, config: ValidConfig, facts: HostFacts): void {
  const known = facts.seccomp === undefined ? seccompFilter(config, facts.arch) : facts.seccomp
  if (known === null) return
  const filter: Struct = { bytes: known.bytes }
  // struct sock_fprog: a 16-bit length, and at 8 the address.
  const program: Struct = { bytes: new Uint8Array(16) }
  program.bytes.set(new Uint8Array(Uint16Array.of(filter.bytes.length / INSTRUCTION_SIZE).buffer))
  p.step(seccompLabel(config.seccomp === undefined ? 'the default profile' : 'asked for'))
  p.call('store', [{ at: program, offset: 8 }, 8, filter])
  p.call('seccomp', [SECCOMP_SET_MODE_FILTER, known.flags, program])
}
