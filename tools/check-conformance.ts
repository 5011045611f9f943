// Owns the check that ends a full test run: every test that docs/conformance.md names ran and passed. One that was
// skipped is listed with its reason. It reads what tools/totals-reporter.mjs left, and changes nothing.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type NamedTest, parseConformance } from './conformance-table.ts'

type End = readonly [file: string, title: string, end: string, reason: string]

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = `${root}build/totals`

function readEnds(): readonly End[] {
  const texts = readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
  const lines = texts.flatMap((text) => text.split('\n'))
  return lines.filter((line) => line.startsWith('[')).map((line) => JSON.parse(line) as End)
}

function byTitle(ends: readonly End[]): ReadonlyMap<string, readonly End[]> {
  const map = new Map<string, End[]>()
  for (const end of ends) map.set(end[1], [...(map.get(end[1]) ?? []), end])
  return map
}

/** The runner names the file in which test() was called: a helper, for tests that are made by one. */
const isOf = ({ file }: NamedTest, ran: string): boolean => ran === file || ran.startsWith('test/helpers/')

function main(): number {
  // Where nothing may make containers, tools/privileged has said so and run nothing.
  if (!existsSync(`${folder}/privileged.txt`)) {
    console.log('check-conformance: skipped: the privileged tests did not run')
    return 0
  }
  const ends = byTitle(readEnds())
  const rows = parseConformance(readFileSync(`${root}docs/conformance.md`, 'utf8'))
  const tests = new Map(rows.flatMap((row) => row.tests).map((test) => [`${test.file} ${test.title}`, test]))
  const bad: string[] = []
  const skipped: string[] = []
  for (const [name, test] of tests) {
    const ran = (ends.get(test.title) ?? []).filter(([file]) => isOf(test, file))
    const worst = ran.find(([, , end]) => end !== 'passed')
    if (ran.length === 0) bad.push(`did not run: ${name}`)
    else if (worst?.[2] === 'skipped') skipped.push(`skipped: ${name}: ${worst[3]}`)
    else if (worst !== undefined) bad.push(`${worst[2]}: ${name}`)
  }
  for (const line of [...skipped, ...bad]) console.log(line)
  const passed = tests.size - bad.length - skipped.length
  console.log(
    `check-conformance: ${rows.length} rows name ${tests.size} tests: ${passed} passed, ${skipped.length} skipped, ${bad.length} bad`,
  )
  return bad.length > 0 ? 1 : 0
}

process.exitCode = main()
