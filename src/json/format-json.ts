// Owns writing JSON so that every integer survives: a bigint is written as a plain integer. The inverse of parseJson.

/** JSON text of plain data. What is undefined is left out, as JSON.stringify does. */
export function formatJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(formatJson).join(',')}]`
  const fields: string[] = []
  for (const [key, part] of Object.entries(value)) {
    if (part !== undefined) fields.push(`${JSON.stringify(key)}:${formatJson(part)}`)
  }
  return `{${fields.join(',')}}`
}
