// Owns how a command line is read, by the rules of runc, which other programs count on: a long name may have one dash,
// a value follows or comes after "=", and reading ends at the first word that is no option.

import { LibcontainerError } from '../core.ts'

export interface Option {
  /** A second, short name. */
  readonly short?: string
  /** What its value is called in the help; an option without one is a flag. */
  readonly value?: string
  /** The only values that there are. */
  readonly choices?: readonly string[]
  /** It may be given several times, and all count; else the last one does. */
  readonly repeats?: true
  /** Understood, for programs that still give it, and not told to people. */
  readonly hidden?: true
  readonly help: string
}

/** By long name. */
export type Options = Readonly<Record<string, Option>>

/** A value as text, all values if it repeats; a flag as whether it was given. */
export type OptionValues<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { readonly repeats: true }
    ? readonly string[]
    : O[K] extends { readonly value: string }
      ? string | undefined
      : boolean
}

/** What a command line is read by: made once, as it is the same for each. */
export interface Syntax<O extends Options> {
  readonly known: O
  /** The values of what is not given. */
  readonly unset: OptionValues<O>
}

export function syntaxOf<O extends Options>(known: O): Syntax<O> {
  const unset: Record<string, readonly string[] | boolean> = {}
  for (const name in known) {
    const { value, repeats } = known[name] as Option
    if (value === undefined) unset[name] = false
    else if (repeats) unset[name] = []
  }
  return { known, unset: unset as OptionValues<O> }
}

export interface CommandLine<O extends Options> {
  readonly options: OptionValues<O>
  /** What follows the options. */
  readonly rest: readonly string[]
}

/** The form of an option: one or two dashes, a name, and perhaps a value. */
const OPTION = /^--?([^-=][^=]*)(?:=(.*))?$/s

/**
 * @param place where options may be: before the first word that is none, which begins a command of somebody else's, or
 * anywhere, as runc has it for commands whose words are all its own
 * @throws LibcontainerError ConfigInvalid
 */
export function parseOptions<O extends Options>(
  args: readonly string[],
  { known, unset }: Syntax<O>,
  place: 'before' | 'anywhere' = 'before',
): CommandLine<O> {
  const options: Record<string, string | readonly string[] | boolean | undefined> = { ...unset }
  const words: string[] = []
  let at = 0
  for (; at < args.length; at++) {
    const arg = args[at] as string
    const form = OPTION.exec(arg)
    const given = form?.[1]
    if (given === undefined && place === 'anywhere' && arg !== '--') {
      words.push(arg)
      continue
    }
    if (given === undefined) break
    const name = findName(given, known)
    const { value, choices, repeats } = known[name] as Option
    if (value === undefined) {
      options[name] = parseFlag(arg, form?.[2])
      continue
    }
    const text = chosen(form?.[2] ?? valueAfter(args, at++), choices, `--${name}`)
    options[name] = repeats ? [...(options[name] as readonly string[]), text] : text
  }
  if (args[at] === '--') at++
  for (; at < args.length; at++) words.push(args[at] as string)
  return { options: options as OptionValues<O>, rest: words }
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

function chosen(value: string, choices: readonly string[] | undefined, object: string): string {
  if (choices === undefined || choices.includes(value)) return value
  throw usageError(object, `expected ${choices.join(' or ')}, got ${JSON.stringify(value)}`)
}

/** The error for a command line that cannot be understood. */
export function usageError(object: string, reason: string): LibcontainerError {
  return new LibcontainerError({ code: 'ConfigInvalid', action: 'understand', object, reason })
}
