// Owns what counts as asking for nothing in config.json.

/** Whether a value asks for nothing, as an encoder writes a structure of which nothing was set. */
export function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isEmpty)
  return !value
}
