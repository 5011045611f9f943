// Owns an interpreter of seccomp filters: it checks a program as the kernel does (seccomp_check_filter, bpf_check_classic)
// and runs it on one call. It knows no profile.

import assert from 'node:assert/strict'

/** struct seccomp_data, without the instruction pointer. */
export interface Call {
  readonly nr: number
  /** AUDIT_ARCH_* */
  readonly arch: number
  readonly args: readonly bigint[]
}

/** Names of the wire, for tests. */
export const AUDIT_ARCH = {
  x86_64: 0xc000003e,
  x86: 0x40000003,
  aarch64: 0xc00000b7,
  arm: 0x40000028,
} as const

interface Instruction {
  readonly code: number
  readonly jt: number
  readonly jf: number
  readonly k: number
}

const RET = 0x06

export function decodeFilter(filter: Uint8Array): readonly Instruction[] {
  const view = new DataView(filter.buffer, filter.byteOffset, filter.byteLength)
  return Array.from({ length: filter.length / 8 }, (_, index) => ({
    code: view.getUint16(8 * index, true),
    jt: filter[8 * index + 2] as number,
    jf: filter[8 * index + 3] as number,
    k: view.getUint32(8 * index + 4, true),
  }))
}

/** Fails as the kernel refuses: a jump out of the program, an unknown instruction, an end that is no return. */
export function checkFilter(filter: Uint8Array): void {
  const program = decodeFilter(filter)
  assert.ok(program.length > 0 && program.length <= 4096, `${program.length} instructions`)
  assert.equal(program.at(-1)?.code, RET, 'it ends without a return')
  program.forEach(({ code, jt, jf, k }, at) => {
    assert.ok([0x20, 0x54, 0x05, 0x15, 0x25, 0x35, RET].includes(code), `instruction ${code.toString(16)}`)
    if (code === 0x20) assert.ok(k % 4 === 0 && k < 64, `load of ${k}`)
    if (code === 0x05) assert.ok(at + 1 + k < program.length, `jump from ${at} by ${k}`)
    if ([0x15, 0x25, 0x35].includes(code))
      assert.ok(at + 1 + Math.max(jt, jf) < program.length, `jump from ${at}`)
  })
}

function dataOf({ nr, arch, args }: Call): DataView {
  const data = new DataView(new ArrayBuffer(64))
  data.setUint32(0, nr, true)
  data.setUint32(4, arch, true)
  for (const [index, arg] of args.entries()) data.setBigUint64(16 + 8 * index, arg, true)
  return data
}

function holds(code: number, word: number, k: number): boolean {
  if (code === 0x15) return word === k
  return code === 0x25 ? word > k : word >= k
}

/** @returns what the program returns: an action with its data */
export function runFilter(program: readonly Instruction[], call: Call): number {
  const data = dataOf(call)
  let word = 0
  for (let at = 0; at < program.length; at++) {
    const { code, jt, jf, k } = program[at] as Instruction
    if (code === RET) return k
    if (code === 0x20) word = data.getUint32(k, true)
    else if (code === 0x54) word = (word & k) >>> 0
    else if (code === 0x05) at += k
    else at += holds(code, word, k) ? jt : jf
  }
  return assert.fail('it runs out of the program')
}
