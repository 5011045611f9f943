// Owns how the arguments of each call are printed: flags by name, structures by field, numbers as people write them.
// What it does not know it prints plainly. Pure.

import { errnoName } from '../abi/errno.ts'
import { NLMSG_SEQ, NLMSG_TYPE, NLMSGERR_ERROR } from '../abi/netlink-message.ts'
import { SIGNALS, signalName } from '../abi/signals.ts'
import {
  IFREQ_FLAGS,
  NETLINK_ACK_SIZE,
  STATFS_FLAGS,
  STATFS_SIZE,
  STATX_MODE,
  STATX_RDEV_MAJOR,
  STATX_RDEV_MINOR,
  STATX_SIZE,
} from '../abi/structs.ts'
import { CAPABILITIES } from '../config/capability.ts'
import type { Op, OpArg } from '../protocol/op.ts'
import { bitNames, NAMES, type Names, valueName } from './explain-flags.ts'
import { RLIMITS } from './steps/rlimits.ts'

/** Prints one argument; the others are there to look at. */
type Format = (arg: OpArg, args: readonly OpArg[]) => string

/** What is longer than the kernel's small structures is not for people. */
const MAX_SHOWN = 64

/** An argument without knowledge of its meaning. */
function explainArg(arg: OpArg): string {
  if (typeof arg === 'string') return JSON.stringify(arg)
  if (typeof arg !== 'object') return String(arg)
  if ('slot' in arg) return `s${arg.slot}`
  if ('table' in arg) return `[${arg.table.map((text) => JSON.stringify(text)).join(', ')}]`
  if ('bytes' in arg && arg.bytes.length > MAX_SHOWN) return `<${arg.bytes.length} bytes>`
  if ('bytes' in arg)
    return `{${words(arg)
      .map((word) => word.toString(16))
      .join(' ')}}`
  if ('scratch' in arg) return `<${arg.scratch} bytes>`
  return `${explainArg(arg.at)}+${arg.offset}`
}

/** The 32-bit words of a structure. */
function words(arg: OpArg): readonly number[] {
  if (typeof arg !== 'object' || !('bytes' in arg)) return []
  const view = new DataView(arg.bytes.buffer, arg.bytes.byteOffset, arg.bytes.byteLength)
  return Array.from({ length: arg.bytes.length >> 2 }, (_, index) => view.getUint32(index * 4, true))
}

const isNumber = (arg: OpArg): arg is number | bigint => typeof arg === 'number' || typeof arg === 'bigint'
const number =
  (format: (value: number) => string): Format =>
  (arg) =>
    isNumber(arg) ? format(Number(arg)) : explainArg(arg)
const bits = (table: Names): Format => number((value) => bitNames(table, value))
const oneOf = (table: Names): Format => number((value) => valueName(table, value))
const octal = number((value) => (value === 0 ? '0' : `0${value.toString(8)}`))
const directory = number((value) => (value === -100 ? 'AT_FDCWD' : String(value)))
const signal = number((value) => signalName(value) ?? String(value))
const plain: Format = explainArg

const S_IFMT = 0o170000
const fileMode = number((value) => {
  const type = valueName(NAMES.fileType, value & S_IFMT)
  return `${type}|${octal(value & ~S_IFMT, [])}`
})
const deviceNumber = number(
  (value) => `${(value >>> 8) & 0xfff}:${(value & 0xff) | ((value >>> 12) & 0xfff00)}`,
)

const capabilitySet = (mask: bigint): string => {
  if (mask === (1n << BigInt(CAPABILITIES.length)) - 1n) return 'all'
  const held = CAPABILITIES.filter((_, index) => (mask >> BigInt(index)) & 1n)
  return held.join('|') || '0'
}

const signalSet = (mask: bigint): string =>
  Object.entries(SIGNALS)
    .filter(([, number]) => (mask >> BigInt(number - 1)) & 1n)
    .map(([name]) => name)
    .join('|')

const openHow: Format = (arg) => {
  const [flags = 0, , mode = 0, , resolve = 0] = words(arg)
  const with_ = mode === 0 ? '' : `, mode=${octal(mode, [])}`
  return `{flags=${bitNames(NAMES.open, flags)}${with_}, resolve=${bitNames(NAMES.resolve, resolve)}}`
}

const mountAttr: Format = (arg) => {
  const [set = 0, , clear = 0, , propagation = 0] = words(arg)
  const fields: string[] = []
  if (set !== 0) fields.push(`attr_set=${bitNames(NAMES.mountAttr, set)}`)
  if (clear !== 0) fields.push(`attr_clr=${bitNames(NAMES.mountAttrCleared, clear)}`)
  if (propagation !== 0) fields.push(`propagation=${bitNames(NAMES.propagation, propagation)}`)
  return `{${fields.join(', ')}}`
}

const capData: Format = (arg) => {
  const word = words(arg)
  const sets = ['effective', 'permitted', 'inheritable'].map((name, index) => {
    const mask = BigInt(word[index] ?? 0) | (BigInt(word[index + 3] ?? 0) << 32n)
    return `${name}=${capabilitySet(mask)}`
  })
  return `{${sets.join(', ')}}`
}

/** struct ifreq with flags. */
const interfaceFlags: Format = (arg) => {
  if (typeof arg !== 'object' || !('bytes' in arg)) return explainArg(arg)
  const name = String.fromCharCode(...arg.bytes.subarray(0, arg.bytes.indexOf(0)))
  return `{${JSON.stringify(name)}, ${bitNames(NAMES.interface, arg.bytes[IFREQ_FLAGS] ?? 0)}}`
}

const rlimit: Format = (arg) => {
  const word = words(arg)
  const limit = (at: number): string => {
    const value = BigInt(word[at] ?? 0) | (BigInt(word[at + 1] ?? 0) << 32n)
    return value === 0xffffffffffffffffn ? 'RLIM_INFINITY' : String(value)
  }
  return `{soft=${limit(0)}, hard=${limit(2)}}`
}

/** Where an `expect` looks into a structure that the kernel wrote, by its size and the offset. */
const FIELDS: Readonly<Record<string, string>> = {
  [`${STATX_SIZE}+${STATX_MODE}`]: 'stx_mode',
  [`${STATX_SIZE}+${STATX_RDEV_MAJOR}`]: 'stx_rdev_major',
  [`${STATX_SIZE}+${STATX_RDEV_MINOR}`]: 'stx_rdev_minor',
  [`${STATFS_SIZE}+0`]: 'f_type',
  [`${STATFS_SIZE}+${STATFS_FLAGS}`]: 'f_flags',
  [`${NETLINK_ACK_SIZE}+${NLMSG_TYPE}`]: 'nlmsg_type',
  [`${NETLINK_ACK_SIZE}+${NLMSG_SEQ}`]: 'nlmsg_seq',
  [`${NETLINK_ACK_SIZE}+${NLMSGERR_ERROR}`]: 'error',
}

function fieldName(arg: OpArg): string {
  if (typeof arg !== 'object') return explainArg(arg)
  if ('scratch' in arg) return FIELDS[`${arg.scratch}+0`] ?? 'its first byte'
  const isScratch = 'at' in arg && 'scratch' in arg.at
  return (isScratch ? FIELDS[`${arg.at.scratch}+${arg.offset}`] : undefined) ?? explainArg(arg)
}

/** `load` of the flags of a mount, which are those of mount(2) but for few. */
function explainLoad([address = 0, , mask = 0, bits = 0]: readonly OpArg[]): string {
  const [kept, added] = [mask, bits].map((arg) => bitNames(NAMES.mount, Number(arg)))
  return `load(${fieldName(address)} of ${kept}, with ${added})`
}

/** `expect` as a condition: what must hold, and the error when it does not. */
function explainExpect([address = 0, width = 0, mask = 0, value = 0, errno = 0]: readonly OpArg[]): string {
  const field = fieldName(address)
  const shown = (): string => {
    if (field === 'f_type') return `f_type == ${valueName(NAMES.magic, Number(value))}`
    if (field === 'f_flags') return `f_flags has ${bitNames(NAMES.statfs, Number(value))}`
    if (field === 'stx_mode') return `stx_mode & S_IFMT == ${valueName(NAMES.fileType, Number(value))}`
    if (field === 'nlmsg_type') return `nlmsg_type == ${valueName(NAMES.netlink, Number(value))}`
    if (width === 1) return `${field} == ${JSON.stringify(String.fromCharCode(Number(value)))}`
    return `${field} == ${value}`
  }
  const isWhole = BigInt(mask as number) === (1n << (8n * BigInt(width as number))) - 1n
  const isNamed = ['f_type', 'f_flags', 'stx_mode'].includes(field)
  const masked = isWhole || isNamed ? '' : ` under the mask 0x${mask.toString(16)}`
  return `expect(${shown()}${masked}, else ${errnoName(Number(errno))})`
}

/** `pick` as a choice; only file types are chosen by. */
function explainPick([address = 0, , , value = 0, one = 0, other = 0]: readonly OpArg[]): string {
  const condition = `${fieldName(address)} & S_IFMT == ${valueName(NAMES.fileType, Number(value))}`
  return `pick(${explainArg(one)} if ${condition}, else ${explainArg(other)})`
}

const PRCTL_ARGS: Readonly<Record<string, Format>> = {
  PR_SET_PDEATHSIG: signal,
  PR_CAP_AMBIENT: oneOf(NAMES.ambient),
}

function explainPrctl([option = 0, ...rest]: readonly OpArg[]): string {
  const name = oneOf(NAMES.prctl)(option, [])
  const [first = 0, second = 0] = rest
  const isRaise = name === 'PR_CAP_AMBIENT' && Number(first) === 2
  const shown = [name, (PRCTL_ARGS[name] ?? plain)(first, [])]
  if (isRaise) shown.push(`CAP_${CAPABILITIES[Number(second)]}`)
  return `prctl(${shown.join(', ')})`
}

/** struct winsize */
const windowSize: Format = (arg) => {
  const [cells = 0] = words(arg)
  return `{${cells >>> 16} columns, ${cells & 0xffff} rows}`
}

const IOCTL_ARGS: Readonly<Record<string, Format>> = {
  SIOCSIFFLAGS: interfaceFlags,
  TIOCGPTPEER: bits(NAMES.open),
  TIOCSWINSZ: windowSize,
}

/** Calls whose arguments are printed as a whole. */
const WHOLE: Readonly<Record<string, (args: readonly OpArg[]) => string>> = {
  expect: explainExpect,
  load: explainLoad,
  pick: explainPick,
  prctl: explainPrctl,
  bounding: ([keep = 0n]) => `bounding(keep ${capabilitySet(BigInt(keep as number))})`,
  mortal: ([signals = 0n]) => `mortal(${signalSet(BigInt(signals as number))})`,
  // struct sockaddr_nl
  bind: ([socket = 0, group = 0]) =>
    `bind(${explainArg(socket)}, ${valueName(NAMES.netlinkGroup, words(group)[2] ?? 0)})`,
  setsockopt: (args) => explainSocketOption('setsockopt', args),
  getsockopt: (args) => explainSocketOption('getsockopt', args),
  sendto: ([fd = 0, message = 0]) => `sendto(${explainArg(fd)}, ${netlinkRequest(message, [])})`,
  recvfrom: ([fd = 0, answer = 0]) => `recvfrom(${explainArg(fd)}, ${explainArg(answer)})`,
  capset: ([, data = 0]) => `capset(${capData(data, [])})`,
  execve: ([path = 0, argv = 0, , envp = 0]) => `execve(${[path, argv, envp].map(explainArg).join(', ')})`,
  each: ([texts = 0]) => `each(${explainArg(texts)})`,
  lookup: ([paths = 0]) => `lookup(${explainArg(paths)})`,
  rt_sigaction: ([which = 0]) => `rt_sigaction(${signal(which, [])}, SIG_DFL)`,
  seccomp: ([, flags = 0, program = 0]) =>
    `seccomp(SECCOMP_SET_MODE_FILTER, ${bits(NAMES.seccomp)(flags, [])}, ${instructions(program, [])})`,
  setgroups: ([, groups = 0]) => `setgroups([${words(groups).join(', ')}])`,
  ioctl: ([fd = 0, request = 0, arg = 0]) => {
    const name = oneOf(NAMES.ioctl)(request, [])
    return `ioctl(${explainArg(fd)}, ${name}, ${(IOCTL_ARGS[name] ?? plain)(arg, [])})`
  },
}

/** A request by its type and its number; its other bytes are those that the step's words say. */
const netlinkRequest: Format = (arg) => {
  const [, type = 0, sequence = 0] = words(arg)
  return `{${valueName(NAMES.netlink, type & 0xffff)}, seq=${sequence}}`
}

/** struct sock_fprog */
const instructions: Format = (program) => `{${(words(program)[0] ?? 0) & 0xffff} instructions}`

const OPTION_VALUES: Readonly<Record<string, Format>> = {
  SO_ATTACH_FILTER: instructions,
  SO_RCVTIMEO: (time) => `${words(time)[0] ?? 0} s`,
}

/** The part of a request that the kernel fills in, or what is set. */
const optionValue: Format = (arg, args) => {
  if (typeof arg === 'object' && 'at' in arg && 'bytes' in arg.at)
    return `into ${netlinkRequest(arg.at, args)}`
  return typeof arg === 'string' ? explainArg(arg) : 'on'
}

function explainSocketOption(call: string, [fd = 0, level = 0, name = 0, ...rest]: readonly OpArg[]): string {
  const names =
    valueName(NAMES.socketLevel, Number(level)) === 'SOL_NETLINK' ? NAMES.netlinkOption : NAMES.socketOption
  const option = oneOf(names)(name, [])
  const shown = [explainArg(fd), oneOf(NAMES.socketLevel)(level, []), option]
  return `${call}(${[...shown, (OPTION_VALUES[option] ?? optionValue)(rest[0] ?? 0, rest)].join(', ')})`
}

const RESOURCES: Names = Object.entries(RLIMITS).map(([name, value]) => [value, `RLIMIT_${name}`] as const)
const openFlags = bits(NAMES.open)
const at = bits(NAMES.at)

/** How each argument of a call is printed; those that are not listed are printed plainly. */
const BY_CALL: Readonly<Record<string, readonly Format[]>> = {
  openat: [directory, plain, openFlags, octal],
  openat2: [directory, plain, openHow],
  open_tree: [directory, plain, bits(NAMES.openTree)],
  move_mount: [directory, plain, directory, plain, bits(NAMES.moveMount)],
  mount: [plain, plain, plain, bits(NAMES.mount)],
  mount_setattr: [directory, plain, at, mountAttr],
  fsopen: [plain, bits(NAMES.fsopen)],
  fsconfig: [plain, oneOf(NAMES.fsconfig)],
  fspick: [directory, plain, bits(NAMES.fspick)],
  fsmount: [plain, bits(NAMES.fsmount), bits(NAMES.mountAttr)],
  umount2: [plain, bits(NAMES.umount)],
  unshare: [bits(NAMES.clone)],
  setns: [plain, bits(NAMES.clone)],
  mknodat: [directory, plain, fileMode, deviceNumber],
  mkdirat: [directory, plain, octal],
  fchownat: [directory, plain, plain, plain, at],
  statx: [directory, plain, at, bits(NAMES.statx)],
  umask: [octal],
  fcntl: [plain, oneOf(NAMES.fcntl)],
  dup3: [plain, plain, openFlags],
  socket: [oneOf(NAMES.addressFamily), bits(NAMES.socket)],
  ioctl: [plain, oneOf(NAMES.ioctl), interfaceFlags],
  keyctl: [oneOf(NAMES.keyctl)],
  prlimit64: [plain, oneOf(RESOURCES), rlimit],
  close_range: [plain, number((value) => (value === 0xffffffff ? '~0' : String(value)))],
}

/** A call with its arguments. */
export function explainCall({ call, args }: Op): string {
  const whole = WHOLE[call]
  if (whole !== undefined) return whole(args)
  const formats = BY_CALL[call] ?? []
  return `${call}(${args.map((arg, index) => (formats[index] ?? plain)(arg, args)).join(', ')})`
}
