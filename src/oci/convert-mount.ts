// Owns how a mount of config.json becomes one of ours: its options are attributes, propagation, or data.

import type { Mount, MountAttribute, MountIdMap, Propagation } from '../config/mount.ts'
import { MOUNT_ATTRIBUTES, PROPAGATIONS } from '../config/validate/nouns/normalize-mounts.ts'
import { quoteText } from '../config/validate/values/describe-value.ts'
import { cleanPath } from '../config/validate/values/path-at.ts'
import { refuseField, refuseValue } from '../config/validate/values/refuse.ts'
import { convertIdMappings } from './convert-id-mappings.ts'
import type { SpecMount } from './runtime-spec.ts'

/** What a list of options says, sorted. */
interface Options {
  bind: 'bind' | 'rbind' | null
  remount: boolean
  idMap: 'idmap' | 'ridmap' | null
  copyUp: boolean
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

/** Options that ask for what is so without them, or (silent, loud) for words in the kernel's log. */
const NO_EFFECT: ReadonlySet<string> = new Set([
  'defaults',
  'async',
  'nomand',
  'noiversion',
  'nolazytime',
  'silent',
  'loud',
])

/** Options that every file system has: a bind shows one that has its own already. */
const OF_FILE_SYSTEM: ReadonlySet<string> = new Set(['sync', 'dirsync', 'lazytime', 'mand'])

/** What a mount is converted with. */
export interface MountContext {
  /** The bundle's directory. */
  readonly bundle: string
  /** The field of the mount. */
  readonly at: string
  /** Whether the container is in a user namespace, which may not take away what its maker's mounts forbid. */
  readonly inUserNamespace: boolean
  readonly warn: (text: string) => void
}

/**
 * Converts a mount. A relative destination is below the root (deprecated by the specification, hence a warning); a
 * relative source of a bind is below the bundle.
 */
export function convertMount(mount: SpecMount, context: MountContext): Mount {
  const { at, warn } = context
  if (!mount.destination.startsWith('/')) {
    warn(`${at}.destination: ${quoteText(mount.destination)} is not absolute, and is taken as below the root`)
  }
  const destination = cleanPath(`/${mount.destination}`)
  const options = sortOptions(mount.options ?? [], context)
  const idMap = convertIdMap(mount, options, at)
  const isBind = options.bind !== null || mount.type === 'bind'
  if (options.remount) return convertRemount(destination, options, isBind, mount, context)
  if (isBind) return convertBind(mount, destination, options, idMap, context)
  if (idMap !== undefined) refuseField(at, 'only a bind mount can have an id map')
  if (mount.type === undefined || mount.type === '')
    refuseValue(`${at}.type`, 'the name of a file system', mount.type)
  // Nothing is mounted below a new file system, so that both reaches are one.
  const attributes = [...options.attributes, ...options.recursiveAttributes]
  const base = { type: mount.type, destination, attributes, propagation: options.propagation }
  if (mount.type === 'cgroup') {
    refuseData(options, mount, at, 'the cgroup mount takes no options of its own')
    return base
  }
  const copyUp = options.copyUp ? { copyUp: true } : {}
  return { ...base, source: mount.source || mount.type, data: options.data.join(','), ...copyUp }
}

function convertBind(
  mount: SpecMount,
  destination: string,
  options: Options,
  idMap: MountIdMap | undefined,
  { bundle, at, inUserNamespace, warn }: MountContext,
): Mount {
  dropFileSystemOptions(options, at, warn)
  refuseData(options, mount, at, 'a bind mount shows what is there already, and takes no such option')
  if (!mount.source) refuseValue(`${at}.source`, 'a path', mount.source)
  return {
    type: 'bind',
    source: cleanPath(mount.source.startsWith('/') ? mount.source : `${bundle}/${mount.source}`),
    destination,
    recursive: options.bind === 'rbind',
    attributes: completeAttributes(options.attributes, inUserNamespace),
    recursiveAttributes: options.recursiveAttributes,
    propagation: options.propagation,
    ...(idMap && { idMap }),
  }
}

/** What mount(8) takes for said when a bind has any option: what is not named is not wanted. Times are kept. */
function completeAttributes(
  given: readonly MountAttribute[],
  inUserNamespace: boolean,
): readonly MountAttribute[] {
  if (given.length === 0) return given
  return inUserNamespace ? ['symfollow', ...given] : ['rw', 'suid', 'dev', 'exec', 'symfollow', ...given]
}

/** `remount` changes the file system too, `bind,remount` the mount alone. */
function convertRemount(
  destination: string,
  options: Options,
  isBind: boolean,
  mount: SpecMount,
  { at, warn }: MountContext,
): Mount {
  if (isBind) {
    dropFileSystemOptions(options, at, warn)
    refuseData(options, mount, at, 'a remount of a bind takes no such option')
  }
  const { attributes, recursiveAttributes, propagation, data } = options
  return {
    type: 'remount',
    destination,
    attributes,
    recursiveAttributes,
    propagation,
    ...(data.length > 0 && { data: data.join(',') }),
  }
}

/** Mappings without the option count too; the option without mappings means those of the user namespace. */
function convertIdMap(
  { uidMappings, gidMappings }: SpecMount,
  { idMap }: Options,
  at: string,
): MountIdMap | undefined {
  const isMapped = (rows: readonly unknown[] | undefined): boolean => rows !== undefined && rows.length > 0
  if (isMapped(uidMappings) !== isMapped(gidMappings))
    refuseField(at, 'expected both uidMappings and gidMappings, or neither')
  if (!isMapped(uidMappings) && idMap === null) return undefined
  return {
    ...(isMapped(uidMappings) && { uidMappings: convertIdMappings(uidMappings ?? []) }),
    ...(isMapped(gidMappings) && { gidMappings: convertIdMappings(gidMappings ?? []) }),
    recursive: idMap === 'ridmap',
  }
}

function dropFileSystemOptions(options: Options, at: string, warn: (text: string) => void): void {
  const kept = options.data.filter((option) => !OF_FILE_SYSTEM.has(option))
  for (const option of options.data) {
    if (OF_FILE_SYSTEM.has(option))
      warn(`${at}.options: ${quoteText(option)} says nothing of a bind: its file system has its own options`)
  }
  options.data.splice(0, options.data.length, ...kept)
}

function refuseData(options: Options, mount: SpecMount, at: string, reason: string): void {
  const stray = options.copyUp ? 'tmpcopyup' : options.data[0]
  if (stray === undefined) return
  refuseField(`${at}.options[${mount.options?.indexOf(stray)}]`, `${reason}: ${quoteText(stray)}`)
}

function sortOptions(options: readonly string[], { at, warn }: MountContext): Options {
  const sorted: Options = {
    bind: null,
    remount: false,
    idMap: null,
    copyUp: false,
    attributes: [],
    recursiveAttributes: [],
    propagation: [],
    data: [],
  }
  for (const option of options) {
    if (option === 'iversion')
      warn(`${at}.options: "iversion" is a matter of each file system, and is left out`)
    else sortOption(sorted, option)
  }
  return sorted
}

function sortOption(sorted: Options, option: string): void {
  if (addAttribute(sorted.attributes, option) || NO_EFFECT.has(option)) return
  if (option === 'bind' || option === 'rbind') sorted.bind = option
  else if (option === 'remount') sorted.remount = true
  else if (option === 'idmap' || option === 'ridmap') sorted.idMap = option
  else if (option === 'tmpcopyup') sorted.copyUp = true
  else if (PROPAGATION_NAMES.has(option)) sorted.propagation.push(option as Propagation)
  else if (!option.startsWith('r') || !addAttribute(sorted.recursiveAttributes, option.slice(1)))
    sorted.data.push(option)
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
