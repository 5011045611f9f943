// Owns what the protocol needs to know of UTF-8 without the host: how long a text is, and reading one back for
// people. Slow paths only; the host encodes.

/** Bytes of a text in UTF-8; a lone surrogate counts as U+FFFD, 3 bytes, as every encoder writes it. */
export function utf8Length(text: string): number {
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) length += 1
    else if (unit < 0x800) length += 2
    else if (isPair(unit, text.charCodeAt(i + 1))) {
      length += 4
      i++
    } else length += 3
  }
  return length
}

// NaN, past the end, is no low surrogate.
const isPair = (high: number, low: number): boolean =>
  high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000

/** The text of bytes up to a NUL or their end; undefined when they are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
  let escaped = ''
  for (const byte of bytes) {
    if (byte === 0) break
    escaped += `%${byte.toString(16).padStart(2, '0')}`
  }
  try {
    return decodeURIComponent(escaped)
  } catch {
    return undefined
  }
}
