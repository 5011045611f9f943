// Owns compiling device rules to the eBPF program that the kernel asks on v2 (BPF_PROG_TYPE_CGROUP_DEVICE,
// Documentation/bpf/standardization/instruction-set.rst). Pure: the same rules give the same bytes. The kernel's
// verifier takes its time for every branch, so a rule for one device is one instruction.

import { ACCESS_ALL, type DeviceType, isTotalRule, type NormalRule } from './normal-rule.ts'
import { Program } from './program.ts'

// struct bpf_cgroup_dev_ctx: access in the upper half of the first word, type in the lower one; major; minor.
const OFFSET_ACCESS_TYPE = 0
const OFFSET_MAJOR = 4
const OFFSET_MINOR = 8
/** BPF_DEVCG_DEV_* */
const TYPE: Readonly<Record<DeviceType, number>> = { b: 1, c: 2 }
/** The kernel's dev_t: 12 bits of major, 20 of minor. */
const MINOR_BITS = 20

const LDX_MEM_W = 0x61
const ALU64_OR_X = 0x4f
const ALU64_AND_K = 0x57
const ALU64_LSH_K = 0x67
const ALU64_RSH_K = 0x77
const ALU64_MOV_K = 0xb7
const ALU64_MOV_X = 0xbf
const JMP_JA = 0x05
const JMP_JSET_K = 0x45
const JMP_EXIT = 0x95
// Of 32 bits: an immediate operand of the 64-bit forms is signed.
const JMP32_JEQ_K = 0x16
const JMP32_JNE_K = 0x56

const RESULT = 0
const CONTEXT = 1
/** The access that no rule has decided yet. */
const WANTED = 2
const KIND = 3
const MAJOR = 4
const MINOR = 5
const DEVICE = 6

/**
 * The instructions for rules, as bytes. The last rule is asked first: it refuses when it denies what is still
 * undecided, and takes what it allows off the list; an access with nothing left undecided is allowed.
 */
export function compileDeviceProgram(rules: readonly NormalRule[]): Uint8Array {
  const program = new Program()
  loadRequest(program)
  let end: 'allow' | 'deny' = 'deny'
  let type: DeviceType | null = null
  // The verifier refuses what cannot be reached: what comes after a rule that decides everything is left out.
  let isDecided = false
  for (const rule of rules.toReversed()) {
    if (rule.type !== type) {
      program.place('other type')
      type = rule.type
      isDecided = false
      if (type !== null) program.jump(JMP32_JNE_K, KIND, TYPE[type], 'other type')
    }
    if (isDecided) continue
    if (isTotalRule(rule)) {
      end = rule.allow ? 'allow' : 'deny'
      break
    }
    compileRule(program, rule)
    isDecided = rule.major === null && rule.minor === null && rule.access === ACCESS_ALL
  }
  program.place('other type')
  placeVerdict(program, end)
  placeVerdict(program, end === 'deny' ? 'allow' : 'deny')
  return program.encode()
}

function loadRequest(program: Program): void {
  program.add(LDX_MEM_W, WANTED, { src: CONTEXT, off: OFFSET_ACCESS_TYPE })
  program.add(ALU64_MOV_X, KIND, { src: WANTED })
  program.add(ALU64_AND_K, KIND, { imm: 0xffff })
  program.add(ALU64_RSH_K, WANTED, { imm: 16 })
  program.add(LDX_MEM_W, MAJOR, { src: CONTEXT, off: OFFSET_MAJOR })
  program.add(LDX_MEM_W, MINOR, { src: CONTEXT, off: OFFSET_MINOR })
  program.add(ALU64_MOV_X, DEVICE, { src: MAJOR })
  program.add(ALU64_LSH_K, DEVICE, { imm: MINOR_BITS })
  program.add(ALU64_OR_X, DEVICE, { src: MINOR })
}

function compileRule(program: Program, rule: NormalRule): void {
  const verdict = rule.allow ? 'allow' : 'deny'
  const number = numberOf(rule)
  if (rule.access === ACCESS_ALL) {
    if (number === null) program.jump(JMP_JA, 0, 0, verdict)
    else program.jump(JMP32_JEQ_K, number.register, number.value, verdict)
    return
  }
  if (number !== null) program.jump(JMP32_JNE_K, number.register, number.value, 'other device')
  if (rule.allow) {
    program.add(ALU64_AND_K, WANTED, { imm: ACCESS_ALL & ~rule.access })
    program.jump(JMP32_JEQ_K, WANTED, 0, 'allow')
  } else program.jump(JMP_JSET_K, WANTED, rule.access, 'deny')
  program.place('other device')
}

// What a rule compares, beside the type; null for every number.
function numberOf({
  major,
  minor,
}: NormalRule): { readonly register: number; readonly value: number } | null {
  if (major === null) return minor === null ? null : { register: MINOR, value: minor }
  if (minor === null) return { register: MAJOR, value: major }
  return { register: DEVICE, value: (major << MINOR_BITS) | minor }
}

// The first verdict is also what is fallen into; the other one is there only when something jumps to it.
function placeVerdict(program: Program, verdict: 'allow' | 'deny'): void {
  if (!program.place(verdict) && program.isEnded) return
  program.add(ALU64_MOV_K, RESULT, { imm: verdict === 'allow' ? 1 : 0 })
  program.add(JMP_EXIT, 0)
}
