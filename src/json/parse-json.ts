// Owns reading JSON so that every integer survives: one beyond 2^53 becomes a bigint, all else is as JSON.parse has it.

import { LibcontainerError } from '../errors.ts'

/**
 * Parses a JSON text. An integer that a number cannot hold exactly is a bigint.
 * @throws `ConfigInvalid` for what is no JSON
 */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return hasManyDigits(text) ? parseExactly(text) : value
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new LibcontainerError({ code: 'ConfigInvalid', action: 'parse the JSON text', reason, cause })
  }
}

/** A safe integer has no more: 2^53 - 1 is 9007199254740991. */
const SAFE_DIGITS = 16
const MANY_DIGITS = /\d{16}/

/** Whether there are as many digits on end. They would cover a place of every 16: looking at those is the fastest. */
function hasManyDigits(text: string): boolean {
  for (let at = SAFE_DIGITS - 1; at < text.length; at += SAFE_DIGITS) {
    const code = text.charCodeAt(at)
    if (code < 0x30 || code > 0x39) continue
    if (MANY_DIGITS.test(text.slice(at - SAFE_DIGITS + 1, at + SAFE_DIGITS))) return true
  }
  return false
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g

/**
 * Parses a text that is known to be JSON: every string is marked with `s`, every great integer becomes a string
 * marked with `n`, and the marks are taken off again. No string of the text can pass for a number.
 */
function parseExactly(text: string): unknown {
  const marked = text.replace(TOKEN, (token) => {
    if (token.startsWith('"')) return `"s${token.slice(1)}`
    return isGreatInteger(token) ? `"n${token}"` : token
  })
  return JSON.parse(marked, (_, value: unknown) => unmark(value))
}

function unmark(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('n') ? BigInt(value.slice(1)) : value.slice(1)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.slice(1), item]))
}

function isGreatInteger(token: string): boolean {
  return /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token))
}
