// Owns the house rules about what may not be written at all. What the compiler or the linter refuses already (Buffer
// in the core, default exports, any) is not repeated here. Each rule carries what it must find and what it must not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import ts from 'typescript'
import { isProduct, type Source, sources } from './sources.ts'

interface Ban {
  readonly rule: string
  readonly where: (source: Source) => boolean
  readonly isBad: (node: ts.Node, file: ts.SourceFile) => boolean
  /** One statement each. */
  readonly bad: readonly string[]
  readonly good: readonly string[]
}

const isCore = (source: Source): boolean =>
  isProduct(source) &&
  !source.path.startsWith('src/node/') &&
  !['src/index.ts', 'src/runt-on-node.ts'].includes(source.path)
const isPure = ({ path }: Source): boolean =>
  /^src\/(config|protocol|oci|libcontainer-2015|capabilities|seccomp|labels|userdb|plan)\/.*(?<!\.test)\.ts$/.test(
    path,
  )

/** A name that is used as a value: not a key, not a type. */
const isValue = (node: ts.Node, ...names: readonly string[]): boolean =>
  ts.isIdentifier(node) &&
  names.includes(node.text) &&
  !(ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) &&
  !ts.isTypeNode(node.parent)

const mutable = /^(Weak)?(Map|Set)$|^Array(Buffer)?$|^DataView$|^\w+Array$/

/** `let`, or a container that nothing declares read-only. */
function isState({ initializer, type }: ts.VariableDeclaration): boolean {
  if (initializer === undefined) return false
  if (type !== undefined && /^(readonly |Readonly)/.test(type.getText())) return false
  if (ts.isArrayLiteralExpression(initializer)) return true
  return ts.isNewExpression(initializer) && mutable.test(initializer.expression.getText())
}

const bans: readonly Ban[] = [
  {
    rule: 'pure code takes no time and no chance',
    where: isPure,
    isBad: (node) =>
      isValue(node, 'Date') || (ts.isPropertyAccessExpression(node) && node.getText() === 'Math.random'),
    bad: ['f(Date.now())', 'new Date()', 'f(Math.random())'],
    good: ['let at: Date', 'Math.max(1, 2)', 'x.Date'],
  },
  {
    rule: 'the core takes no way around its compiler settings',
    where: isCore,
    isBad: (node) =>
      isValue(node, 'globalThis', 'eval', 'Function', 'Intl', 'WebAssembly') ||
      (ts.isIdentifier(node) && /^toLocale/.test(node.text)),
    bad: ["globalThis['process']", "eval('1')", "new Function('1')", 'x.toLocaleString()'],
    good: ['let f: Function', 'x.toString()'],
  },
  {
    rule: 'the product throws LibcontainerError only',
    where: isProduct,
    isBad: (node) => ts.isNewExpression(node) && /^(?!Libcontainer)\w*Error$/.test(node.expression.getText()),
    bad: ["throw new Error('x')", "new TypeError('x')", "new AggregateError([], 'x')"],
    good: ['throw new LibcontainerError(facts)', 'throw error'],
  },
  {
    rule: 'no module has state',
    where: isProduct,
    isBad: (node) =>
      ts.isVariableStatement(node) &&
      ts.isSourceFile(node.parent) &&
      ((node.declarationList.flags & ts.NodeFlags.Const) === 0 ||
        node.declarationList.declarations.some(isState)),
    bad: [
      'let a = 1',
      'var a',
      'const a = new Map()',
      'export const a: number[] = []',
      'const a = new Uint8Array(1)',
    ],
    good: [
      'const a: ReadonlySet<number> = new Set([1])',
      'const a = [1] as const',
      'f(() => { let b = new Map() })',
    ],
  },
  {
    rule: 'no import has an effect',
    where: (source) => isProduct(source) && source.path !== 'src/runt-on-node.ts',
    isBad: (node) => ts.isExpressionStatement(node) && ts.isSourceFile(node.parent),
    bad: ['f()', 'a.b = 1', 'await f()'],
    good: ['const a = f()', 'function g() { f() }'],
  },
]

/** What is bad in one source, as `path:line: text`. */
function findings({ path, text }: Source, isBad: Ban['isBad']): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (isBad(node, file)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
      found.push(`${path}:${line + 1}: ${node.getText(file).split('\n')[0]}`)
    }
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(file, visit)
  return found
}

const written = (text: string): Source => ({ path: 'x.ts', text, lines: [text], language: 'ts' })

for (const { rule, where, isBad, bad, good } of bans)
  test(rule, () => {
    for (const text of bad) assert.notEqual(findings(written(text), isBad).length, 0, `does not see: ${text}`)
    for (const text of good) assert.deepEqual(findings(written(text), isBad), [], `refuses: ${text}`)
    const found = sources('ts')
      .filter(where)
      .flatMap((source) => findings(source, isBad))
    assert.deepEqual(found, [])
  })

const unfinished = /\b(TODO(?!\(#\d+\))|FIXME|XXX|HACK)\b/

test('what is left to do has a number', () => {
  for (const text of ['// TODO: x', '/* FIXME */']) assert.match(text, unfinished)
  for (const text of ['// TODO(#12): x', 'mkstemp("XXXXXX")']) assert.doesNotMatch(text, unfinished)
  const found = sources().flatMap(({ path, lines }) =>
    lines.flatMap((line, at) => (unfinished.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
  )
  assert.deepEqual(
    found.filter((line) => !line.startsWith('test/tidy/')),
    [],
  )
})

const unbounded = /\b(strcpy|strcat|v?sprintf|gets|system|popen|alloca|tmpnam|mktemp)\s*\(/
const libc = /\b([cm]alloc|realloc|free|[fds]?n?printf|puts|perror|exit)\s*\(|<(stdio|stdlib|string)\.h>/

/** C without its comments, line by line. */
const codeOf = (text: string): string[] =>
  text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, (comment) => comment.replace(/[^\n]/g, ' ')).split('\n')

test('C calls nothing unbounded, and init nothing of libc', () => {
  for (const text of ['strcpy(a, b)', 'sprintf (a)']) assert.match(text, unbounded)
  for (const text of ['malloc(1)', 'snprintf(a)', 'printf(a)', '#include <stdio.h>']) assert.match(text, libc)
  for (const text of ['sys_exit(1)', 'filesystem(1)'])
    assert.doesNotMatch(text, new RegExp(`${unbounded.source}|${libc.source}`))
  assert.deepEqual(codeOf('a /* strcpy(\n) */ b // gets('), ['a           ', '     b         '])
  const found = sources('c').flatMap(({ path, text }) =>
    codeOf(text).flatMap((line, at) =>
      unbounded.test(line) || (path.startsWith('native/init/') && libc.test(line))
        ? [`${path}:${at + 1}: ${line}`]
        : [],
    ),
  )
  assert.deepEqual(found, [])
})
