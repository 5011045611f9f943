// Owns the house rules about the length of functions: 60 lines in TypeScript, 70 in C.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import ts from 'typescript'
import { type Source, sources } from './sources.ts'

const maxLines = 60
const maxLinesC = 70

const parse = ({ path, text }: Source) => ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)

/** The callback of `describe` is a chapter, not a function. */
const isChapter = (node: ts.Node): boolean =>
  ts.isCallExpression(node.parent) && /^(describe|suite)\b/.test(node.parent.expression.getText())

function longFunctions(source: Source): string[] {
  const file = parse(source)
  const found: string[] = []
  const lineOf = (position: number) => file.getLineAndCharacterOfPosition(position).line
  const visit = (node: ts.Node): void => {
    const lines = lineOf(node.end) - lineOf(node.getStart(file)) + 1
    if (ts.isFunctionLike(node) && lines > maxLines && !isChapter(node))
      found.push(`${source.path}:${lineOf(node.getStart(file)) + 1}: ${lines} lines`)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

test('no TypeScript function is longer than 60 lines', () => {
  assert.deepEqual(sources('ts', 'mjs').flatMap(longFunctions), [])
})

/** C in this repository closes a function with `}` in the first column, and opens it on a line that starts there. */
function longFunctionsC({ path, lines }: Source): string[] {
  return lines.flatMap((line, end) => {
    if (line !== '}') return []
    const brace = lines.findLastIndex((text, at) => at < end && /^(\S.*)?\{$/.test(text))
    const start =
      lines[brace] === '{' ? lines.findLastIndex((text, at) => at < brace && /^\w/.test(text)) : brace
    const length = end - start + 1
    return length > maxLinesC ? [`${path}:${start + 1}: ${length} lines`] : []
  })
}

test('no C function is longer than 70 lines', () => {
  assert.deepEqual(sources('c').flatMap(longFunctionsC), [])
})

test('the counting itself works', () => {
  const source = (text: string, language: Source['language']): Source => {
    return { path: 'x', text, language, lines: text.split('\n') }
  }
  const body = 'x()\n'.repeat(70)
  assert.deepEqual(longFunctions(source(`\nconst f = () => {\n${body}}`, 'ts')), ['x:2: 72 lines'])
  assert.deepEqual(longFunctions(source(`describe('a', () => {\n${body}})`, 'ts')), [])
  assert.deepEqual(longFunctionsC(source(`int a;\nint f(int a,\n  int b)\n{\n${body}}`, 'c')), [
    'x:2: 74 lines',
  ])
  assert.deepEqual(longFunctionsC(source(`struct s {\n${body}};\nint f(void) {\n}\n`, 'c')), [])
})
