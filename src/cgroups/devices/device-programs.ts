// Owns device programs that are loaded already, by their rules: loading takes the kernel 20 times as long as attaching.

import { DEFAULT_DEVICE_RULES } from '../../config/defaults.ts'
import type { DeviceRule } from '../../config/device.ts'
import { closeFd } from '../../system/fd.ts'
import type { Kernel } from '../../system/kernel.ts'
import type { Attempt } from '../../system/syscall.ts'
import { loadDeviceProgram } from './bpf.ts'
import { compileDeviceProgram } from './compile-program.ts'
import { normalizeRule } from './normal-rule.ts'

/** Descriptors that are kept. Most callers have one set of rules for all of their containers. */
const MAX_KEPT = 16

export class DevicePrograms {
  readonly #kernel: Kernel
  readonly #loaded = new Map<string, number>()

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  /** The program for rules: a descriptor, borrowed until the next call. @throws LibcontainerError SystemError */
  load(rules: readonly DeviceRule[], attempt: Attempt): number {
    const isDefault = rules === DEFAULT_DEVICE_RULES
    const key = isDefault ? '' : JSON.stringify(rules)
    const known = this.#loaded.get(key)
    if (known !== undefined) return known
    const compiled = isDefault ? DEFAULT_PROGRAM : compile(rules)
    const program = loadDeviceProgram(this.#kernel, compiled, attempt)
    const [oldest] = this.#loaded
    if (oldest !== undefined && this.#loaded.size >= MAX_KEPT) {
      this.#loaded.delete(oldest[0])
      closeFd(this.#kernel, oldest[1])
    }
    this.#loaded.set(key, program)
    return program
  }
}

function compile(rules: readonly DeviceRule[]): Uint8Array {
  return compileDeviceProgram(rules.map(normalizeRule))
}

/** Of nearly all containers. */
const DEFAULT_PROGRAM = compile(DEFAULT_DEVICE_RULES)
