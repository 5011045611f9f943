// Owns the rule that docs/conformance.md is whole and names tests that exist. Whether they passed is asked after a
// full run, by tools/check-conformance.ts.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { type ConformanceRow, parseConformance } from '../../tools/conformance-table.ts'
import { root } from './sources.ts'

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

/** What the titles of a file's tests look like: a part that is computed may be anything. */
function titlesIn(file: string): readonly RegExp[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  )
  const titles: RegExp[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(it|test|\w+Test)$/.test(node.expression.getText()))
      titles.push(...titleOf(node.arguments[0]))
    ts.forEachChild(node, visit)
  }
  visit(source)
  return titles
}

const quote = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

function titleOf(title: ts.Expression | undefined): readonly RegExp[] {
  if (title === undefined) return []
  if (ts.isStringLiteralLike(title)) return [new RegExp(`^${quote(title.text)}$`)]
  if (!ts.isTemplateExpression(title)) return []
  const parts = title.templateSpans.map(({ literal }) => `.+${quote(literal.text)}`)
  return [new RegExp(`^${quote(title.head.text)}${parts.join('')}$`)]
}

test('every test that a row names is in its file', () => {
  const files = new Map<string, readonly RegExp[]>()
  const missing = rows.flatMap(({ name, tests }) =>
    tests
      .filter(({ file, title }) => {
        if (!files.has(file)) files.set(file, existsSync(join(root, file)) ? titlesIn(file) : [])
        return !files.get(file)?.some((pattern) => pattern.test(title))
      })
      .map((wanted) => `${name}: ${wanted.file} ${wanted.title}`),
  )
  assert.deepEqual(missing, [])
})
