// Owns the rule that each code which the documentation of a public method lists is brought about by a test: one whose
// title says `method: codes`, or `method, method: codes`.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { root } from './sources.ts'

const CODES =
  /\b(?:IdInUse|InvalidIdFormat|ContainerNotExists|ContainerPaused|ContainerNotStopped|ContainerNotRunning|ProcessNotExecuted|ConfigInvalid|SystemError)\b/g
const CLASSES = ['factory', 'container', 'process']
/** What only another fault of the machine would bring about, and why. */
const UNTESTED = new Map([
  [
    'process.wait SystemError',
    'the reactor refuses a descriptor that it has room for: test/faults/few-descriptors',
  ],
  ['container.seccompRequests SystemError', 'the kernel gives requests to the holder of a listener'],
  ['process.signal SystemError', 'the kernel refuses a signal to a child of ours: it has no reason to'],
])

/** The codes of each method, with those of the methods that its documentation refers to. */
function documented(): ReadonlyMap<string, ReadonlySet<string>> {
  const docs = new Map<string, string>()
  for (const name of CLASSES) {
    const text = readFileSync(join(root, `src/node/${name}.ts`), 'utf8')
    const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true)
    const visit = (node: ts.Node): void => {
      if (ts.isMethodDeclaration(node) && ts.isIdentifier(node.name))
        docs.set(`${name}.${node.name.text}`, text.slice(node.getFullStart(), node.getStart()))
      ts.forEachChild(node, visit)
    }
    visit(source)
  }
  const codes = new Map<string, ReadonlySet<string>>()
  for (const [method, doc] of docs) {
    const other = /\bas `(?<name>\w+)`/.exec(doc)?.groups?.name
    const inherited = docs.get(`${method.split('.')[0]}.${other}`) ?? ''
    codes.set(method, new Set(`${doc} ${inherited}`.match(CODES)))
  }
  return codes
}

/** The codes of each method, by the titles of tests. */
function tested(): ReadonlyMap<string, Set<string>> {
  const codes = new Map<string, Set<string>>()
  const folder = join(root, 'test/integration')
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.test.ts'))) {
    const titles = readFileSync(join(folder, file), 'utf8').matchAll(
      /^(?:\w+Test\()?\s*(?<quote>['"`])(?<title>(?:[Ff]actory|container|process)\.\w+[^\n]*)\k<quote>,/gm,
    )
    for (const { groups } of titles) {
      for (const part of groups?.title?.split(';') ?? []) {
        const [methods = '', list = ''] = part.split(':')
        for (const method of methods.split(',').map((name) => name.trim().toLowerCase()))
          codes.set(method, new Set([...(codes.get(method) ?? []), ...(list.match(CODES) ?? [])]))
      }
    }
  }
  return codes
}

test('each code that a public method lists has a test', () => {
  const done = tested()
  const missing = [...documented()].flatMap(([method, codes]) =>
    [...codes]
      .filter((code) => !done.get(method.toLowerCase())?.has(code) && !UNTESTED.has(`${method} ${code}`))
      .map((code) => `${method}: ${code}`),
  )
  assert.deepEqual(missing, [])
})
