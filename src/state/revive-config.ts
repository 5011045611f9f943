// Owns giving the 64-bit numbers of a saved configuration their type back: JSON has one kind of number, and reads a
// small bigint as a number. Pure; what the fields may hold is checked by validateConfig afterwards.

/** The fields that are bigint however small their values are (src/config). */
const BIGINTS: readonly string[] = [
  ...['limitBytes', 'swapBytes', 'reservationBytes', 'kernelBytes', 'kernelTcpBytes'],
  ...['readBytesPerSecond', 'writeBytesPerSecond', 'reservedBytes'],
  ...['seconds', 'soft', 'hard'],
  ...['runtimeNanos', 'deadlineNanos', 'periodNanos'],
]
/** The objects whose values are all bigint, under keys of the caller's. */
const BIGINT_MAPS: readonly string[] = ['misc']

/** The inverse of writing a configuration as JSON. */
export function reviveConfig(config: unknown): unknown {
  if (Array.isArray(config)) return config.map(reviveConfig)
  if (typeof config !== 'object' || config === null) return config
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, reviveField(key, value)]))
}

function reviveField(key: string, value: unknown): unknown {
  if (BIGINTS.includes(key)) return reviveNumber(value)
  if (!BIGINT_MAPS.includes(key) || typeof value !== 'object' || value === null) return reviveConfig(value)
  return Object.fromEntries(Object.entries(value).map(([name, number]) => [name, reviveNumber(number)]))
}

function reviveNumber(value: unknown): unknown {
  return Number.isSafeInteger(value) ? BigInt(value as number) : value
}
