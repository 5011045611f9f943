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

/** Runs a program; returns what it leaves in r0. */
function interpret(program: Uint8Array, { type, major, minor, access }: Request): number {
  const context = new DataView(new ArrayBuffer(12))
  context.setUint32(0, (access << 16) | (type === 'b' ? 1 : 2), true)
  context.setUint32(4, major, true)
  context.setUint32(8, minor, true)
  const view = new DataView(program.buffer)
  const registers: (bigint | 'context' | undefined)[] = [undefined, 'context']
  const value = (index: number) => {
    const found = registers[index]
    assert.equal(typeof found, 'bigint', `r${index} is read before it is written`)
    return found as bigint
  }
  for (let pc = 0; ; pc++) {
    const code = view.getUint8(pc * 8)
    const dst = view.getUint8(pc * 8 + 1) & 15
    const src = view.getUint8(pc * 8 + 1) >> 4
    const off = view.getInt16(pc * 8 + 2, true)
    const imm = BigInt(view.getInt32(pc * 8 + 4, true))
    const jump = (isTaken: boolean) => {
      if (isTaken) pc += off
    }
    if (code === 0x61) {
      assert.equal(registers[src], 'context')
      registers[dst] = BigInt(context.getUint32(off, true))
    } else if (code === 0xb7) registers[dst] = imm
    else if (code === 0xbf) registers[dst] = value(src)
    else if (code === 0x57) registers[dst] = value(dst) & imm
    else if (code === 0x77) registers[dst] = value(dst) >> imm
    else if (code === 0x15) jump(value(dst) === imm)
    else if (code === 0x45) jump((value(dst) & imm) !== 0n)
    else if (code === 0x55) jump(value(dst) !== imm)
    else if (code === 0x95) return Number(value(0))
    else assert.fail(`unknown instruction ${code}`)
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
    visit(pc + 1)
    const off = view.getInt16(pc * 8 + 2, true)
    assert.ok(off >= 0 || (code & 7) !== 5, 'a jump backwards')
    if ((code & 7) === 5) visit(pc + 1 + off)
  }
  visit(0)
  return Array.from({ length: program.length / 8 }, (_, pc) => pc).filter((pc) => !reached.has(pc))
}

const number = fc.option(fc.constantFrom(1, 3, 7), { nil: null })
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
          assert.equal(interpret(program, request), isAllowed ? 1 : 0)
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
  assert.deepEqual([ask(2), ask(4), ask(6)], [1, 0, 0])
})

test('no rules refuse everything; the default rules allow null and no disk', () => {
  assert.equal(compileDeviceProgram([]).length, 8 * 8)
  const program = compileDeviceProgram(DEFAULT_DEVICE_RULES.map(normalizeRule))
  const ask = (type: DeviceType, major: number, minor: number, access: number) =>
    interpret(program, { type, major, minor, access })
  assert.equal(ask('c', 1, 3, 7), 1)
  assert.equal(ask('b', 8, 0, 1), 1)
  assert.equal(ask('b', 8, 0, 2), 0)
  assert.equal(ask('c', 1, 1, 2), 0)
})
