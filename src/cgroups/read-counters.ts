// Owns reading the numbers that the kernel writes into files of a cgroup. 64-bit numbers are bigint throughout.

import { readText, readTextIfExists } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'

/** A file of one number. @throws LibcontainerError SystemError */
export function readCounter(kernel: Kernel, file: string): bigint {
  return BigInt(readText(kernel, file).trim())
}

/** The same, or null when the file does not exist. @throws LibcontainerError SystemError */
export function readCounterIfExists(kernel: Kernel, file: string): bigint | null {
  const text = readTextIfExists(kernel, file)
  return text === null ? null : BigInt(text.trim())
}

/** A file of one number or `max`, which is null. @throws LibcontainerError SystemError */
export function readLimit(kernel: Kernel, file: string): bigint | null {
  const text = readText(kernel, file).trim()
  return text === 'max' ? null : BigInt(text)
}

/** A file of lines `key number`, such as memory.stat. @throws LibcontainerError SystemError */
export function readKeyedCounters(kernel: Kernel, file: string): Readonly<Record<string, bigint>> {
  return parseKeyedCounters(readText(kernel, file))
}

/** The lines `key number` of a text; a line of another form is left out. */
export function parseKeyedCounters(text: string): Readonly<Record<string, bigint>> {
  const counters: Record<string, bigint> = {}
  for (const line of text.split('\n')) {
    const [key, value, ...rest] = line.split(' ')
    if (key && value !== undefined && /^\d+$/.test(value) && rest.length === 0) counters[key] = BigInt(value)
  }
  return counters
}
