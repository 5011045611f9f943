// Owns how "linux.seccomp" of config.json is read: the names of libseccomp, which the specification uses, become those
// of the kernel.

import {
  SECCOMP_ACTIONS,
  SECCOMP_ARCHITECTURES,
  SECCOMP_FLAGS,
  SECCOMP_OPERATORS,
  type SeccompAction,
  type SeccompArchitecture,
  type SeccompFlag,
  type SeccompOperator,
} from '../config/seccomp.ts'
import { NO_CALL } from '../config/validate/nouns/normalize-seccomp.ts'
import { int64At, integerAt, listOf, textsAt } from '../config/validate/values/json-values.ts'
import type { Reader } from '../config/validate/values/record-at.ts'
import { refuseField } from '../config/validate/values/refuse.ts'
import { nameOf, textAt } from '../config/validate/values/scalar-at.ts'
import type { SpecSeccomp, SpecSeccompArg, SpecSyscall } from './runtime-spec.ts'
import { objectOf } from './spec-values.ts'

/** Reads a name of the specification; `null` where it means nothing here. */
function renamed<T extends string>(
  prefix: string,
  names: readonly T[],
  what: string,
  others: Readonly<Record<string, T | null>>,
): Reader<T | null> {
  const meanings = new Map<string, T | null>(Object.entries(others))
  for (const name of names) meanings.set(prefix + name.toUpperCase(), name)
  const read = nameOf([...meanings.keys()], what)
  return (value, at) => meanings.get(read(value, at)) as T | null
}

const actionAt = renamed<SeccompAction>('SCMP_ACT_', SECCOMP_ACTIONS, 'an action of libseccomp', {
  SCMP_ACT_KILL: 'KILL_THREAD',
})

/** The other machines of the specification: nothing of them can run here. */
const FOREIGN = (
  'M68K LOONGARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PARISC PARISC64 PPC PPC64 PPC64LE RISCV64 ' +
  'S390 S390X SH SHEB'
).split(' ')

const architectureAt = renamed<SeccompArchitecture>(
  'SCMP_ARCH_',
  SECCOMP_ARCHITECTURES,
  'an architecture of libseccomp',
  Object.fromEntries(FOREIGN.map((name) => [`SCMP_ARCH_${name}`, null])),
)

const flagAt = renamed<SeccompFlag>('SECCOMP_FILTER_FLAG_', SECCOMP_FLAGS, 'a flag of seccomp(2)', {
  // One thread has nothing to synchronize with.
  SECCOMP_FILTER_FLAG_TSYNC: null,
})

const operatorAt = renamed<SeccompOperator>('SCMP_CMP_', SECCOMP_OPERATORS, 'an operator of libseccomp', {})

function withoutNull<T>(read: Reader<T | null>): Reader<readonly T[]> {
  const readAll = listOf(read)
  return (value, at) => readAll(value, at).filter((item) => item !== null) as readonly T[]
}

const argAt = objectOf<SpecSeccompArg>(
  'a condition on an argument',
  {
    index: integerAt,
    value: int64At,
    valueTwo: int64At,
    op: operatorAt as Reader<SeccompOperator>,
  },
  ['index', 'value', 'op'],
)

/** As runc has it. */
const namesAt: Reader<readonly string[]> = (value, at) => {
  const names = textsAt(value, at)
  return names.length === 0 ? refuseField(at, NO_CALL) : names
}

const syscallAt = objectOf<SpecSyscall>(
  'a rule',
  { names: namesAt, action: actionAt as Reader<SeccompAction>, errnoRet: integerAt, args: listOf(argAt) },
  ['names', 'action'],
)

/** Reads "linux.seccomp". */
export const seccompAt: Reader<SpecSeccomp> = objectOf<SpecSeccomp>(
  'a seccomp profile',
  {
    defaultAction: actionAt as Reader<SeccompAction>,
    defaultErrnoRet: integerAt,
    architectures: withoutNull(architectureAt),
    flags: withoutNull(flagAt),
    syscalls: listOf(syscallAt),
    listenerPath: textAt,
    listenerMetadata: textAt,
  },
  ['defaultAction'],
)
