// Owns telling a test whether an ordinary user can read this project: a clone may lie in root's own directory.

import { spawnSync } from 'node:child_process'
import { root } from './build-runt.ts'

/** Why a program of this project cannot run as an ordinary user here; false when it can. */
export function hiddenFromUsers(): string | false {
  if (process.env.PRIVILEGED !== '1') return false
  const who = ['--reuid=65534', '--regid=65534', '--clear-groups']
  const { status } = spawnSync('setpriv', [...who, 'test', '-r', `${root}dist/src/index.js`])
  return status === 0 ? false : `an ordinary user cannot read ${root}`
}
