// Owns handing a program of classic BPF to the kernel, in a struct sock_fprog whose address of it only init knows.

import { FILTER_INSTRUCTION_SIZE } from '../../abi/local-route-filter.ts'
import type { Struct } from '../../protocol/op.ts'
import type { Planner } from '../planner.ts'

/** sizeof(struct sock_fprog): a 16-bit length, and at 8 the address. */
const SIZE = 16
const ADDRESS = 8

/** @returns what a system call takes by its address, behind what is added here to the step */
export function planFilterProgram(p: Planner, instructions: Uint8Array): Struct {
  const program: Struct = { bytes: new Uint8Array(SIZE) }
  program.bytes.set(new Uint8Array(Uint16Array.of(instructions.length / FILTER_INSTRUCTION_SIZE).buffer))
  p.call('store', [{ at: program, offset: ADDRESS }, 8, { bytes: instructions }])
  return program
}
