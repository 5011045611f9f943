// Owns the text of a state file, and its inverse: one JSON document, with the configuration on a line of its own, as
// most commands do without it. Pure. What was checked when it was written is looked over, not checked again.

import type { ValidConfig } from '../config/container-config.ts'
import type { ExactSeccompArgument } from '../config/seccomp.ts'
import { NAMESPACE_TYPES } from '../config/validate/nouns/normalize-namespaces.ts'
import { type ContainerState, STATE_VERSION, type StateHead } from './container-state.ts'

/** No JSON text that we write has a line end in it. */
const SEAM = ',\n"config":'

/** @param config as `formatConfig` gave it */
export function formatState(head: Omit<ContainerState, 'config'>, config: string): string {
  return `${JSON.stringify(head).slice(0, -1)}${SEAM}${config}}`
}

export interface StateText {
  readonly head: StateHead
  /** For `parseConfig`. */
  readonly config: string
}

/** A state is written whole, so what is no state was not written by us: it is refused, not searched for what is right. */
export function parseState(text: string): StateText | null {
  return parsed(() => {
    const seam = text.indexOf(SEAM)
    if (seam < 0) return parseRewritten(text)
    const head: unknown = JSON.parse(`${text.slice(0, seam)}}`)
    return isHead(head) ? { head, config: text.slice(seam + SEAM.length, text.lastIndexOf('}')) } : null
  })
}

/** Another program has written it anew, so that there is no seam. */
function parseRewritten(text: string): StateText | null {
  const { config, ...head } = (JSON.parse(text) ?? {}) as Partial<ContainerState>
  return isHead(head) ? { head, config: JSON.stringify(config ?? null) } : null
}

function isHead(head: unknown): head is StateHead {
  const { state_version, init_process_pid, init_process_start, created, creator, ...rest } =
    head as Partial<StateHead>
  return (
    state_version === STATE_VERSION &&
    isPid(init_process_pid) &&
    typeof init_process_start === 'string' &&
    typeof created === 'string' &&
    isPid(creator?.pid) &&
    typeof creator?.start === 'string' &&
    isTextMap(rest.cgroup_paths) &&
    typeof rest.rootfs === 'string' &&
    isTextMap(rest.labels) &&
    typeof (rest.cgroup_unit?.name ?? '') === 'string' &&
    Array.isArray(rest.host_interfaces ?? [])
  )
}

function isPid(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isTextMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  for (const key in value) if (typeof (value as Record<string, unknown>)[key] !== 'string') return false
  return true
}

/** What holds 64-bit numbers (src/config): JSON has them as texts, as its own numbers are too short. */
const BIGINTS: ReadonlySet<string> = new Set([
  ...['limitBytes', 'swapBytes', 'reservationBytes', 'kernelBytes', 'kernelTcpBytes'],
  ...['readBytesPerSecond', 'writeBytesPerSecond', 'reservedBytes'],
  ...['seconds', 'soft', 'hard', 'value', 'valueTwo'],
  ...['runtimeNanos', 'deadlineNanos', 'periodNanos'],
])

/** What holds none is left to the engine, which is faster without a function that it must call for each value. */
export function formatConfig(config: ValidConfig): string {
  const { cgroup, rlimits, timeOffsets, seccomp, scheduler, ...rest } = config
  const exact = JSON.stringify({ rlimits, timeOffsets, scheduler }, bigintAsText)
  const text = joinObjects(JSON.stringify({ ...rest, seccomp: seccomp && withTexts(seccomp) }), exact)
  if (cgroup === undefined) return text
  const { devices, ...limits } = cgroup
  const cgroupText = joinObjects(JSON.stringify({ devices }), JSON.stringify(limits, bigintAsText))
  return `${text.slice(0, -1)},"cgroup":${cgroupText}}`
}

/** A profile names hundreds of calls, and has a handful of numbers. */
function withTexts(seccomp: NonNullable<ValidConfig['seccomp']>): object {
  const asText = (arg: ExactSeccompArgument): object => ({
    ...arg,
    value: String(arg.value),
    valueTwo: String(arg.valueTwo),
  })
  const syscalls = seccomp.syscalls.map((rule) =>
    rule.args.length === 0 ? rule : { ...rule, args: rule.args.map(asText) },
  )
  return { ...seccomp, syscalls }
}

/** One object of two that have no key in common. */
function joinObjects(one: string, other: string): string {
  if (one === '{}') return other
  return other === '{}' ? one : `${one.slice(0, -1)},${other.slice(1)}`
}

function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

/** null for what is none. */
export function parseConfig(text: string): ValidConfig | null {
  return parsed(() => {
    const config: unknown = JSON.parse(text)
    if (!isConfig(config)) return null
    reviveConfig(config)
    return config
  })
}

/** Lists that every configuration has. */
const LISTS = [
  ...['namespaces', 'mounts', 'devices', 'maskedPaths', 'readonlyPaths'],
  ...['rlimits', 'additionalGroups', 'networks', 'routes'],
] as const

/** A later process joins the namespaces that are named here: of an unknown one it would stay outside. */
function isConfig(value: unknown): value is ValidConfig {
  const config = value as Partial<ValidConfig> | null
  if (typeof config?.rootfs !== 'string' || !Array.isArray(config.capabilities?.bounding)) return false
  for (const key of LISTS) if (!Array.isArray(config[key])) return false
  for (const namespace of config.namespaces ?? [])
    if (!NAMESPACE_TYPES.includes(namespace?.type)) return false
  return true
}

/** In place: what was parsed belongs to nobody else. Lists that are long, and hold none, are not walked. */
function reviveConfig({ cgroup, rlimits, timeOffsets, seccomp, scheduler }: ValidConfig): void {
  if (cgroup !== undefined) {
    const { memory, blkio, hugetlb, misc } = cgroup
    for (const part of [memory, blkio, hugetlb]) reviveBigints(part)
    for (const key in misc) reviveField(misc, key)
  }
  for (const part of [rlimits, timeOffsets, scheduler]) reviveBigints(part)
  for (const { args } of seccomp?.syscalls ?? []) reviveBigints(args)
}

function reviveBigints(part: object | undefined): void {
  const fields = part as Readonly<Record<string, unknown>>
  for (const key in fields) {
    const value = fields[key]
    if (typeof value === 'object' && value !== null) reviveBigints(value)
    else if (typeof value === 'string' && BIGINTS.has(key)) reviveField(fields, key)
  }
}

function reviveField(fields: object, key: string): void {
  const writable = fields as Record<string, unknown>
  writable[key] = BigInt(writable[key] as string)
}

/** null where the text is none: not JSON, or no number where there must be one. */
function parsed<T>(parse: () => T): T | null {
  try {
    return parse()
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
