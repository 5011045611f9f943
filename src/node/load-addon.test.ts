// Tests of where the addon is looked for, in packages made for the purpose: built, prebuilt, missing, broken.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadAddon } from './load-addon.ts'

const dist = fileURLToPath(new URL('../..', import.meta.url))
const addon = fileURLToPath(new URL('../../../build/native/libcontainer.node', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'load-addon-'))
after(() => rmSync(scratch, { recursive: true }))

const places = {
  built: 'build/native/libcontainer.node',
  prebuilt: `node_modules/@libcontainer/linux-${process.arch}/libcontainer.node`,
}

/** What loading says in a package that has these files: the machine's name, or the error. */
function loadIn(name: string, files: Partial<Record<keyof typeof places, 'addon' | 'garbage'>>): string {
  const root = join(scratch, name)
  const manifest = { name: 'libcontainer', type: 'module', exports: { './package.json': './package.json' } }
  cpSync(join(dist, 'src'), join(root, 'dist/src'), { recursive: true })
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest))
  for (const [place, content] of Object.entries(files)) {
    const path = join(root, places[place as keyof typeof places])
    mkdirSync(dirname(path), { recursive: true })
    if (content === 'addon') copyFileSync(addon, path)
    else writeFileSync(path, content)
  }
  const program = `
    import { loadAddon } from './dist/src/node/load-addon.js'
    try { console.log(loadAddon().arch) } catch (error) { console.log(error.code, error.message) }`
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd: root })
  assert.equal(run.stderr.toString(), '')
  return run.stdout.toString().trim().replaceAll(root, '')
}

const here = process.arch === 'x64' ? 'x86_64' : 'aarch64'

test('the addon is loaded once', () => {
  assert.equal(loadAddon(), loadAddon())
  assert.equal(loadAddon().arch, here)
})

test('the build of the package comes first, then the package of the platform', () => {
  assert.equal(loadIn('first', { built: 'addon', prebuilt: 'garbage' }), here)
  assert.equal(loadIn('second', { prebuilt: 'addon' }), here)
})

test('without an addon, the error says what to do', () => {
  assert.equal(
    loadIn('missing', {}),
    'SystemError Cannot find the addon "/build/native/libcontainer.node": no such file, and the package ' +
      `@libcontainer/linux-${process.arch} is not installed ` +
      '(install with optional dependencies, or in a checkout: make -C native)',
  )
})

test('an addon that cannot be loaded is named', () => {
  assert.match(
    loadIn('broken', { built: 'garbage' }),
    /^SystemError Cannot load the addon "\/build\/native\/libcontainer.node": .+ \(was it built for another /,
  )
})
