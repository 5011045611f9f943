// Owns the house rules about the package: no runtime dependencies, a lock file that names no registry, and entries
// whose sources exist.

import assert from 'node:assert/strict'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './sources.ts'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

test('the package depends on nothing at runtime and runs no script at installation', () => {
  assert.deepEqual([manifest.dependencies, manifest.peerDependencies], [undefined, undefined])
  const hooks = Object.keys(manifest.scripts).filter((name) =>
    /^(pre|post)?(install|prepare|publish)/.test(name),
  )
  assert.deepEqual(hooks, [])
})

test('development dependencies are exact', () => {
  const loose = Object.entries(manifest.devDependencies).filter(
    ([, version]) => !/^(npm:@?[\w/]+@)?[\d.]+$/.test(`${version}`),
  )
  assert.deepEqual(loose, [])
})

test('the lock file names no registry', () => {
  assert.doesNotMatch(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
    /"resolved"|https?:\/\/[^"]*registry/,
  )
})

test('the command of the package is there, and can be executed', () => {
  for (const path of Object.values<string>(manifest.bin)) accessSync(join(root, path), constants.X_OK)
  assert.deepEqual(Object.keys(manifest.bin), ['runt'])
})

test('every entry of the package is compiled from a source', () => {
  const targets = JSON.stringify(manifest.exports).match(/\.\/dist\/[^"]+/g) ?? []
  const sources = targets.map((path) => path.replace('./dist/', '').replace(/(\.d\.ts|\.js)$/, '.ts'))
  assert.ok(sources.length > 0)
  assert.deepEqual(
    sources.filter((path) => !existsSync(join(root, path))),
    [],
  )
})
