// Owns the check of routes: each says where to, and in one family of addresses.

import { parseCidr, parseIp } from '../../ip-address.ts'
import type { Route } from '../../network.ts'
import { listAt } from '../values/list-at.ts'
import { addressOf, interfaceNameAt, networkAddressAt } from '../values/network-at.ts'
import { recordAt, type Shape } from '../values/record-at.ts'
import { refuseField } from '../values/refuse.ts'

const ROUTE: Shape<Route> = {
  what: 'a route',
  readers: {
    destination: networkAddressAt,
    source: addressOf(null),
    gateway: addressOf(null),
    interfaceName: interfaceNameAt,
  },
  required: ['interfaceName'],
}

export function normalizeRoutes(value: unknown, at: string): readonly Route[] {
  return listAt(value, at, normalizeRoute)
}

function normalizeRoute(value: unknown, at: string): Route {
  const route = recordAt(value, at, ROUTE)
  const { destination, source, gateway } = route
  const lengths = [
    ['destination', destination === undefined ? undefined : parseCidr(destination)?.bytes.length],
    ['source', source === undefined ? undefined : parseIp(source)?.length],
    ['gateway', gateway === undefined ? undefined : parseIp(gateway)?.length],
  ] as const
  const given = lengths.filter(([, length]) => length !== undefined)
  const [first] = given
  if (first === undefined) refuseField(at, 'needs a destination, a source or a gateway')
  const other = given.find(([, length]) => length !== first[1])
  if (other !== undefined)
    refuseField(`${at}.${other[0]}`, `is of another family of addresses than the ${first[0]}`)
  return route
}
