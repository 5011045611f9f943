// Owns how a mount of config.json becomes one of ours: its options are attributes, propagation, or data.

import type {
  BindMount,
  FilesystemMount,
  Mount,
  MountAttribute,
  MountIdMap,
  Propagation,
} from '../config/mount.ts'
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

/** What an option does to those sorted so far. */
type Sort = (sorted: Options) => void

/** Options that say something of the mount as a whole. */
const FLAGS = {
  bind: { bind: 'bind' },
  rbind: { bind: 'rbind' },
  remount: { remount: true },
  idmap: { idMap: 'idmap' },
  ridmap: { idMap: 'ridmap' },
  tmpcopyup: { copyUp: true },
} as const satisfies Readonly<Record<string, Partial<Options>>>

/** Options that take back an attribute given before. */
const CLEARS = { atime: 'noatime', norelatime: 'relatime', nostrictatime: 'strictatime' } as const

/** Options that ask for nothing, for what is so without them, or (silent, loud) for words in the kernel's log. */
const NO_EFFECT = ['', 'defaults', 'async', 'nomand', 'noiversion', 'nolazytime', 'silent', 'loud'] as const

/** Every option that is no file system's own. */
const SORTS: ReadonlyMap<string, Sort> = makeSorts()

function makeSorts(): ReadonlyMap<string, Sort> {
  const sorts = new Map<string, Sort>()
  for (const [option, flag] of Object.entries(FLAGS))
    sorts.set(option, (sorted) => void Object.assign(sorted, flag))
  for (const name of MOUNT_ATTRIBUTES) {
    sorts.set(`r${name}`, ({ recursiveAttributes }) => void recursiveAttributes.push(name))
    sorts.set(name, ({ attributes }) => void attributes.push(name))
  }
  for (const [option, cleared] of Object.entries(CLEARS)) {
    sorts.set(`r${option}`, ({ recursiveAttributes }) => removeAll(recursiveAttributes, cleared))
    sorts.set(option, ({ attributes }) => removeAll(attributes, cleared))
  }
  for (const name of PROPAGATIONS) sorts.set(name, ({ propagation }) => void propagation.push(name))
  for (const name of NO_EFFECT) sorts.set(name, () => undefined)
  return sorts
}

function removeAll(attributes: MountAttribute[], cleared: MountAttribute): void {
  const kept = attributes.filter((attribute) => attribute !== cleared)
  attributes.splice(0, attributes.length, ...kept)
}

/** Options that every file system has: a bind shows one that has its own already. */
const OF_FILE_SYSTEM: ReadonlySet<string> = new Set(['sync', 'dirsync', 'lazytime', 'mand'])

/** Options of podman's and buildah's own, which they leave in binds when they have done what they say: labels, owners. */
const OF_CALLERS: ReadonlySet<string> = new Set(['z', 'Z', 'U', 'nocopy'])

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
  const { at } = context
  const destination = cleanPath(absoluteDestination(mount.destination, context))
  const options = sortOptions(mount.options ?? [], context)
  const idMap = convertIdMap(mount, options, at)
  const isBind = options.bind !== null || mount.type === 'bind'
  if (options.remount) return convertRemount(destination, options, isBind, mount, context)
  if (isBind) return convertBind(mount, destination, options, idMap, context)
  if (idMap !== undefined) refuseField(at, 'only a bind mount can have an id map')
  if (mount.type === undefined || mount.type === '')
    refuseValue(`${at}.type`, 'the name of a file system', mount.type)
  // Nothing is mounted below a new file system, so that both reaches are one.
  const { type, source } = mount
  const attributes = options.attributes.concat(options.recursiveAttributes)
  if (type === 'cgroup') {
    refuseData(options, mount, at, 'the cgroup mount takes no options of its own')
    return { type, destination, attributes, ...propagationOf(options) }
  }
  return {
    type,
    source: source || type,
    destination,
    attributes,
    ...propagationOf(options),
    ...dataOf(options),
    ...(options.copyUp && { copyUp: true }),
  }
}

/** The deprecated form is below the root. */
function absoluteDestination(destination: string, { at, warn }: MountContext): string {
  if (destination.startsWith('/')) return destination
  warn(`${at}.destination: ${quoteText(destination)} is not absolute, and is taken as below the root`)
  return `/${destination}`
}

function propagationOf({ propagation }: Options): Pick<Mount, 'propagation'> {
  return propagation.length > 0 ? { propagation } : {}
}

function recursiveOf({ recursiveAttributes }: Options): Pick<BindMount, 'recursiveAttributes'> {
  return recursiveAttributes.length > 0 ? { recursiveAttributes } : {}
}

function dataOf({ data }: Options): Pick<FilesystemMount, 'data'> {
  return data.length > 0 ? { data: data.join(',') } : {}
}

function convertBind(
  mount: SpecMount,
  destination: string,
  options: Options,
  idMap: MountIdMap | undefined,
  { bundle, at, inUserNamespace, warn }: MountContext,
): Mount {
  dropForeignOptions(options, at, warn)
  refuseData(options, mount, at, 'a bind mount shows what is there already, and takes no such option')
  if (!mount.source) refuseValue(`${at}.source`, 'a path', mount.source)
  return {
    type: 'bind',
    source: cleanPath(mount.source.startsWith('/') ? mount.source : `${bundle}/${mount.source}`),
    destination,
    recursive: options.bind === 'rbind',
    attributes: options.attributes.length > 0 ? completeAttributes(options.attributes, inUserNamespace) : [],
    ...recursiveOf(options),
    ...propagationOf(options),
    ...(idMap && { idMap }),
  }
}

/**
 * What mount(2) takes for said by a remount, as which a bind with any option ends, too: what is not named is not
 * wanted. Times are kept.
 */
function completeAttributes(
  given: readonly MountAttribute[],
  inUserNamespace: boolean,
): readonly MountAttribute[] {
  return inUserNamespace ? ['symfollow', ...given] : ['rw', 'suid', 'dev', 'exec', 'symfollow', ...given]
}

/** `remount` changes the file system too, `bind,remount` the mount alone. */
function convertRemount(
  destination: string,
  options: Options,
  isBind: boolean,
  mount: SpecMount,
  { at, inUserNamespace, warn }: MountContext,
): Mount {
  if (isBind) {
    dropForeignOptions(options, at, warn)
    refuseData(options, mount, at, 'a remount of a bind takes no such option')
  }
  return {
    type: 'remount',
    destination,
    attributes: completeAttributes(options.attributes, inUserNamespace),
    ...recursiveOf(options),
    ...propagationOf(options),
    ...dataOf(options),
  }
}

/** Mappings without the option count too; the option without mappings means those of the user namespace. */
function convertIdMap(
  { uidMappings, gidMappings }: SpecMount,
  { idMap }: Options,
  at: string,
): MountIdMap | undefined {
  if (uidMappings === undefined && gidMappings === undefined && idMap === null) return undefined
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

function dropForeignOptions(options: Options, at: string, warn: (text: string) => void): void {
  const kept = options.data.filter((option) => !OF_FILE_SYSTEM.has(option) && !OF_CALLERS.has(option))
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
    const sort = SORTS.get(option)
    if (sort !== undefined) sort(sorted)
    else if (option === 'iversion')
      warn(`${at}.options: "iversion" is a matter of each file system, and is left out`)
    else sorted.data.push(option)
  }
  return sorted
}
