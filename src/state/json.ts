// Owns JSON that keeps 64-bit integers: a bigint is written as a plain integer, and an integer that a number cannot
// hold is read back as a bigint (DESIGN 6, invariant 9).

import { LibcontainerError } from '../errors.ts'

/** JSON text of plain data. What is undefined is left out, as JSON.stringify does. */
export function encodeJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(encodeJson).join(',')}]`
  const fields: string[] = []
  for (const [key, part] of Object.entries(value)) {
    if (part !== undefined) fields.push(`${JSON.stringify(key)}:${encodeJson(part)}`)
  }
  return `{${fields.join(',')}}`
}

// A private-use character, to mark large integers while JSON.parse is at work.
const MARK = '\uf8ff'

/** @throws LibcontainerError SystemError when it is no JSON */
export function decodeJson(text: string): unknown {
  const marked = /\d{16}/.test(text) ? text.replaceAll(LITERALS, markLarge) : text
  try {
    return JSON.parse(marked, marked === text ? undefined : (_, part) => (isMarked(part) ? BigInt(part.slice(1)) : part))
  } catch (cause) {
    throw new LibcontainerError({ code: 'SystemError', action: 'read JSON', reason: 'it is not well-formed', cause })
  }
}

/** Strings, which are left alone, or numbers of 16 digits and more. */
const LITERALS = /"(?:[^"\\]|\\.)*"|-?\b\d{16,}\b(?![.eE])/g

function markLarge(literal: string): string {
  return literal.startsWith('"') || Number.isSafeInteger(Number(literal)) ? literal : `"${MARK}${literal}"`
}

function isMarked(part: unknown): part is string {
  return typeof part === 'string' && part.startsWith(MARK)
}
