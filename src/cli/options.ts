// Owns how a command line is read, by the rules of runc, which other programs count on: a long name may have one dash,
// a value follows or comes after "=", and reading ends at the first word that is no option.

import { LibcontainerError } from '../core.ts'

export interface Option {
  /** A second, short name. */
  readonly short?: string
  /** What its value is called in the help; an option without one is a flag. */
  readonly value?: string
  readonly help: string
}

/** By long name. */
export type Options = Readonly<Record<string, Option>>

/** A value as text; a flag as whether it was given. */
export type OptionValues<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { readonly value: string } ? string | undefined : boolean
}

export interface CommandLine<O extends Options> {
  readonly options: OptionValues<O>
  /** What follows the options. */
  readonly rest: readonly string[]
}

/** The form of an option: one or two dashes, a name, and perhaps a value. */
const OPTION = /^--?([^-=][^=]*)(?:=(.*))?$/s

/** @throws LibcontainerError ConfigInvalid */
export function parseOptions<O extends Options>(args: readonly string[], known: O): CommandLine<O> {
  const options: Record<string, string | boolean | undefined> = {}
  for (const name in known) options[name] = known[name]?.value === undefined ? false : undefined
  let at = 0
  for (; at < args.length; at++) {
    const arg = args[at] as string
    const [, given, attached] = OPTION.exec(arg) ?? []
    if (given === undefined) break
    const name = findName(given, known)
    const isFlag = known[name]?.value === undefined
    options[name] = isFlag ? parseFlag(arg, attached) : (attached ?? valueAfter(args, at++))
  }
  if (args[at] === '--') at++
  return { options: options as OptionValues<O>, rest: args.slice(at) }
}

function findName(given: string, known: Options): string {
  if (Object.hasOwn(known, given)) return given
  for (const name in known) if (known[name]?.short === given) return name
  throw usageError(given.length > 1 ? `--${given}` : `-${given}`, 'there is no such option')
}

function parseFlag(arg: string, attached: string | undefined): boolean {
  if (attached === undefined || attached === 'true') return true
  if (attached === 'false') return false
  throw usageError(arg, 'expected true or false')
}

function valueAfter(args: readonly string[], at: number): string {
  const value = args[at + 1]
  if (value === undefined) throw usageError(args[at] as string, 'a value must follow')
  return value
}

/** The error for a command line that cannot be understood. */
export function usageError(object: string, reason: string): LibcontainerError {
  return new LibcontainerError({ code: 'ConfigInvalid', action: 'understand', object, reason })
}
