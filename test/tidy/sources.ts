// Owns the list of source files that the tidy tests look at. Generated files and build output are not sources.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Source {
  /** Relative to the repository's root. */
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
  readonly language: 'ts' | 'mjs' | 'c' | 'sh'
}

export const root = fileURLToPath(new URL('../../../', import.meta.url))

const folders = ['bin', 'src', 'native', 'test', 'bench', 'examples', 'tools', '.ci']
const languages = new Map<string, Source['language']>([
  ['.ts', 'ts'],
  ['.mjs', 'mjs'],
  ['.c', 'c'],
  ['.h', 'c'],
  ['.S', 'c'],
  ['.sh', 'sh'],
])

/** Paths of all files of the repository's own folders, generated ones too. */
export function filePaths(): string[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort()
}

function languageOf(path: string, text: string): Source['language'] | undefined {
  if (extname(path) === '' && /^#!.*sh\b/.test(text)) return 'sh'
  return languages.get(extname(path))
}

/** All source files written by hand. */
export function sources(...wanted: readonly Source['language'][]): Source[] {
  return filePaths()
    .filter((path) => !basename(path).includes('.gen.') && !dirname(path).startsWith('bench/results'))
    .flatMap((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      const language = languageOf(path, text)
      if (language === undefined || (wanted.length > 0 && !wanted.includes(language))) return []
      return [{ path, text, language, lines: text.replace(/\n$/, '').split('\n') }]
    })
}

/** Product code: what ships, without its tests. */
export const isProduct = ({ path }: Source): boolean => path.startsWith('src/') && !path.endsWith('.test.ts')
