// Tests compiled device programs against the meaning of the rules, by a small eBPF interpreter that is as strict as
// the kernel's verifier about what the programs use: forward jumps, no code that cannot be reached, no unset register.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DEFAULT_DEVICE_RULES } from '../../config/defaults.ts'
import { compileDeviceProgram } from './compile-program.ts'
import { ACCESS_ALL, allowedAccess, type DeviceType, type NormalRule, normalizeRule } from './normal-rule.ts'

interface Request {
  readonly type: DeviceType
  readonly major: number
  readonly minor: number
  readonly access: number
}

type Value = bigint | 'context' | undefined

const low = (value: bigint) => value & 0xffffffffn

/** What each instruction does with the old value of its register; a boolean tells whether it jumps. */
const INSTRUCTIONS: Readonly<Record<number, (dst: bigint, src: bigint, imm: bigint) => bigint | boolean>> = {
  5: () => true,
  22: (dst, _, imm) => low(dst) === low(imm),
  69: (dst, _, imm) => (dst & imm) !== 0n,
  79: (dst, src) => dst | src,
  86: (dst, _, imm) => low(dst) !== low(imm),
  87: (dst, _, imm) => dst & imm,
  103: (dst, _, imm) => dst << imm,
  119: (dst, _, imm) => dst >> imm,
  183: (_dst, _src, imm) => imm,
  191: (_, src) => src,
}

/** Runs a program; returns what it leaves in r0. */
function interpret(program: Uint8Array, { type, major, minor, access }: Request): bigint {
  const context = new DataView(new ArrayBuffer(12))
  context.setUint32(0, (access << 16) | (type === 'b' ? 1 : 2), true)
  context.setUint32(4, major, true)
  context.setUint32(8, minor, true)
  const view = new DataView(program.buffer)
  const registers: Value[] = [undefined, 'context']
  const read = (index: number): bigint => {
    const value = registers[index]
    return typeof value === 'bigint' ? value : assert.fail(`r${index} is used as a number`)
  }
  for (let pc = 0; ; pc++) {
    const code = view.getUint8(pc * 8)
    const dst = view.getUint8(pc * 8 + 1) & 15
    const src = view.getUint8(pc * 8 + 1) >> 4
    const off = view.getInt16(pc * 8 + 2, true)
    const imm = BigInt(view.getInt32(pc * 8 + 4, true))
    if (code === 0x95) return read(0)
    if (code === 0x61) {
      assert.equal(registers[src], 'context')
      registers[dst] = BigInt(context.getUint32(off, true))
      continue
    }
    const run = INSTRUCTIONS[code] ?? assert.fail(`unknown instruction ${code}`)
    const usesDst = ![0x05, 0xb7, 0xbf].includes(code)
    const usesSrc = [0x4f, 0xbf].includes(code)
    const result = run(usesDst ? read(dst) : 0n, usesSrc ? read(src) : 0n, imm)
    if (typeof result === 'bigint') registers[dst] = result
    else if (result) pc += off
  }
}

/** Instructions that no jump and no fall leads to: the verifier refuses a program that has any. */
function unreachable(program: Uint8Array): readonly number[] {
  const view = new DataView(program.buffer)
  const reached = new Set<number>()
  const visit = (pc: number): void => {
    if (reached.has(pc)) return
    reached.add(pc)
    const code = view.getUint8(pc * 8)
    if (code === 0x95) return
    if (code !== 0x05) visit(pc + 1)
    const off = view.getInt16(pc * 8 + 2, true)
    const isJump = (code & 7) === 5 || (code & 7) === 6
    assert.ok(off >= 0 || !isJump, 'a jump backwards')
    if (isJump) visit(pc + 1 + off)
  }
  visit(0)
  return Array.from({ length: program.length / 8 }, (_, pc) => pc).filter((pc) => !reached.has(pc))
}

const number = fc.option(fc.constantFrom(1, 3, 7, 4095), { nil: null })
const anyRule: fc.Arbitrary<NormalRule> = fc.record({
  allow: fc.boolean(),
  type: fc.constantFrom(null, 'b', 'c'),
  major: number,
  minor: number,
  access: fc.integer({ min: 1, max: ACCESS_ALL }),
})
const anyRequest: fc.Arbitrary<Request> = fc.record({
  type: fc.constantFrom('b', 'c'),
  major: fc.constantFrom(1, 3, 7, 4095),
  minor: fc.constantFrom(1, 3, 7, 1_048_575),
  access: fc.integer({ min: 1, max: ACCESS_ALL }),
})

test('property: a program allows an access exactly when the rules allow each bit of it', () => {
  fc.assert(
    fc.property(
      fc.array(anyRule, { maxLength: 12 }),
      fc.array(anyRequest, { minLength: 1 }),
      (rules, requests) => {
        const program = compileDeviceProgram(rules)
        assert.deepEqual(unreachable(program), [])
        for (const request of requests) {
          const { type, major, minor, access } = request
          const isAllowed = (allowedAccess(rules, type, major, minor) & access) === access
          assert.equal(interpret(program, request), isAllowed ? 1n : 0n)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('a denied bit refuses an access that asks for more', () => {
  const program = compileDeviceProgram([
    normalizeRule({ allow: true }),
    normalizeRule({ allow: false, type: 'c', major: 1, minor: 3, access: 'w' }),
  ])
  const ask = (access: number) => interpret(program, { type: 'c', major: 1, minor: 3, access })
  assert.deepEqual([ask(2), ask(4), ask(6)], [1n, 0n, 0n])
})

test('no rules refuse everything; the default rules allow null and no disk', () => {
  assert.equal(compileDeviceProgram([]).length, 11 * 8)
  const program = compileDeviceProgram(DEFAULT_DEVICE_RULES.map(normalizeRule))
  const ask = (type: DeviceType, major: number, minor: number, access: number) =>
    interpret(program, { type, major, minor, access })
  assert.equal(ask('c', 1, 3, 7), 1n)
  assert.equal(ask('b', 8, 0, 1), 1n)
  assert.equal(ask('b', 8, 0, 2), 0n)
  assert.equal(ask('c', 1, 1, 2), 0n)
})
