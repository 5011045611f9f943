// Owns the promise of docs/porting-map.md: every name in its column "Here" is exported, with its members and fields;
// every command and path that it names is there.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { root } from './sources.ts'

const page = readFileSync(join(root, 'docs/porting-map.md'), 'utf8')

/** The code spans of the rows' column "Here", and those of the notes that are paths. */
function spansOf(text: string): { readonly names: readonly string[]; readonly paths: readonly string[] } {
  const rows = text.split('\n').filter((line) => /^\| (?!2015 )[^|]/.test(line))
  const cells = rows.map((row) => row.split(' | ').map((cell) => cell.replace(/^\||\|$/g, '')))
  const spans = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span)
  for (const [index, row] of cells.entries()) assert.equal(row.length, 3, `three columns: ${rows[index]}`)
  const notes = cells.flatMap(([, , note]) => spans(note))
  return {
    names: cells.flatMap(([, here]) => spans(here)),
    paths: notes.filter((span) => /^(src|test|native|docs)\//.test(span)),
  }
}

const program = ts.createProgram([join(root, 'src/index.ts'), join(root, 'src/core.ts')], {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  types: ['node'],
})
const checker = program.getTypeChecker()

/** What both entries export, by name. */
function exportedSymbols(): ReadonlyMap<string, ts.Symbol> {
  const symbols = new Map<string, ts.Symbol>()
  for (const entry of ['src/core.ts', 'src/index.ts']) {
    const file = program.getSourceFile(join(root, entry))
    const module = file && checker.getSymbolAtLocation(file)
    assert.ok(module, entry)
    for (const symbol of checker.getExportsOfModule(module)) symbols.set(symbol.name, aliased(symbol))
  }
  return symbols
}

function aliased(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

/** The type of a member, of an instance or of the class itself; of any kind where the type is a choice. */
function memberType(types: readonly ts.Type[], name: string): readonly ts.Type[] {
  return types.flatMap((type) => {
    const kinds = type.isUnion() ? type.types : [type]
    return kinds.flatMap((kind) => {
      const member = checker.getPropertyOfType(checker.getNonNullableType(kind), name)
      return member === undefined ? [] : [checker.getNonNullableType(checker.getTypeOfSymbol(member))]
    })
  })
}

function isThere(symbols: ReadonlyMap<string, ts.Symbol>, span: string): boolean {
  const [name = '', ...members] = span.split('.')
  const symbol = symbols.get(name)
  if (symbol === undefined) return false
  const value = symbol.valueDeclaration
  const types = [
    ...(symbol.flags & ts.SymbolFlags.Type ? [checker.getDeclaredTypeOfSymbol(symbol)] : []),
    ...(value === undefined ? [] : [checker.getTypeOfSymbolAtLocation(symbol, value)]),
  ]
  return members.reduce((found, member) => memberType(found, member), types as readonly ts.Type[]).length > 0
}

test('every name of the porting map is exported', () => {
  const symbols = exportedSymbols()
  const { names } = spansOf(page)
  assert.ok(names.length > 200, `${names.length}`)
  const commands = names.filter((name) => name.startsWith('runt '))
  const missing = [
    ...names.filter((name) => !commands.includes(name) && !isThere(symbols, name)),
    ...commands.filter(
      (name) => !existsSync(join(root, `src/cli/commands/${name.slice('runt '.length)}.ts`)),
    ),
  ]
  assert.deepEqual(missing, [])
  // The check sees what is not there.
  for (const wrong of ['Nothing', 'Container.nothing', 'CgroupConfig.memory.nothing', 'Mount.nothing'])
    assert.ok(!isThere(symbols, wrong), wrong)
})

test('every path of the porting map is there', () => {
  const { paths } = spansOf(page)
  assert.ok(paths.length > 5)
  assert.deepEqual(
    paths.filter((path) => !existsSync(join(root, path))),
    [],
  )
})
