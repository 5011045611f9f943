// Tests the rules of capabilities, one case a rule.

import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { validateConfig } from '../validate-config.ts'

const CAPABILITIES: readonly Refused[] = [
  [{ capabilities: 'KILL' }, 'capabilities', /a set of capability lists, as a plain object, got "KILL"/],
  [{ capabilities: ['KILLS'] }, 'capabilities[0]', /^expected a capability, got "KILLS"$/],
  [{ capabilities: ['CAP_CAP_KILL'] }, 'capabilities[0]', /expected a capability/],
  [{ capabilities: ['kill'] }, 'capabilities[0]', /expected a capability/],
  [{ capabilities: { all: [] } }, 'capabilities.all', /no such key/],
  [{ capabilities: { bounding: ['KILL', 9] } }, 'capabilities.bounding[1]', /got 9$/],
  [
    { capabilities: { effective: ['KILL'] } },
    'capabilities.effective',
    /^KILL is not in capabilities.permitted$/,
  ],
  [
    { capabilities: { inheritable: ['KILL'], ambient: ['CAP_KILL'] } },
    'capabilities.ambient',
    /^KILL is not in capabilities.permitted$/,
  ],
  [
    { capabilities: { permitted: ['KILL'], ambient: ['KILL'] } },
    'capabilities.ambient',
    /^KILL is not in capabilities.inheritable$/,
  ],
]

it('refuses: capabilities', () => assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, CAPABILITIES))
