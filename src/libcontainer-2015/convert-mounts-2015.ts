// Owns how mounts of 2015 become ours: what the original mounted by `device`, flags as attributes.

import type { MountCommand } from '../config/command.ts'
import type { BindMount, Mount, MountAttribute } from '../config/mount.ts'
import { cleanPath } from '../config/validate/values/path-at.ts'
import { refuseField, refuseValue } from '../config/validate/values/refuse.ts'
import type { Command2015, Config2015, Mount2015 } from './config-2015.ts'

type Warn = (text: string) => void

/** MS_* of mount(2) that are attributes of a mount. Of two that exclude each other the later one wins, as there. */
const ATTRIBUTES: readonly (readonly [flag: number, attribute: MountAttribute])[] = [
  [0x1, 'ro'],
  [0x2, 'nosuid'],
  [0x4, 'nodev'],
  [0x8, 'noexec'],
  [0x400, 'noatime'],
  [0x800, 'nodiratime'],
  [0x20_0000, 'relatime'],
  [0x100_0000, 'strictatime'],
]
const MS_BIND = 0x1000
const MS_REC = 0x4000
const MS_SILENT = 0x8000
const MS_PRIVATE = 0x4_0000
const MS_SLAVE = 0x8_0000
const MS_SHARED = 0x10_0000
const FILE_SYSTEM_FLAGS = ATTRIBUTES.reduce((all, [flag]) => all | flag, MS_SILENT)
const BIND_FLAGS = FILE_SYSTEM_FLAGS | MS_BIND | MS_REC | MS_PRIVATE | MS_SLAVE | MS_SHARED

/** What the original mounted; whatever else it was asked for was an error. */
const DATA_PASSED: Readonly<Record<string, boolean>> = Object.freeze({
  proc: false,
  sysfs: false,
  mqueue: false,
  tmpfs: true,
  devpts: true,
})

export function convertMounts(config: Config2015, warn: Warn): readonly Mount[] {
  return (config.mounts ?? []).map((mount, index) => {
    const before = (mount.premount_cmds ?? []).map(convertCommand)
    const after = (mount.postmount_cmds ?? []).map(convertCommand)
    return {
      ...convertMount(mount, config, `mounts[${index}]`, warn),
      ...(before.length > 0 && { premountCommands: before }),
      ...(after.length > 0 && { postmountCommands: after }),
    }
  })
}

/** Arguments were without the name of the program; an environment that is absent was inherited, and is. */
function convertCommand({ path = '', args = [], env, dir }: Command2015): MountCommand {
  return { path, args: [path, ...args], ...(env && { env }), ...(dir && { dir }) }
}

function convertMount(mount: Mount2015, config: Config2015, at: string, warn: Warn): Mount {
  const { device = '', data = '' } = mount
  const destination = destinationIn(config.rootfs ?? '', mount.destination ?? '', at)
  if (device === 'bind') return convertBind(mount, destination, config, at, warn)
  // As the original mounted it, whatever the flags say: each hierarchy read-only.
  if (device === 'cgroup')
    return { type: 'cgroup', destination, attributes: ['ro', 'nosuid', 'nodev', 'noexec'] }
  const takesData = Object.hasOwn(DATA_PASSED, device) ? DATA_PASSED[device] : undefined
  if (takesData === undefined)
    refuseValue(`${at}.device`, `bind, cgroup, ${Object.keys(DATA_PASSED).join(', ')}`, device)
  const attributes = attributesOf(mount.flags ?? 0, FILE_SYSTEM_FLAGS, at)
  if (!takesData && data !== '') warn(`${at}.data: the original handed no options to ${device}`)
  return {
    type: device,
    source: mount.source || device,
    destination,
    attributes,
    ...(takesData && data !== '' && { data }),
  }
}

function convertBind(
  mount: Mount2015,
  destination: string,
  { privatefs = false, mount_label }: Config2015,
  at: string,
  warn: Warn,
): BindMount {
  const { flags = 0, source = '', data = '', relabel = '' } = mount
  if (data !== '') warn(`${at}.data: a bind takes no options`)
  if (flags & MS_SHARED) warn(`${at}.flags: MS_SHARED had no effect on a bind`)
  if (relabel !== '' && !mount_label) warn(`${at}.relabel: there is no mount_label to give`)
  // The host's mounts were slaves, or private with privatefs, and a bind took that from its source.
  const isPrivate = privatefs || (flags & MS_PRIVATE) !== 0
  return {
    type: 'bind',
    source: cleanPath(source),
    destination,
    recursive: (flags & MS_REC) !== 0,
    attributes: attributesOf(flags, BIND_FLAGS, at),
    propagation: isPrivate ? [] : ['rslave'],
    ...(relabel !== '' && mount_label && { relabel: convertRelabel(relabel, `${at}.relabel`) }),
  }
}

function convertRelabel(relabel: string, at: string): 'shared' | 'private' {
  if (relabel !== 'z' && relabel !== 'Z') refuseValue(at, '"z" (shared) or "Z" (private)', relabel)
  return relabel === 'z' ? 'shared' : 'private'
}

function attributesOf(flags: number, known: number, at: string): readonly MountAttribute[] {
  const rest = flags & ~known
  if (rest !== 0 || flags < 0 || flags > 0x7fff_ffff) {
    refuseField(`${at}.flags`, `flags that are not applied here: 0x${(rest >>> 0).toString(16)} (mount(2))`)
  }
  return ATTRIBUTES.filter(([flag]) => (flags & flag) !== 0).map(([, attribute]) => attribute)
}

/** A destination may be a path of the host, below the root, or one of the container, with or without its first slash. */
function destinationIn(rootfs: string, destination: string, at: string): string {
  if (destination === '') refuseValue(`${at}.destination`, 'a path', destination)
  const clean = cleanPath(destination.startsWith('/') ? destination : `/${destination}`)
  return rootfs !== '' && rootfs !== '/' && clean.startsWith(`${rootfs}/`)
    ? clean.slice(rootfs.length)
    : clean
}
