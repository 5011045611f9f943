// Tests which routes pass, and in which words the others are refused.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertRefused, type Refused, refusal } from '../../../../test/helpers/refuses-config.ts'
import type { Route } from '../../network.ts'
import { validateConfig } from '../validate-config.ts'

const rootfs = '/srv/rootfs'
const interfaceName = 'eth0'

it('takes any of the three addresses', () => {
  const routes: readonly Route[] = [
    { destination: '10.1.0.0/16', interfaceName },
    { source: '10.0.0.2', interfaceName },
    { gateway: '2001:db8::1', interfaceName },
    { destination: '::/0', source: '2001:db8::2', gateway: '2001:db8::1', interfaceName },
  ]
  assert.deepEqual(validateConfig({ rootfs, routes }).routes, routes)
  assert.deepEqual(validateConfig({ rootfs }).routes, [])
})

const route = (patch: object): object => ({ routes: [{ interfaceName, ...patch }] })

const ROUTES: readonly Refused[] = [
  [
    { routes: [{ gateway: '10.0.0.1' }] },
    'routes[0].interfaceName',
    /^expected the name of a network interface/,
  ],
  [route({}), 'routes[0]', /^needs a destination, a source or a gateway$/],
  [route({ destination: '10.1.0.1' }), 'routes[0].destination', /^expected a network such as/],
  [route({ destination: '10.1.0.1/16' }), 'routes[0].destination', /^bits behind the prefix are set$/],
  [route({ source: '10.0.0.0/8' }), 'routes[0].source', /^expected an IP address without a prefix length/],
  [route({ gateway: 'gw' }), 'routes[0].gateway', /^expected an IP address/],
  [
    route({ destination: '10.0.0.0/8', gateway: '::1' }),
    'routes[0].gateway',
    /^is of another family of addresses than the destination$/,
  ],
  [route({ source: '10.0.0.1', gateway: '::1' }), 'routes[0].gateway', /than the source$/],
  [{ ...route({ gateway: '::1' }), namespaces: [] }, 'routes', /^needs a namespace of the type "network"/],
]

it('refuses: routes', () => assertRefused(validateConfig, { rootfs }, ROUTES))

it('says which network was meant', () => {
  const error = refusal(() => validateConfig({ rootfs, ...route({ destination: '10.1.2.3/16' }) }))
  assert.equal(error.hint, 'did you mean "10.1.0.0/16"?')
})
