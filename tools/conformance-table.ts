// Owns reading docs/conformance.md: its rows, and the tests that they name. A row that is not as the document's first
// lines say is an error, as it would be taken for one that is checked.

/** A test by its file and its title. */
export interface NamedTest {
  readonly file: string
  readonly title: string
}

export interface ConformanceRow {
  /** The heading above the row. */
  readonly section: string
  readonly name: string
  readonly tests: readonly NamedTest[]
  /** `pass`, or why not. */
  readonly result: string
}

const ROW = /^\| (?<name>[^|]+) \| (?<proves>[^|]*) \| (?<tests>[^|]*) \| (?<result>[^|]+) \|$/
const TEST = /^`(?<file>[\w./-]+\.test\.ts)` (?<title>.+)$/

const HEADING = /^\| \w+ \| Proves \| Our test \| Result \|$/

/** The rows of the tables with these four columns, in their order. Other tables are passed over. */
export function parseConformance(text: string): readonly ConformanceRow[] {
  const rows: ConformanceRow[] = []
  let section = ''
  let isOurs = false
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) section = line.replace(/^#+ /, '')
    if (!line.startsWith('|')) isOurs = false
    if (HEADING.test(line)) isOurs = true
    if (!isOurs || HEADING.test(line) || line.startsWith('|--')) continue
    const { name = '', tests = '', result = '' } = ROW.exec(line)?.groups ?? {}
    if (name === '') throw new SyntaxError(`docs/conformance.md: this is no row of four cells: ${line}`)
    rows.push({ section, name: name.trim(), tests: parseTests(tests.trim()), result: result.trim() })
  }
  return rows
}

function parseTests(cell: string): readonly NamedTest[] {
  if (cell === '') return []
  return cell.split('<br>').map((item) => {
    const { file, title } = TEST.exec(item.trim())?.groups ?? {}
    if (file === undefined || title === undefined)
      throw new SyntaxError(`docs/conformance.md: expected \`file.test.ts\` title, got ${item}`)
    return { file, title }
  })
}
