// Owns how the engine is compiled into runt: first so that it counts what it does, then as these counts advise. It
// knows no command of runt but those it counts with, and none of them makes a container or leaves anything behind.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run-command.mjs'

const PARTS = ['quickjs', 'dtoa', 'libregexp', 'libunicode', 'cutils']
// The engine is written for fwrapv. Sections let the linker drop what a host does not use, first the parser.
const FLAGS = ['-w', '-fwrapv', '-D_GNU_SOURCE', '-ffunction-sections', '-fdata-sections']

/**
 * @param engine the folder that tools/fetch-quickjs has filled
 * @param folder for the objects; counts are written and looked for beside them
 * @returns the objects
 */
export function compileEngine({ engine, folder, compiler, flags }) {
  const sources = join(engine, 'quickjs')
  const version = readFileSync(join(sources, 'VERSION'), 'utf8').trim()
  return PARTS.map((name) => {
    const source = join(sources, `${name}.c`)
    const args = [...FLAGS, ...flags, `-DCONFIG_VERSION="${version}"`, '-c', source, '-o', `${name}.o`]
    run(compiler, args, { cwd: folder })
    return join(folder, `${name}.o`)
  })
}

/** What a start consists of, as far as it goes without one: the command line, config.json, the plan and its bytes. */
const LESSONS = [
  ['spec'],
  ['explain', '--ops'],
  ['explain'],
  ['run', '--bundle', 'missing', 'one'],
  ['state', 'one'],
  ['exec', 'one', 'true'],
  ['delete', '--force', 'one'],
  ['list'],
]

/** Some of them fail, which is no matter: what they did until then is counted. */
function teach(program, folder) {
  const bundle = join(folder, 'bundle')
  mkdirSync(join(bundle, 'rootfs'), { recursive: true })
  for (const lesson of LESSONS) run(program, ['--root', 'states', ...lesson], { cwd: bundle, mayFail: true })
  // The compiler says nothing when there are none, and the engine would be slower for no reason that anybody sees.
  if (!existsSync(join(folder, 'quickjs.gcda'))) throw new Error(`${program} has counted nothing`)
}

/**
 * The engine for runt, compiled once for each release of it and kept: what runs often lies together, and what seldom
 * runs is small and out of the way. A command is an eighth faster for it (native/README.md).
 *
 * @param link makes the program of these objects, with these flags more
 * @returns the library
 */
export function buildEngine({ engine, compiler, flags, link }) {
  const hash = createHash('sha256').update(JSON.stringify([compiler, flags]))
  for (const file of [join(engine, 'stamp'), fileURLToPath(import.meta.url)]) hash.update(readFileSync(file))
  const library = join(engine, `libquickjs-${hash.digest('hex').slice(0, 16)}.a`)
  if (existsSync(library)) return library
  const folder = mkdtempSync(join(engine, 'counts-'))
  try {
    const counting = compileEngine({ engine, folder, compiler, flags: [...flags, '-fprofile-generate'] })
    const program = join(folder, 'runt')
    link([...counting, '-lgcov'], ['-DRUNT_COUNTS'], program)
    teach(program, folder)
    const objects = compileEngine({ engine, folder, compiler, flags: [...flags, '-fprofile-use'] })
    const archive = join(folder, 'libquickjs.a')
    run('ar', ['rcsD', archive, ...objects])
    renameSync(archive, library)
  } finally {
    rmSync(folder, { recursive: true })
  }
  return library
}
