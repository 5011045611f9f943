// Owns tables for people. Pure.

/** As runc has them, which scripts take apart: a column is at least so wide, and keeps so far from the next. */
const MIN_WIDTH = 12
const PADDING = 3

/** Lines with aligned columns; the first row is the header. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(MIN_WIDTH, ...rows.map((row) => (row[column] ?? '').length + PADDING)),
  )
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('')
  return rows.map((row) => `${line(row)}\n`).join('')
}
