// Owns reading the numbers that the kernel writes into files of a cgroup. 64-bit numbers are bigint throughout.

import { LibcontainerError } from '../errors.ts'
import { readText, readTextIfExists } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'

/** A file of one number. @throws LibcontainerError SystemError */
export function readCounter(kernel: Kernel, file: string): bigint {
  return parseCounter(readText(kernel, file), file)
}

/** The same, or null when the file does not exist. @throws LibcontainerError SystemError */
export function readCounterIfExists(kernel: Kernel, file: string): bigint | null {
  const text = readTextIfExists(kernel, file)
  return text === null ? null : parseCounter(text, file)
}

/** A file of one number or `max`, which is null, as a missing file is. @throws LibcontainerError SystemError */
export function readLimitIfExists(kernel: Kernel, file: string): bigint | null {
  const text = readTextIfExists(kernel, file)
  return text === null || text.trim() === 'max' ? null : parseCounter(text, file)
}

/** A file of lines `key number`, such as memory.stat; empty when it does not exist. @throws LibcontainerError SystemError */
export function readKeyedCounters(kernel: Kernel, file: string): Readonly<Record<string, bigint>> {
  return parseKeyedCounters(readTextIfExists(kernel, file) ?? '')
}

/** A number of the kernel's; one below 0, as some counters are for a moment, counts as 0. */
export function parseCounter(text: string, file: string): bigint {
  const word = text.trim()
  if (/^\d+$/.test(word)) return BigInt(word)
  if (/^-\d+$/.test(word)) return 0n
  throw new LibcontainerError({
    code: 'SystemError',
    action: 'read a number from',
    object: file,
    reason: `it says ${JSON.stringify(word.slice(0, 60))}`,
  })
}

/** The lines `key number` of a text; a line of another form is left out. */
export function parseKeyedCounters(text: string): Readonly<Record<string, bigint>> {
  const counters: [string, bigint][] = []
  for (const line of text.split('\n')) {
    const [key, value, ...rest] = line.split(' ')
    if (key && value !== undefined && /^\d+$/.test(value) && rest.length === 0)
      counters.push([key, BigInt(value)])
  }
  // Not key by key: "__proto__" would be lost.
  return Object.fromEntries(counters)
}

/** The parts whose value is there: an absent figure has no key. */
export function present<T extends object>(parts: { readonly [K in keyof T]: T[K] | null | undefined }): T {
  const result: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(parts)) {
    if (value !== null && value !== undefined) result[key] = value
  }
  return result as T
}
