// Owns the bpf(2) calls that a device program needs: load, find our own on a cgroup, attach. Layouts of union
// bpf_attr in include/uapi/linux/bpf.h. Programs of others are never touched: the kernel asks all of them.

import { ERRNO } from '../../abi/errno.ts'
import { closeFd } from '../../system/fd.ts'
import type { Kernel } from '../../system/kernel.ts'
import { type Attempt, checked, syscall } from '../../system/syscall.ts'
import { SharedMemory } from './shared-memory.ts'

const BPF_PROG_LOAD = 5
const BPF_PROG_ATTACH = 8
const BPF_PROG_GET_FD_BY_ID = 13
const BPF_OBJ_GET_INFO_BY_FD = 15
const BPF_PROG_QUERY = 16
const BPF_PROG_TYPE_CGROUP_DEVICE = 15
const BPF_CGROUP_DEVICE = 6
const BPF_F_ALLOW_MULTI = 2
const BPF_F_REPLACE = 4

/** Room for every attribute that is used here; the kernel wants the rest to be zero. */
const ATTR_SIZE = 72
const INSTRUCTION_SIZE = 8
/** At most 15 bytes: the name by which we know our own program again. */
const PROGRAM_NAME = 'libcontainer'
const INFO_SIZE = 80
const INFO_OFFSET_NAME = 64
const MAX_PROGRAMS = 64

/** Loads a device program. @returns its descriptor, owned by the caller. @throws LibcontainerError SystemError */
export function loadDeviceProgram(kernel: Kernel, program: Uint8Array, attempt: Attempt): number {
  const license = kernel.encodeText('Apache-2.0\0')
  const bytes = new Uint8Array(program.length + license.length)
  bytes.set(program)
  bytes.set(license, program.length)
  const memory = new SharedMemory(kernel, bytes)
  try {
    const attr = new DataView(new ArrayBuffer(ATTR_SIZE))
    attr.setUint32(0, BPF_PROG_TYPE_CGROUP_DEVICE, true)
    attr.setUint32(4, program.length / INSTRUCTION_SIZE, true)
    attr.setBigUint64(8, BigInt(memory.address), true)
    attr.setBigUint64(16, BigInt(memory.address + program.length), true)
    new Uint8Array(attr.buffer, 48, 16).set(kernel.encodeText(PROGRAM_NAME))
    attr.setUint32(68, BPF_CGROUP_DEVICE, true)
    return bpf(kernel, BPF_PROG_LOAD, attr, attempt)
  } finally {
    memory.close()
  }
}

/**
 * Attaches a program to a cgroup, beside those of others; in place of `replaced` in one step, without a moment in
 * which neither holds. @param replaced a descriptor, or -1. @throws LibcontainerError SystemError
 */
export function attachDeviceProgram(
  kernel: Kernel,
  cgroup: number,
  program: number,
  replaced: number,
  attempt: Attempt,
): void {
  const attr = new DataView(new ArrayBuffer(ATTR_SIZE))
  attr.setUint32(0, cgroup, true)
  attr.setUint32(4, program, true)
  attr.setUint32(8, BPF_CGROUP_DEVICE, true)
  attr.setUint32(12, replaced < 0 ? BPF_F_ALLOW_MULTI : BPF_F_ALLOW_MULTI | BPF_F_REPLACE, true)
  attr.setUint32(16, Math.max(0, replaced), true)
  bpf(kernel, BPF_PROG_ATTACH, attr, attempt)
}

/** The program that we attached to a cgroup before: a descriptor, owned by the caller, or -1. */
export function findOwnDeviceProgram(kernel: Kernel, cgroup: number, attempt: Attempt): number {
  const ids = new SharedMemory(kernel, new Uint8Array(MAX_PROGRAMS * 4))
  try {
    const attr = new DataView(new ArrayBuffer(ATTR_SIZE))
    attr.setUint32(0, cgroup, true)
    attr.setUint32(4, BPF_CGROUP_DEVICE, true)
    attr.setBigUint64(16, BigInt(ids.address), true)
    attr.setUint32(24, MAX_PROGRAMS, true)
    bpf(kernel, BPF_PROG_QUERY, attr, attempt)
    const list = ids.read()
    for (let index = 0; index < attr.getUint32(24, true); index++) {
      const program = openOwnProgram(kernel, list.getUint32(index * 4, true), attempt)
      if (program >= 0) return program
    }
    return -1
  } finally {
    ids.close()
  }
}

function openOwnProgram(kernel: Kernel, id: number, attempt: Attempt): number {
  const attr = new DataView(new ArrayBuffer(ATTR_SIZE))
  attr.setUint32(0, id, true)
  const program = bpf(kernel, BPF_PROG_GET_FD_BY_ID, attr, attempt)
  if (readProgramName(kernel, program, attempt) === PROGRAM_NAME) return program
  closeFd(kernel, program)
  return -1
}

function readProgramName(kernel: Kernel, program: number, attempt: Attempt): string {
  const info = new SharedMemory(kernel, new Uint8Array(INFO_SIZE))
  try {
    const attr = new DataView(new ArrayBuffer(ATTR_SIZE))
    attr.setUint32(0, program, true)
    attr.setUint32(4, INFO_SIZE, true)
    attr.setBigUint64(8, BigInt(info.address), true)
    bpf(kernel, BPF_OBJ_GET_INFO_BY_FD, attr, attempt)
    const name = new Uint8Array(info.read().buffer, INFO_OFFSET_NAME, 16)
    return kernel.decodeText(name.subarray(0, name.indexOf(0)))
  } finally {
    info.close()
  }
}

const PRIVILEGE = 'it takes CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, outside of user namespaces'

function bpf(kernel: Kernel, command: number, attr: DataView, attempt: Attempt): number {
  let result: number
  // The verifier gives up when a signal is pending (kernel/bpf/verifier.c), and engines send some to themselves.
  do result = syscall(kernel, 'bpf', command, new Uint8Array(attr.buffer), ATTR_SIZE)
  while (result === -ERRNO.EAGAIN && command === BPF_PROG_LOAD)
  return checked(result, 'bpf', result === -ERRNO.EPERM ? { ...attempt, hint: PRIVILEGE } : attempt)
}
