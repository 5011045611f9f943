// Owns which process `runt exec` starts: a process object of the OCI specification, from the file of --process, or
// from the container's own config.json with what the command line puts in place of it. Its fields are checked by the core.

import { type CoreContainer, type Kernel, LibcontainerError } from '../core.ts'
import { type Options, type OptionValues, usageError } from './options.ts'
import { readJson } from './read-json.ts'

/** What of the process may be said on the command line. */
export const PROCESS_OPTIONS = {
  tty: { short: 't', help: 'give it a terminal' },
  cwd: { value: 'DIR', help: "the working directory in the container (default: the container's)" },
  env: { short: 'e', value: 'KEY=VALUE', repeats: true, help: 'a variable, besides those of the container' },
  user: { short: 'u', value: 'UID[:GID]', help: 'whom it runs as, by numbers' },
  'additional-gids': { short: 'g', value: 'GID', repeats: true, help: 'one more group, by number' },
  process: { short: 'p', value: 'FILE', help: 'all of it: the JSON of a process as in config.json' },
  'process-label': { value: 'LABEL', help: 'its label for SELinux' },
  apparmor: { value: 'PROFILE', help: 'its profile of AppArmor' },
  'no-new-privs': { help: 'it never gets rights by execve' },
  cap: { short: 'c', value: 'CAP', repeats: true, help: 'a capability, besides those of the container' },
} as const satisfies Options

type ProcessOptions = OptionValues<typeof PROCESS_OPTIONS>

/** As JSON has it, unchecked. */
type SpecObject = Readonly<Record<string, unknown>>

/** @param args the command; empty with --process @throws LibcontainerError ConfigInvalid, SystemError */
export function readExecProcess(
  kernel: Kernel,
  container: CoreContainer,
  options: ProcessOptions,
  args: readonly string[],
): SpecObject {
  if (options.process !== undefined) return objectOf(readJson(kernel, options.process))
  if (args.length === 0) throw usageError('runt exec', 'expected ID COMMAND, or --process FILE and ID')
  return overlay(readOwnProcess(kernel, container), options, args)
}

/** The process of the bundle that the container was made from. */
function readOwnProcess(kernel: Kernel, container: CoreContainer): SpecObject {
  const { bundle } = container
  if (bundle !== '') return objectOf(objectOf(readJson(kernel, `${bundle}/config.json`)).process)
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'start a process in',
    object: container.id,
    reason: 'it was not made from a bundle, so there is no process to go by',
    hint: 'describe it with --process',
  })
}

function overlay(base: SpecObject, options: ProcessOptions, args: readonly string[]): SpecObject {
  const { cwd, env, cap, apparmor } = options
  const user = objectOf(base.user)
  return {
    ...base,
    args,
    terminal: options.tty,
    ...(cwd !== undefined && { cwd }),
    env: [...listOf(base.env), ...env],
    user: {
      ...user,
      ...parseUser(options.user),
      additionalGids: [...listOf(user.additionalGids), ...options['additional-gids'].map(parseGroup)],
    },
    ...(cap.length > 0 && { capabilities: addCapabilities(objectOf(base.capabilities), cap) }),
    ...(options['no-new-privs'] && { noNewPrivileges: true }),
    ...(apparmor !== undefined && { apparmorProfile: apparmor }),
    ...(options['process-label'] !== undefined && { selinuxLabel: options['process-label'] }),
  }
}

/** Never inheritable (CVE-2022-29162), and so ambient only where the configuration has inheritable ones already. */
function addCapabilities(sets: SpecObject, added: readonly string[]): SpecObject {
  const withAdded = (set: string): readonly unknown[] => [...listOf(sets[set]), ...added]
  return {
    ...sets,
    bounding: withAdded('bounding'),
    effective: withAdded('effective'),
    permitted: withAdded('permitted'),
    ...(Array.isArray(sets.inheritable) && { ambient: withAdded('ambient') }),
  }
}

function parseUser(text: string | undefined): { readonly uid?: number; readonly gid?: number } {
  if (text === undefined) return {}
  const [, uid, gid] = /^(\d+)(?::(\d+))?$/.exec(text) ?? []
  if (uid === undefined) throw usageError('--user', `expected UID or UID:GID, got ${JSON.stringify(text)}`)
  return { uid: Number(uid), ...(gid !== undefined && { gid: Number(gid) }) }
}

function parseGroup(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw usageError('--additional-gids', `expected a number, got ${JSON.stringify(text)}`)
}

// What is of another type is left for the core to refuse, in place: here it is only not built upon.
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const objectOf = (value: unknown): SpecObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as SpecObject) : {}
