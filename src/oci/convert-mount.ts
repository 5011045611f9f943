// Owns how a mount of config.json becomes one of ours: its options are attributes, propagation, or data.

import type { Mount, MountAttribute, Propagation } from '../config/mount.ts'
import { MOUNT_ATTRIBUTES, PROPAGATIONS } from '../config/validate/nouns/normalize-mounts.ts'
import { quoteText } from '../config/validate/values/describe-value.ts'
import { cleanPath } from '../config/validate/values/path-at.ts'
import { refuseField, refuseValue } from '../config/validate/values/refuse.ts'
import type { SpecMount } from './runtime-spec.ts'

/** What a list of options says, sorted. */
interface Options {
  bind: 'bind' | 'rbind' | null
  readonly attributes: MountAttribute[]
  readonly recursiveAttributes: MountAttribute[]
  readonly propagation: Propagation[]
  readonly data: string[]
}

const ATTRIBUTES: ReadonlySet<string> = new Set(MOUNT_ATTRIBUTES)
const PROPAGATION_NAMES: ReadonlySet<string> = new Set(PROPAGATIONS)

/** Options that take back an attribute given before. */
const CLEARS: Readonly<Record<string, MountAttribute>> = Object.freeze({
  atime: 'noatime',
  norelatime: 'relatime',
  nostrictatime: 'strictatime',
})

/** Options that ask for what is so without them. */
const NO_EFFECT: ReadonlySet<string> = new Set([
  'defaults',
  'async',
  'nomand',
  'noiversion',
  'nolazytime',
  'loud',
])

/** Options of the specification that would change something, and that we have no place for yet. */
const NOT_YET: ReadonlySet<string> = new Set([
  'sync',
  'dirsync',
  'remount',
  'mand',
  'iversion',
  'lazytime',
  'silent',
  'tmpcopyup',
  'idmap',
  'ridmap',
])

/**
 * Converts a mount. A relative destination is below the root (deprecated by the specification, hence a warning); a
 * relative source of a bind is below the bundle.
 */
export function convertMount(
  mount: SpecMount,
  bundle: string,
  at: string,
  warn: (text: string) => void,
): Mount {
  if (!mount.destination.startsWith('/')) {
    warn(`${at}.destination: ${quoteText(mount.destination)} is not absolute, and is taken as below the root`)
  }
  const destination = cleanPath(`/${mount.destination}`)
  const options = sortOptions(mount.options ?? [], `${at}.options`)
  const isBind = options.bind !== null || mount.type === 'bind'
  if (isBind) return convertBind(mount, destination, options, bundle, at)
  if (mount.type === undefined || mount.type === '')
    refuseValue(`${at}.type`, 'the name of a file system', mount.type)
  // Nothing is mounted below a new file system, so that both reaches are one.
  const attributes = [...options.attributes, ...options.recursiveAttributes]
  const base = { type: mount.type, destination, attributes, propagation: options.propagation }
  if (mount.type === 'cgroup') {
    refuseData(options, mount, at, 'the cgroup mount takes no options of its own')
    return base
  }
  return { ...base, source: mount.source || mount.type, data: options.data.join(',') }
}

function convertBind(
  mount: SpecMount,
  destination: string,
  options: Options,
  bundle: string,
  at: string,
): Mount {
  refuseData(options, mount, at, 'a bind mount shows what is there already, and takes no such option')
  if (!mount.source) refuseValue(`${at}.source`, 'a path', mount.source)
  if (options.attributes.length > 0 && options.recursiveAttributes.length > 0) {
    refuseField(`${at}.options`, 'attributes with and without recursion in one mount are not applied yet')
  }
  return {
    type: 'bind',
    source: cleanPath(mount.source.startsWith('/') ? mount.source : `${bundle}/${mount.source}`),
    destination,
    recursive: options.bind === 'rbind',
    recursiveAttributes: options.recursiveAttributes.length > 0,
    attributes: [...options.attributes, ...options.recursiveAttributes],
    propagation: options.propagation,
  }
}

function refuseData(options: Options, mount: SpecMount, at: string, reason: string): void {
  const stray = options.data[0]
  if (stray === undefined) return
  refuseField(`${at}.options[${mount.options?.indexOf(stray)}]`, `${reason}: ${quoteText(stray)}`)
}

function sortOptions(options: readonly string[], at: string): Options {
  const sorted: Options = { bind: null, attributes: [], recursiveAttributes: [], propagation: [], data: [] }
  options.forEach((option, index) => {
    sortOption(sorted, option, `${at}[${index}]`)
  })
  return sorted
}

function sortOption(sorted: Options, option: string, at: string): void {
  if (addAttribute(sorted.attributes, option) || NO_EFFECT.has(option)) return
  if (option === 'bind' || option === 'rbind') sorted.bind = option
  else if (PROPAGATION_NAMES.has(option)) sorted.propagation.push(option as Propagation)
  else if (!option.startsWith('r') || !addAttribute(sorted.recursiveAttributes, option.slice(1))) {
    if (NOT_YET.has(nameOf(option))) refuseField(at, `${quoteText(option)} is not applied yet`)
    sorted.data.push(option)
  }
}

/** Adds an attribute, or takes one back. @returns false when the option is no attribute */
function addAttribute(attributes: MountAttribute[], option: string): boolean {
  if (ATTRIBUTES.has(option)) attributes.push(option as MountAttribute)
  else if (Object.hasOwn(CLEARS, option)) {
    const kept = attributes.filter((attribute) => attribute !== CLEARS[option])
    attributes.splice(0, attributes.length, ...kept)
  } else return false
  return true
}

/** `idmap=uids=...` is an idmap. */
function nameOf(option: string): string {
  const equals = option.indexOf('=')
  return equals < 0 ? option : option.slice(0, equals)
}
