// Owns how a value of the caller is shown in an error: short, in quotes, on one line.
// It never runs code of the value (no toString, no getter) and never passes on what a terminal would obey.

const WIDTH = 60

/** A rendering of at most 60 characters: `"rx"`, `-5`, `a list`, `nothing`. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoteText(value)
    case 'bigint':
      return cut(`${value}n`)
    case 'number':
    case 'boolean':
      return String(value)
    case 'undefined':
      return 'nothing'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? 'a list' : 'an object'
    default:
      return `a ${typeof value}`
  }
}

/** The same for the object of an error, which is put in quotes there: a text is itself. */
export function nameOfValue(value: unknown): string {
  return typeof value === 'string' ? value : describeValue(value)
}

/** A text in quotes, cut to 60 characters. */
export function quoteText(text: string): string {
  const quoted = JSON.stringify(text.slice(0, WIDTH)).replace(UNPRINTED, escapeUnit)
  return text.length > WIDTH || quoted.length > WIDTH ? `${quoted.slice(0, WIDTH - 2).trimEnd()}…"` : quoted
}

// JSON leaves C1 controls (a terminal takes U+009B for an escape sequence) and marks of direction as they are.
const UNPRINTED = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function cut(text: string): string {
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text
}
