// Owns reading and writing IP addresses as text, strictly: one text for one address, no octal, no zone. Pure; used by
// the checks, the planner and the network driver alike.

/** An address of 4 (IPv4) or 16 bytes (IPv6), and how many bits of it are the network's. */
export interface IpPrefix {
  readonly bytes: Uint8Array
  readonly prefixLength: number
}

/** The bytes of `192.0.2.1` or `2001:db8::1`; null for what is neither. */
export function parseIp(text: string): Uint8Array | null {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

/** An address and its prefix length, `192.0.2.1/24`; null for what is none. */
export function parseCidr(text: string): IpPrefix | null {
  const [, address, length] = /^([^/]+)\/(0|[1-9][0-9]{0,2})$/.exec(text) ?? []
  const bytes = address === undefined ? null : parseIp(address)
  const prefixLength = Number(length)
  return bytes === null || prefixLength > bytes.length * 8 ? null : { bytes, prefixLength }
}

/** The address with all bits behind the prefix cleared. */
export function networkOf({ bytes, prefixLength }: IpPrefix): IpPrefix {
  const network = bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefixLength - index * 8))
    return byte & (0xff00 >> kept)
  })
  return { bytes: network, prefixLength }
}

/** The text of an address (RFC 5952). */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => groupAt(bytes, index))
  const [start, length] = longestZeros(groups)
  const hex = (from: number, to?: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return length < 2 ? hex(0) : `${hex(0, start)}::${hex(start + length)}`
}

export function formatCidr({ bytes, prefixLength }: IpPrefix): string {
  return `${formatIp(bytes)}/${prefixLength}`
}

function parseIpv4(text: string): Uint8Array | null {
  const parts = text.split('.')
  // A leading zero means octal to some readers and nothing to others.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part))) return null
  const bytes = parts.map(Number)
  return bytes.every((byte) => byte <= 255) ? Uint8Array.from(bytes) : null
}

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head = [], tail = []] = halves.map((half, index) => parseGroups(half, index === halves.length - 1))
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  // `::` stands for at least one group.
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

/** The groups of `a:b:c`; where it is the end of the text, the last two may be written as IPv4. */
function parseGroups(text: string, isEnd: boolean): readonly number[] | null {
  if (text === '') return []
  const parts = text.split(':')
  const last = parts.at(-1) as string
  const ipv4 = isEnd && last.includes('.') ? parseIpv4(last) : null
  if (ipv4 !== null) parts.pop()
  if (!parts.every((part) => /^[0-9A-Fa-f]{1,4}$/.test(part))) return null
  const groups = parts.map((part) => Number.parseInt(part, 16))
  return ipv4 === null ? groups : [...groups, groupAt(ipv4, 0), groupAt(ipv4, 1)]
}

function groupAt(bytes: Uint8Array, index: number): number {
  return ((bytes[index * 2] as number) << 8) | (bytes[index * 2 + 1] as number)
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0]
  let start = 0
  groups.forEach((group, index) => {
    if (group !== 0) start = index + 1
    else if (index + 1 - start > best[1]) best = [start, index + 1 - start]
  })
  return best
}
