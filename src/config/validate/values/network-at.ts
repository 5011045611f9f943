// Owns the readers of what networks are described by: names of interfaces, MAC and IP addresses. By their text only:
// whether an interface exists is asked by those who use it.

import { INTERFACE_NAME_BYTES, isInterfaceName } from '../../interface-name.ts'
import { formatCidr, networkOf, parseCidr, parseIp } from '../../ip-address.ts'
import { isInterfaceMac, parseMac } from '../../mac-address.ts'
import type { Reader } from './record-at.ts'
import { refuseField, refuseValue } from './refuse.ts'

type IpVersion = 4 | 6

const bytesOf = (version: IpVersion): number => (version === 4 ? 4 : 16)
const exampleOf = { 4: '192.0.2.1', 6: '2001:db8::1' } as const

export function interfaceNameAt(value: unknown, at: string): string {
  if (!isInterfaceName(value)) {
    const limit = `1 to ${INTERFACE_NAME_BYTES} printable ASCII characters without space, /, : and %`
    refuseValue(at, `the name of a network interface (${limit})`, value)
  }
  return value
}

export function macAddressAt(value: unknown, at: string): string {
  const bytes = typeof value === 'string' ? parseMac(value) : null
  if (bytes === null) refuseValue(at, 'a MAC address such as "02:42:ac:11:00:02"', value)
  if (!isInterfaceMac(bytes)) refuseField(at, 'an interface cannot have the address of a group, or zero')
  return value as string
}

/** Reads an address of one version with its prefix length. */
export function cidrOf(version: IpVersion): Reader<string> {
  return (value, at) => {
    const cidr = typeof value === 'string' ? parseCidr(value) : null
    if (cidr?.bytes.length !== bytesOf(version)) {
      const example = `${exampleOf[version]}/${version === 4 ? 24 : 64}`
      refuseValue(at, `an IPv${version} address with its prefix length, such as "${example}"`, value)
    }
    return value as string
  }
}

/** Reads an address of one version, or of either. */
export function addressOf(version: IpVersion | null): Reader<string> {
  return (value, at) => {
    const bytes = typeof value === 'string' ? parseIp(value) : null
    if (bytes === null || (version !== null && bytes.length !== bytesOf(version))) {
      refuseValue(at, `an IP${version === null ? '' : `v${version}`} address without a prefix length`, value)
    }
    return value as string
  }
}

/** Reads a network: a prefix behind which no bit is set. */
export function networkAddressAt(value: unknown, at: string): string {
  const cidr = typeof value === 'string' ? parseCidr(value) : null
  if (cidr === null) refuseValue(at, 'a network such as "10.1.0.0/16"', value)
  const network = networkOf(cidr)
  if (formatCidr(network) !== formatCidr(cidr)) {
    refuseField(at, 'bits behind the prefix are set', `did you mean "${formatCidr(network)}"?`)
  }
  return value as string
}
