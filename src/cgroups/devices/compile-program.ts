// Owns compiling device rules to the eBPF program that the kernel asks on v2 (BPF_PROG_TYPE_CGROUP_DEVICE,
// Documentation/bpf/standardization/instruction-set.rst). Pure: the same rules give the same bytes.

import { ACCESS_ALL, type DeviceType, type NormalRule } from './normal-rule.ts'

// struct bpf_cgroup_dev_ctx: access in the upper half of the first word, type in the lower one; major; minor.
const CONTEXT = { accessType: 0, major: 4, minor: 8 } as const
/** BPF_DEVCG_DEV_* */
const TYPE: Readonly<Record<DeviceType, number>> = { b: 1, c: 2 }

const LDX_MEM_W = 0x61
const ALU64_MOV_K = 0xb7
const ALU64_MOV_X = 0xbf
const ALU64_AND_K = 0x57
const ALU64_RSH_K = 0x77
const JMP_JEQ_K = 0x15
const JMP_JSET_K = 0x45
const JMP_JNE_K = 0x55
const JMP_EXIT = 0x95

/** r2 is the access that no rule has decided yet. */
const [RESULT, CTX, WANTED, KIND, MAJOR, MINOR] = [0, 1, 2, 3, 4, 5] as const

type Target = 'allow' | 'deny' | 'next'

interface Instruction {
  readonly code: number
  readonly dst: number
  readonly src?: number
  readonly off?: number
  readonly imm?: number
  /** A jump forward, in place of `off`. */
  readonly to?: Target
}

const PROLOGUE: readonly Instruction[] = [
  { code: LDX_MEM_W, dst: WANTED, src: CTX, off: CONTEXT.accessType },
  { code: ALU64_MOV_X, dst: KIND, src: WANTED },
  { code: ALU64_AND_K, dst: KIND, imm: 0xffff },
  { code: ALU64_RSH_K, dst: WANTED, imm: 16 },
  { code: LDX_MEM_W, dst: MAJOR, src: CTX, off: CONTEXT.major },
  { code: LDX_MEM_W, dst: MINOR, src: CTX, off: CONTEXT.minor },
]

/**
 * The instructions for rules, as bytes. The last rule is asked first: it refuses when it denies what is still
 * undecided, and takes what it allows off the list; an access with nothing left undecided is allowed.
 */
export function compileDeviceProgram(rules: readonly NormalRule[]): Uint8Array {
  const blocks: Instruction[][] = [[...PROLOGUE]]
  let end: Target = 'deny'
  for (const rule of rules.toReversed()) {
    // The verifier refuses what cannot be reached, so a rule that decides everything is the end.
    if (isTotal(rule)) {
      end = rule.allow ? 'allow' : 'deny'
      break
    }
    blocks.push(compileRule(rule))
  }
  return encode(link(blocks, end))
}

function isTotal(rule: NormalRule): boolean {
  return rule.type === null && rule.major === null && rule.minor === null && rule.access === ACCESS_ALL
}

function compileRule(rule: NormalRule): Instruction[] {
  const block: Instruction[] = []
  if (rule.type !== null) block.push({ code: JMP_JNE_K, dst: KIND, imm: TYPE[rule.type], to: 'next' })
  if (rule.major !== null) block.push({ code: JMP_JNE_K, dst: MAJOR, imm: rule.major, to: 'next' })
  if (rule.minor !== null) block.push({ code: JMP_JNE_K, dst: MINOR, imm: rule.minor, to: 'next' })
  if (rule.allow) {
    block.push({ code: ALU64_AND_K, dst: WANTED, imm: ACCESS_ALL & ~rule.access })
    block.push({ code: JMP_JEQ_K, dst: WANTED, imm: 0, to: 'allow' })
  } else {
    block.push({ code: JMP_JSET_K, dst: WANTED, imm: rule.access, to: 'deny' })
  }
  return block
}

// Lays the blocks out, the verdict that is fallen into first, the other one only when something jumps to it.
function link(blocks: readonly Instruction[][], end: Target): readonly Instruction[] {
  const body = blocks.flat()
  const other: Target = end === 'deny' ? 'allow' : 'deny'
  const hasOther = body.some(({ to }) => to === other)
  const verdicts = hasOther ? [...verdict(end), ...verdict(other)] : verdict(end)
  const linked: Instruction[] = []
  for (const block of blocks) {
    const next = linked.length + block.length
    for (const instruction of block) {
      if (instruction.to === undefined) linked.push(instruction)
      else {
        const target = { next, [end]: body.length, [other]: body.length + 2 }[instruction.to] as number
        linked.push({ ...instruction, off: target - linked.length - 1 })
      }
    }
  }
  return [...linked, ...verdicts]
}

function verdict(target: Target): Instruction[] {
  return [
    { code: ALU64_MOV_K, dst: RESULT, imm: target === 'allow' ? 1 : 0 },
    { code: JMP_EXIT, dst: 0 },
  ]
}

// struct bpf_insn; both of our architectures are little-endian.
function encode(instructions: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(instructions.length * 8))
  for (const [index, { code, dst, src = 0, off = 0, imm = 0 }] of instructions.entries()) {
    view.setUint8(index * 8, code)
    view.setUint8(index * 8 + 1, (src << 4) | dst)
    view.setInt16(index * 8 + 2, off, true)
    view.setInt32(index * 8 + 4, imm, true)
  }
  return new Uint8Array(view.buffer)
}
