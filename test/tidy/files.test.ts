// Owns the house rules about files: how long they are, how they open, how they are called.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { filePaths, isProduct, root, type Source, sources } from './sources.ts'

const maxLines = 400
const maxMedianLines = 120
const maxHeaderLines = 4

test('no file is longer than 400 lines', () => {
  const long = sources().filter(({ lines }) => lines.length > maxLines)
  assert.deepEqual(
    long.map(({ path, lines }) => `${path}: ${lines.length} lines`),
    [],
  )
})

test('half of the product files are shorter than 120 lines', () => {
  const lengths = sources('ts')
    .filter(isProduct)
    .map(({ lines }) => lines.length)
    .sort((a, b) => a - b)
  const median = lengths[Math.floor(lengths.length / 2)] ?? 0
  assert.ok(median < maxMedianLines, `the median is ${median} lines`)
})

/** The lines of the comment that a file opens with, without its delimiters. */
function headerOf({ language, lines }: Source): string[] {
  const body = lines[0]?.startsWith('#!') ? lines.slice(1) : lines
  const first = body[0] ?? ''
  const mark = language === 'sh' ? '#' : '//'
  if (first.startsWith(mark)) {
    const end = body.findIndex((line) => !line.startsWith(mark) || line.trim() === mark)
    return body.slice(0, end).map((line) => line.slice(mark.length).trim())
  }
  if (!first.startsWith('/*') || language === 'sh') return []
  const end = body.findIndex((line) => line.includes('*/'))
  return body.slice(0, end + 1).map((line) => line.replace(/^\/?\*+\/?|\*\/$/g, '').trim())
}

test('every source opens with a comment of one to four lines', () => {
  const bad = sources().flatMap((source) => {
    const header = headerOf(source).filter((line) => line !== '')
    if (header.join(' ').length < 20) return [`${source.path}: no header`]
    if (header.length > maxHeaderLines) return [`${source.path}: a header of ${header.length} lines`]
    return []
  })
  assert.deepEqual(bad, [])
})

test('file and folder names are kebab-case', () => {
  const kebab = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/
  const given = new Set(['Makefile', 'README.md', '__snapshots__'])
  const own = (path: string) => !path.startsWith('bench/results/') && !path.endsWith('.S')
  const names = new Set(
    filePaths()
      .filter(own)
      .flatMap((path) => path.split('/')),
  )
  assert.deepEqual(
    [...names].filter((name) => !kebab.test(name) && !given.has(name)),
    [],
  )
})

test('no file or folder is a drawer for odds and ends', () => {
  const drawer = /^(utils?|helpers?|common|misc|shared)$/
  const bad = filePaths()
    .filter((path) => !path.startsWith('test/helpers/'))
    .filter((path) => path.split('/').some((name) => drawer.test(name.split('.')[0] ?? '')))
  assert.deepEqual(bad, [])
})

test('helpers of tests live in test/helpers only', () => {
  const bad = filePaths()
    .filter((path) => !path.startsWith('test/helpers/'))
    .filter((path) => /\bhelper|fixture|-mock|mock-/.test(basename(path)))
  assert.deepEqual(bad, [])
})

test('nothing lies at the root but what belongs there', () => {
  const allowed = new Set(
    `.ci .dependency-cruiser.mjs .git .gitignore .npmrc ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md LICENSE
     README.md SECURITY.md bench bin biome.json build dist docs examples knip.json native node_modules package-lock.json
     package.json src test tools tsconfig.core.json tsconfig.json`.split(/\s+/),
  )
  assert.deepEqual(
    readdirSync(join(root, '.')).filter((name) => !allowed.has(name)),
    [],
  )
})
