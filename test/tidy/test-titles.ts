// Owns what the titles of a file's tests can be, read from its source without running it. A part that is computed is
// a number, or a text that stands in that file or in one that it imports; a constant number is that number.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

const quote = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)

function visitAll(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, (child) => visitAll(child, visit))
}

/** Literals, and names of properties, as tables of tests are objects too. */
function textsIn(source: ts.SourceFile): readonly string[] {
  const texts: string[] = []
  visitAll(source, (node) => {
    if (ts.isStringLiteralLike(node)) texts.push(quote(node.text))
    else if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) texts.push(quote(node.name.text))
  })
  return texts.filter((text) => text !== '')
}

function patternOf(title: ts.TemplateExpression, part: (computed: ts.Expression) => string): string {
  const parts = title.templateSpans.map(
    ({ expression, literal }) => `(?:${part(expression)})${quote(literal.text)}`,
  )
  return quote(title.head.text) + parts.join('')
}

function constantNumbers(source: ts.SourceFile): ReadonlyMap<string, string> {
  const numbers = new Map<string, string>()
  visitAll(source, (node) => {
    if (!ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name)) return
    if (node.initializer !== undefined && ts.isNumericLiteral(node.initializer) && isConst(node))
      numbers.set(node.name.text, String(Number(node.initializer.text)))
  })
  return numbers
}

const isConst = (node: ts.VariableDeclaration): boolean =>
  (ts.getCombinedNodeFlags(node) & ts.NodeFlags.Const) !== 0

function importedBy(source: ts.SourceFile): readonly ts.SourceFile[] {
  return source.statements
    .filter(ts.isImportDeclaration)
    .map(({ moduleSpecifier }) => (moduleSpecifier as ts.StringLiteral).text)
    .filter((name) => name.startsWith('.') && name.endsWith('.ts'))
    .map((name) => parse(join(dirname(source.fileName), name)))
}

/** What the titles of this file's tests look like; none, where there is no such file. */
export function titlesIn(file: string): readonly RegExp[] {
  if (!existsSync(file)) return []
  const source = parse(file)
  const numbers = constantNumbers(source)
  let anything: string | undefined
  const part = (computed: ts.Expression): string => {
    const number = ts.isIdentifier(computed) ? numbers.get(computed.text) : undefined
    anything ??= ['\\d+', ...new Set([source, ...importedBy(source)].flatMap(textsIn))].join('|')
    return number ?? anything
  }
  const titles: RegExp[] = []
  visitAll(source, (node) => {
    if (!ts.isCallExpression(node) || !/^(it|test|\w+Test)$/.test(node.expression.getText(source))) return
    const [title] = node.arguments
    if (title === undefined) return
    if (ts.isStringLiteralLike(title)) titles.push(new RegExp(`^${quote(title.text)}$`))
    else if (ts.isTemplateExpression(title)) titles.push(new RegExp(`^${patternOf(title, part)}$`))
  })
  return titles
}
