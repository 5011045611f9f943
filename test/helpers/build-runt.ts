// Owns getting executables of the QuickJS host for tests: runt itself, or another program in its place. What is built
// already and has not changed is not built again; the engine must have been fetched before (npm run build:runt).

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** @returns the path of the executable */
export function buildRunt(): string {
  execFileSync(process.execPath, [`${root}tools/build-runt.mjs`])
  return `${root}build/runt`
}

/**
 * A program of its own: a module with a `main` as that of src/cli/main.ts.
 * @param entry its path from the root of the project
 */
export function buildProgram(entry: string, name: string): string {
  const out = `${root}build/test/${name}`
  execFileSync(process.execPath, [`${root}tools/build-runt.mjs`, '--entry', `${root}${entry}`, '--out', out])
  return out
}
