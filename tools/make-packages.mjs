// Owns what is published: the package of TypeScript, the same on every platform, and beside it the package of this
// platform with what is compiled for it. It takes what is built already, and writes below build/ only.
//   node tools/make-packages.mjs [DIRECTORY]      (default: build/packages)

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = resolve(process.argv[2] ?? join(root, 'build/packages'))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const platform = `@libcontainer/linux-${process.arch}`

function pack(folder, destination) {
  const args = ['pack', '--silent', '--pack-destination', destination]
  return join(destination, execFileSync('npm', args, { cwd: folder, encoding: 'utf8' }).trim())
}

const writeManifest = (folder, content) =>
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(content, null, 2)}\n`)

/** What the repository's own package has, but for what is compiled; with a wish for the package that has it. */
function packPortable(stage) {
  execFileSync('tar', ['-xzf', pack(root, stage), '-C', stage])
  const folder = join(stage, 'package')
  rmSync(join(folder, 'build'), { recursive: true })
  const { scripts, devDependencies, ...published } = manifest
  const files = manifest.files.filter((path) => !path.startsWith('build/'))
  writeManifest(folder, { ...published, files, optionalDependencies: { [platform]: manifest.version } })
  return pack(folder, out)
}

/** Without `libc`: the executable runs with any, and the addon says so where it was built for another. */
function packPlatform(stage) {
  const folder = join(stage, 'platform')
  mkdirSync(folder)
  for (const path of ['build/native/libcontainer.node', 'build/runt', 'LICENSE'])
    cpSync(join(root, path), join(folder, path.split('/').at(-1)))
  const { version, license, engines } = manifest
  const description = `What libcontainer has compiled, for Linux on ${process.arch}`
  const files = ['libcontainer.node', 'runt']
  writeManifest(folder, {
    name: platform,
    version,
    description,
    license,
    os: ['linux'],
    cpu: [process.arch],
    engines,
    files,
  })
  return pack(folder, out)
}

mkdirSync(out, { recursive: true })
const stage = mkdtempSync(`${out}-`)
try {
  for (const packOne of [packPortable, packPlatform]) console.log(packOne(stage))
} finally {
  rmSync(stage, { recursive: true })
}
