// Owns how the build runs a command: silently, unless it fails.

import { spawnSync } from 'node:child_process'

const MAX_OUTPUT_BYTES = 1 << 28

/** @returns its standard output. @throws Error with all that it said, unless it may fail */
export function run(command, args, { cwd, env = {}, input, mayFail = false } = {}) {
  const options = { cwd, env: { ...process.env, ...env }, input, maxBuffer: MAX_OUTPUT_BYTES }
  const { error, status, stdout, stderr } = spawnSync(command, args, options)
  if (error !== undefined) throw new Error(`${command}: ${error.message}`)
  if (status !== 0 && !mayFail)
    throw new Error(`"${[command, ...args].join(' ')}" failed:\n${stdout}${stderr}`)
  return stdout
}
