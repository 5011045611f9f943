// Owns the rule that docs/conformance.md is whole and names tests that exist. Whether they passed is asked after a
// full run, by tools/check-conformance.ts.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type ConformanceRow, parseConformance } from '../../tools/conformance-table.ts'
import { root } from './sources.ts'
import { titlesIn } from './test-titles.ts'

const rows = parseConformance(readFileSync(join(root, 'docs/conformance.md'), 'utf8'))
const namesOf = (pattern: RegExp): readonly string[] =>
  rows.filter(({ name }) => pattern.test(name)).map(({ name }) => name)

test('there is a row for each upstream test, acceptance case and defect', () => {
  const upstream = namesOf(/^Test/)
  assert.equal(upstream.length, 136)
  assert.equal(new Set(rows.map(({ section, name }) => `${section} ${name}`)).size, rows.length)
  const numbered = (letter: string, count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)
  assert.deepEqual(namesOf(/^A\d+$/), numbered('A', 30))
  assert.deepEqual(namesOf(/^D\d+$/), numbered('D', 37))
})

test('a row has a test, or says why it has none', () => {
  const isWhole = ({ tests, result }: ConformanceRow): boolean =>
    tests.length > 0
      ? /^(pass$|pass, |in part: .{10})/.test(result)
      : /^(not yet|left out): .{10}/.test(result)
  assert.deepEqual(
    rows.filter((row) => !isWhole(row)).map(({ name, result }) => `${name}: ${result}`),
    [],
  )
})

test('every test that a row names is in its file', () => {
  const files = new Map<string, readonly RegExp[]>()
  const missing = rows.flatMap(({ name, tests }) =>
    tests
      .filter(({ file, title }) => {
        if (!files.has(file)) files.set(file, titlesIn(join(root, file)))
        return !files.get(file)?.some((pattern) => pattern.test(title))
      })
      .map((wanted) => `${name}: ${wanted.file} ${wanted.title}`),
  )
  assert.deepEqual(missing, [])
})

test('a document on conformance leads to tests that are there', () => {
  const documents = readdirSync(join(root, 'docs')).filter((name) => /^conformance.*\.md$/.test(name))
  assert.ok(documents.length >= 3, documents.join())
  const named = documents.flatMap((name) =>
    [...readFileSync(join(root, 'docs', name), 'utf8').matchAll(/[\w./-]+\.test\.ts/g)].map(([file]) => file),
  )
  const missing = named.filter(
    (file) => !existsSync(join(root, 'docs', file)) && !existsSync(join(root, file)),
  )
  assert.deepEqual(missing, [])
})

const SAMPLE = `
const KINDS = 8
const CASES = { plain: 1, 'with a cgroup': 2 }
for (let kind = 0; kind < KINDS; kind++) {
  test(\`kind \${kind} of \${KINDS}: refused\`, () => {})
  test(\`kind \${kind}: killed\`, () => {})
}
for (const name of Object.keys(CASES)) test(\`\${name}: ends\`, () => {})
test('one', () => {})
`

test('a title that no test can have is seen, templates or not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'titles-'))
  try {
    writeFileSync(join(folder, 'sample.test.ts'), SAMPLE)
    const titles = titlesIn(join(folder, 'sample.test.ts'))
    const has = (title: string): boolean => titles.some((pattern) => pattern.test(title))
    const there = ['kind 1 of 8: refused', 'kind 1: killed', 'plain: ends', 'with a cgroup: ends', 'one']
    assert.deepEqual(there.filter(has), there)
    const gone = [
      'kind 1 of 6: refused',
      'kind 1 of 8: killed',
      'without a cgroup: ends',
      'one of them',
      'two',
    ]
    assert.deepEqual(gone.filter(has), [])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
