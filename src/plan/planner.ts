// Owns the building of segments: steps and their ops in the order of the calls, slots and skips counted by machine.
// It knows no container; the steps do.

import type { Errno } from '../abi/errno.ts'
import type { SyscallName } from '../abi/syscalls.ts'
import { LibcontainerError } from '../errors.ts'
import type { OnResult, Op, OpArg, Slot } from '../protocol/op.ts'
import { LIMITS, type PseudoName } from '../protocol/schema.ts'
import type { PlannedDescriptor, Segment, Step, UserdbNeed } from './launch-plan.ts'

type Call = SyscallName | PseudoName
/** What the parent must answer or take over before init goes on. */
type AskingCall = 'gate' | 'fork' | 'return'
type Draft = { -readonly [K in keyof Op]: Op[K] }

/** Slots of a plan: the control socket, the descriptors that were sent, then temporary ones that are used again. */
class Slots {
  readonly #free: Slot[] = []
  #next: number = LIMITS.CONTROL_SLOT + 1

  take(): Slot {
    return this.#free.pop() ?? this.takeUnused()
  }

  /** A slot that holds -1 until something is stored in it. */
  takeUnused(): Slot {
    if (this.#next >= LIMITS.SLOTS) {
      throw new LibcontainerError({
        code: 'ConfigInvalid',
        action: 'plan the start',
        reason: `it needs more than ${LIMITS.SLOTS} descriptors at once`,
      })
    }
    return { slot: this.#next++ }
  }

  give(slot: Slot): void {
    this.#free.push(slot)
  }
}

export class Planner {
  readonly slots = new Slots()
  #steps: Step[] = []
  readonly #descriptors: PlannedDescriptor[] = []
  #ops: Draft[] = []
  /** Up to this one, ops of the step run under other conditions than the next. */
  #fence = 0
  #asks = false
  #waitsForState = false
  #cuts = 0

  /** A descriptor that the parent sends along. All of them come before the first temporary slot. */
  descriptor({ source, reason, field }: Omit<PlannedDescriptor, 'slot'>): Slot {
    const taken = this.slots.take()
    const { slot } = taken
    this.#descriptors.push(field === undefined ? { source, reason, slot } : { source, reason, field, slot })
    return taken
  }

  /** Begins a step: the ops that follow belong to it. */
  step(label: Step['label']): void {
    this.#ops = []
    this.#fence = 0
    this.#steps.push({ label, ops: this.#ops })
  }

  /** An op without a result. */
  call(call: Exclude<Call, AskingCall>, args: readonly OpArg[], on?: OnResult): void {
    this.#ops.push(on === undefined ? { call, args } : { call, args, on })
  }

  /** An op, or for `store` the first of some, that waits for the parent. */
  ask(call: AskingCall | 'store', args: readonly OpArg[]): void {
    this.#asks = true
    this.#ops.push({ call, args })
  }

  /** Returns what is small and waits for nobody, and whose error is passed over. */
  tell(args: readonly OpArg[]): void {
    this.#ops.push({ call: 'return', args, on: { ignore: true } })
  }

  /** An op whose result goes to a new slot, or to the one given. */
  open(call: Call, args: readonly OpArg[], into: Slot = this.slots.take()): Slot {
    this.#ops.push({ call, args, into })
    return into
  }

  /** An op whose result goes to a slot, and whose error is passed over. */
  attempt(call: Call, args: readonly OpArg[], into: Slot): void {
    this.#ops.push({ call, args, into, on: { ignore: true } })
  }

  /** An op whose error `errno` skips what `body` adds. */
  unless(errno: Errno, call: Call, args: readonly OpArg[], body: () => void, into?: Slot): void {
    const op: Draft = into === undefined ? { call, args } : { call, args, into }
    this.#ops.push(op)
    op.on = { errno, skip: this.#count(body) }
  }

  /** An op whose success skips what `body` adds; the error `errno` (or any, without one) runs it. */
  otherwise(errno: Errno | null, call: Call, args: readonly OpArg[], body: () => void, into?: Slot): void {
    const op: Draft = into === undefined ? { call, args } : { call, args, into }
    this.#ops.push(op)
    const successSkips = this.#count(body)
    op.on = errno === null ? { ignore: true, successSkips } : { errno, successSkips }
  }

  /** An op that runs what `body` adds once for each text, whose address is in the slot. */
  each(texts: readonly string[], body: (text: Slot) => void): void {
    const text = this.slots.take()
    const op: Draft = { call: 'each', args: [{ table: texts }, texts.length], into: text }
    this.#ops.push(op)
    op.on = { errno: 'ENODATA', skip: this.#count(() => body(text)) }
    this.slots.give(text)
  }

  /** Closes a descriptor of init and frees its slot. Where the op before uses it, that is its last use, and closes it. */
  close(slot: Slot): void {
    const ops = this.#ops
    const before = ops.length > this.#fence ? ops[ops.length - 1] : undefined
    const at = before === undefined ? -1 : before.args.indexOf(slot)
    if (before === undefined || at < 0) ops.push({ call: 'close', args: [slot] })
    else before.args = before.args.with(at, { slot: slot.slot, isLast: true })
    this.slots.give(slot)
  }

  /** Whether the parent must answer, or take something over, before init can go on: in the segment so far. */
  get asks(): boolean {
    return this.#asks
  }

  /** Init goes on when the parent has written the state. */
  waitForState(): void {
    this.#waitsForState = true
  }

  get descriptors(): readonly PlannedDescriptor[] {
    return this.#descriptors
  }

  /** What there is so far, for init to begin with. Slots are the same in the next segment; texts and scratch are not. */
  cut(lookup: UserdbNeed | null = null): Segment {
    const segment = this.#segment(true, lookup)
    this.#steps = []
    this.#asks = false
    this.#cuts++
    return segment
  }

  finish(): Segment {
    return this.#segment(false, null)
  }

  #segment(more: boolean, lookup: UserdbNeed | null): Segment {
    return Object.freeze({
      steps: Object.freeze(this.#steps),
      descriptorCount: this.#cuts === 0 ? this.#descriptors.length : 0,
      more,
      lookup,
      asks: this.#asks,
      waitsForState: this.#waitsForState,
    })
  }

  #count(body: () => void): number {
    const before = this.#ops.length
    this.#fence = before
    body()
    this.#fence = this.#ops.length
    return this.#fence - before
  }
}
