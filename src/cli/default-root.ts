// Owns where states are kept when nobody says where.

import { type Kernel, readText, syscall } from '../core.ts'
import { readVariable } from './environment.ts'

/** `/run/runt`; below XDG_RUNTIME_DIR, if that is set, for who is not the machine's root, as runc has it. */
export function defaultRoot(kernel: Kernel, env: readonly string[]): string {
  const own = readVariable(env, 'XDG_RUNTIME_DIR')
  return own !== '' && !isRootOfMachine(kernel, env) ? `${own}/runt` : '/run/runt'
}

/** In a user namespace, uid 0 may still be a user of the machine; USER then tells. */
function isRootOfMachine(kernel: Kernel, env: readonly string[]): boolean {
  if (syscall(kernel, 'geteuid') !== 0) return false
  const isWhole = /^\s*0\s+0\s+4294967295\s*$/.test(readText(kernel, '/proc/self/uid_map'))
  return isWhole || readVariable(env, 'USER') === 'root'
}
