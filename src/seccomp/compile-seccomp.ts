// Owns the way from a seccomp profile to the program that the kernel runs at every system call: the architecture
// first, then a binary search by number, then conditions on arguments. Pure.

import { type FilterArch, SYSCALL_INDEXES } from '../abi/syscall-numbers.ts'
import type { Arch } from '../abi/syscalls.ts'
import type { ExactSeccomp } from '../config/seccomp.ts'
import { LibcontainerError } from '../errors.ts'
import { writeTest } from './argument-tests.ts'
import { type Decision, type Decisions, decideCalls } from './decide-calls.ts'
import { FilterWriter, type Place } from './filter-writer.ts'
import { cutNumbers, type Ranges } from './number-ranges.ts'

/** BPF_MAXINSNS (include/uapi/linux/bpf_common.h). */
const MAX_INSTRUCTIONS = 4096

/** Offsets in struct seccomp_data. */
const NUMBER = 0
const ARCHITECTURE = 4

interface Entry {
  readonly arch: FilterArch
  /** AUDIT_ARCH_* (include/uapi/linux/audit.h). */
  readonly audit: number
  /** Whether registers of 64 bits hold the arguments. */
  readonly isWide: boolean
}

/** The ways into the kernel of each machine, its own first. */
const ENTRIES: Readonly<Record<Arch, readonly [own: Entry, compat: Entry]>> = {
  x86_64: [
    { arch: 'x86_64', audit: 0xc000003e, isWide: true },
    { arch: 'x86', audit: 0x40000003, isWide: false },
  ],
  aarch64: [
    { arch: 'aarch64', audit: 0xc00000b7, isWide: true },
    { arch: 'arm', audit: 0x40000028, isWide: false },
  ],
}

/**
 * The program of a profile, as struct sock_filter.
 * @throws `ConfigInvalid` when it has more instructions than the kernel takes
 */
export function compileSeccomp(profile: ExactSeccomp, arch: Arch): Uint8Array {
  const decisions = decideCalls(profile, SYSCALL_INDEXES)
  const w = new FilterWriter()
  // A call through an architecture that is not listed has other numbers, so that no rule fits it.
  let unknown = writeDecision(w, decisions.list[decisions.killProcess] as Decision, true)
  const [own, compat] = ENTRIES[arch]
  for (const entry of [compat, own]) {
    if (entry === compat && !profile.architectures.includes(entry.arch)) continue
    const ranges = cutNumbers(entry.arch, decisions, profile.architectures.includes('x32'))
    const begin = w.load(NUMBER, new Search(w, ranges, decisions, entry.isWide).write())
    unknown = w.jump('equal', entry.audit, begin, unknown)
  }
  w.load(ARCHITECTURE, unknown)
  if (w.instructions > MAX_INSTRUCTIONS) refuseLength(w.instructions)
  return w.encode()
}

function refuseLength(instructions: number): never {
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'use seccomp',
    reason: `its program has ${instructions} instructions, and the kernel takes ${MAX_INSTRUCTIONS}`,
    field: 'seccomp',
    hint: 'fewer rules with arguments, or fewer architectures',
  })
}

/** The binary search for the range of a number. */
class Search {
  readonly #w: FilterWriter
  readonly #ranges: Ranges
  readonly #decisions: Decisions
  readonly #isWide: boolean
  /** Decisions with conditions are written once. */
  readonly #written = new Map<number, Place>()

  constructor(w: FilterWriter, ranges: Ranges, decisions: Decisions, isWide: boolean) {
    this.#w = w
    this.#ranges = ranges
    this.#decisions = decisions
    this.#isWide = isWide
  }

  write(): Place {
    return this.#between(0, this.#ranges.starts.length - 1)
  }

  #between(first: number, last: number): Place {
    if (first === last) return this.#leaf(this.#ranges.decisions[first] as number)
    const middle = (first + last + 1) >> 1
    const above = this.#between(middle, last)
    const below = this.#between(first, middle - 1)
    return this.#w.jump('greaterOrEqual', this.#ranges.starts[middle] as number, above, below)
  }

  #leaf(id: number): Place {
    const decision = this.#decisions.list[id] as Decision
    if (decision.branches.length === 0) return this.#w.return(decision.otherwise)
    const known = this.#written.get(id)
    if (known !== undefined) return known
    const place = writeDecision(this.#w, decision, this.#isWide)
    this.#written.set(id, place)
    return place
  }
}

function writeDecision(w: FilterWriter, { branches, otherwise }: Decision, isWide: boolean): Place {
  let next = w.return(otherwise)
  for (const { args, action } of branches.toReversed()) {
    let begin = w.return(action)
    for (const arg of args.toReversed()) begin = writeTest(w, arg, isWide, begin, next)
    next = begin
  }
  return next
}
