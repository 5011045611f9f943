// Owns where states are kept when nobody says where.

import { type Kernel, syscall } from '../core.ts'

/** `/run/runt`; for another user than root below XDG_RUNTIME_DIR, if that is set, as it has no rights elsewhere. */
export function defaultRoot(kernel: Kernel, env: readonly string[]): string {
  const prefix = 'XDG_RUNTIME_DIR='
  const own = env.find((variable) => variable.startsWith(prefix))?.slice(prefix.length)
  return own !== undefined && own !== '' && syscall(kernel, 'geteuid') !== 0 ? `${own}/runt` : '/run/runt'
}
