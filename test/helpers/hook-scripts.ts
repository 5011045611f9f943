// Owns how tests write hooks: shell scripts of the host's, and the names of the kinds in the order in which they run.

import type { Hook, Hooks } from 'libcontainer'

export const HOOK_KINDS = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
] as const satisfies readonly (keyof Hooks)[]

export type HookKind = (typeof HOOK_KINDS)[number]

/** A hook that is a shell script. */
export function script(text: string, more: Partial<Hook> = {}): Hook {
  return {
    path: '/bin/sh',
    args: ['sh', '-c', text],
    env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
    ...more,
  }
}
