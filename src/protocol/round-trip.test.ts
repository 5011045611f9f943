// Owns the property that encoder, disassembler and the decoder of init agree on any program. The decoder is the C
// of native/init, built hosted under sanitizers; without a compiler that half is skipped.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import type { Errno } from '../abi/errno.ts'
import { ERRNO, errnoName } from '../abi/errno.ts'
import type { Arch, SyscallName } from '../abi/syscalls.ts'
import { SYSCALLS, syscallNumber } from '../abi/syscalls.ts'
import type { DecodedArg, DecodedOp, Place } from './disassemble.ts'
import { disassembleProgram } from './disassemble.ts'
import { encodeProgram } from './encode.ts'
import type { OnResult, Op, OpArg, Program, Scratch, Struct, Table } from './op.ts'
import { PSEUDO_BIT, PSEUDO_OPS } from './schema.ts'

const encodeText = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Plain objects, as plans make them. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>

const arch = fc.constantFrom<Arch>('x86_64', 'aarch64')
const text = fc.oneof(
  fc.constantFrom('', '/proc/self/fd', 'tmpfs', 'source'),
  fc.string({ unit: 'binary', maxLength: 12 }).map((value) => value.replaceAll('\0', '')),
)
const slot = record({ slot: fc.nat(255) })
const lastUse = record({ slot: fc.nat(255), isLast: fc.constant<true>(true) })
const value = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
)
const errno = fc.constantFrom(...(Object.keys(ERRNO) as Errno[]))
const syscall = fc.constantFrom(
  ...(Object.keys(SYSCALLS) as SyscallName[]).filter((name) => name !== 'execve'),
)

/** Few objects, so that ops share them. */
interface Pool {
  readonly structs: readonly Struct[]
  readonly scratches: readonly Scratch[]
  readonly tables: readonly Table[]
}
const pool: fc.Arbitrary<Pool> = record({
  structs: fc.array(record({ bytes: fc.uint8Array({ minLength: 8, maxLength: 40 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
  scratches: fc.array(record({ scratch: fc.integer({ min: 8, max: 300 }) }), {
    minLength: 1,
    maxLength: 3,
  }),
  tables: fc.array(record({ table: fc.array(text, { maxLength: 5 }) }), { minLength: 1, maxLength: 3 }),
})

function argOf({ structs, scratches }: Pool): fc.Arbitrary<OpArg> {
  const struct = fc.constantFrom(...structs)
  const scratch = fc.constantFrom(...scratches)
  const at = record({ at: fc.oneof(struct, scratch), offset: fc.nat(8) })
  return fc.oneof(value, text, slot, lastUse, struct, scratch, at)
}

function pseudoOf(objects: Pool): fc.Arbitrary<Pick<Op, 'call' | 'args'>> {
  const memory = fc.constantFrom<Struct | Scratch>(...objects.structs, ...objects.scratches)
  const width = fc.constantFrom(1, 2, 4, 8)
  const table = fc.constantFrom(...objects.tables)
  const make =
    (call: Op['call']) =>
    (args: readonly OpArg[]): Pick<Op, 'call' | 'args'> => ({ call, args })
  return fc.oneof(
    fc.tuple(value).map(make('gate')),
    fc.tuple(value, fc.oneof(slot, fc.constant(-1)), memory, fc.oneof(slot, fc.nat(8))).map(make('return')),
    fc.constant([]).map(make('started')),
    fc.tuple(value).map(make('fork')),
    fc
      .tuple(fc.oneof(text, slot), table, table)
      .map(([path, argv, env]) => [path, argv, argv.table.length, env, env.table.length])
      .map(make('execve')),
    table.map((paths) => [paths, paths.table.length]).map(make('lookup')),
    fc
      .tuple(
        memory,
        width,
        value,
        value,
        errno.map((name) => ERRNO[name]),
      )
      .map(make('expect')),
    fc.tuple(memory, width, fc.oneof(value, slot, memory)).map(make('store')),
    fc.tuple(memory, width, value, value).map(make('load')),
    fc.tuple(memory, width, value, value, fc.oneof(value, slot), fc.oneof(value, slot)).map(make('pick')),
    fc.tuple(value).map(make('bounding')),
    fc.tuple(value).map(make('mortal')),
    fc.constant([]).map(make('child')),
  )
}

const on: fc.Arbitrary<OnResult | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant<OnResult>({ ignore: true }),
  record({ errno, skip: fc.nat(3) }),
  record({ errno, skip: fc.nat(3), ignore: fc.constant<true>(true) }),
  record({ successSkips: fc.nat(3) }),
  record({ errno, successSkips: fc.nat(3) }),
)

const program: fc.Arbitrary<Program> = pool.chain((objects) => {
  const raw = record({ call: syscall, args: fc.array(argOf(objects), { maxLength: 6 }) })
  const result = fc.tuple(fc.option(slot, { nil: undefined }), on)
  const call = fc.tuple(fc.oneof(raw, pseudoOf(objects)), result).map(
    ([made, [into, onResult]]): Op => ({
      ...made,
      ...(into !== undefined && { into }),
      ...(onResult !== undefined && { on: onResult }),
    }),
  )
  // It repeats nothing, so that no other op skips out of it.
  const each = fc.tuple(fc.constantFrom(...objects.tables), slot).map(
    ([table, into]): Op => ({
      call: 'each',
      args: [table, table.table.length],
      into,
      on: { errno: 'ENODATA', skip: 0 },
    }),
  )
  const op = fc.oneof({ weight: 9, arbitrary: call }, { weight: 1, arbitrary: each })
  // Three ops that nothing skips into, so that every skip stays inside.
  const end = Array.from({ length: 3 }, (): Op => ({ call: 'started', args: [] }))
  const ops = fc.array(op, { maxLength: 10 })
  return record({
    steps: fc.tuple(ops, ops).map(([first, second]) => [{ ops: first }, { ops: [...second, ...end] }]),
    more: fc.boolean(),
    descriptorSlot: fc.integer({ min: 1, max: 100 }),
    descriptorCount: fc.nat(100),
  })
})

/** The zeros behind the last argument of a system call are not seen as arguments. */
function withoutZeros(op: Op): readonly OpArg[] {
  if (Object.hasOwn(PSEUDO_OPS, op.call)) return op.args
  const last = op.args.findLastIndex((arg) => !(arg === 0 || arg === 0n))
  return op.args.slice(0, last + 1)
}

/** Checks an argument, and that every object has one address and no two objects share memory. */
function assertArg(found: DecodedArg | undefined, wanted: OpArg, addresses: Map<object, number>): void {
  if (typeof wanted === 'number' || typeof wanted === 'bigint') {
    assert.equal(found, BigInt.asIntN(64, BigInt(wanted)))
  } else if (typeof wanted === 'string') assert.equal((found as Place).text, wanted)
  else if ('slot' in wanted || 'table' in wanted) assert.deepEqual(found, wanted)
  else {
    const { offset, bytes } = found as Place
    const object = 'at' in wanted ? wanted.at : wanted
    const start = 'at' in wanted ? wanted.offset : 0
    assert.equal(offset - start, addresses.get(object) ?? offset - start)
    addresses.set(object, offset - start)
    if ('scratch' in object) assert.equal(bytes.length, 0)
    else assert.deepEqual(bytes.slice(0, object.bytes.length - start), object.bytes.slice(start))
  }
}

function assertApart(addresses: ReadonlyMap<object, number>): void {
  const sizeOf = (object: object): number =>
    'bytes' in object ? (object as Struct).bytes.length : (object as Scratch).scratch
  const sorted = [...addresses].sort(([, a], [, b]) => a - b)
  let end = 0
  for (const [object, start] of sorted) {
    assert.ok(start >= end && start % 8 === 0)
    end = start + sizeOf(object)
  }
}

test('what was encoded is disassembled to the same ops', () => {
  fc.assert(
    fc.property(program, arch, (wanted, on64) => {
      const found = disassembleProgram(encodeProgram(wanted, on64, encodeText), on64)
      const addresses = new Map<object, number>()
      const ops = wanted.steps.flatMap((step) => step.ops)
      assert.equal(found.length, ops.length)
      for (const [index, op] of ops.entries()) {
        const decoded = found[index] as DecodedOp
        assert.equal(decoded.call, op.call)
        assert.deepEqual(decoded.into, op.into)
        // EDEADLOCK and the like: two names may have one number, and the first is shown.
        const errnoOf = op.on?.errno === undefined ? {} : { errno: errnoName(ERRNO[op.on.errno]) }
        assert.deepEqual(decoded.on, op.on && { ...op.on, ...errnoOf })
        const args = withoutZeros(op)
        assert.equal(decoded.args.length, args.length)
        for (const [i, arg] of args.entries()) assertArg(decoded.args[i], arg, addresses)
      }
      assertApart(addresses)
    }),
    { numRuns: 500 },
  )
})

// This file runs as dist/src/protocol/round-trip.test.js.
const root = fileURLToPath(new URL('../../../', import.meta.url))
const hasCompiler =
  spawnSync('cc', ['--version']).status === 0 && spawnSync('make', ['--version']).status === 0

const hexText = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0)
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('hex')
}

/** An op in the words of native/test/print-decoded.c. */
function inWordsOfC(op: DecodedOp, on64: Arch): unknown {
  const pseudo = PSEUDO_OPS[op.call as keyof typeof PSEUDO_OPS]
  const { ignore, skip, successSkips } = op.on ?? {}
  const args = op.args.map((arg) => {
    if (typeof arg === 'bigint') return { value: String(arg) }
    if ('slot' in arg) return { [arg.isLast ? 'last' : 'slot']: String(arg.slot) }
    if ('table' in arg) return { table: arg.table.map((entry) => hexText(encodeText(entry))), end: 0 }
    return { offset: arg.offset, text: hexText(arg.bytes) }
  })
  while (args.length < 6) args.push({ value: '0' })
  return {
    nr: pseudo === undefined ? syscallNumber(op.call as SyscallName, on64) : PSEUDO_BIT + pseudo.nr,
    flags:
      (op.into ? 1 : 0) |
      (ignore ? 2 : 0) |
      (skip === undefined ? 0 : 4) |
      (successSkips === undefined ? 0 : 8),
    errno: op.on?.errno === undefined ? 0 : ERRNO[op.on.errno],
    slot: op.into?.slot ?? 0,
    skip: skip ?? successSkips ?? 0,
    args,
  }
}

test('the decoder of init reads the same', { skip: !hasCompiler && 'needs cc and make' }, () => {
  const made = spawnSync('make', ['-C', `${root}native/test`, 'decode'], { encoding: 'utf8' })
  assert.equal(made.status, 0, made.stderr)
  fc.assert(
    fc.property(program, arch, (wanted, on64) => {
      const bytes = encodeProgram(wanted, on64, encodeText)
      const result = spawnSync(`${root}build/native/test/decode`, { input: bytes, encoding: 'utf8' })
      assert.equal(result.status, 0, result.stdout + result.stderr)
      const [header, ...ops] = result.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      const view = new DataView(bytes.buffer)
      assert.deepEqual(header, {
        more: wanted.more,
        descriptors: wanted.descriptorCount,
        slot: wanted.descriptorSlot,
        dataSize: view.getUint32(12, true) + view.getUint32(16, true),
      })
      assert.deepEqual(
        ops,
        disassembleProgram(bytes, on64).map((op) => inWordsOfC(op, on64)),
      )
    }),
    { numRuns: 150 },
  )
})
