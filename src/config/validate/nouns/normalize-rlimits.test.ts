// Tests the rules of resource limits, one case a rule.

import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { validateConfig } from '../validate-config.ts'

const nofile = (soft: unknown, hard: unknown) => ({ rlimits: [{ type: 'NOFILE', soft, hard }] })

const RLIMITS: readonly Refused[] = [
  [{ rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 1 }] }, 'rlimits[0].type', /a resource of getrlimit/],
  [{ rlimits: [{ type: 'NOFILE', soft: 1 }] }, 'rlimits[0].hard', /got nothing$/],
  [nofile(2, 1), 'rlimits[0].soft', /^2 is above the hard limit, 1$/],
  [nofile(-1n, 5n), 'rlimits[0].soft', /^no limit is above the hard limit, 5$/],
  [nofile(-2n, 5n), 'rlimits[0].soft', /got -2n$/],
  [nofile(1.5, 5), 'rlimits[0].soft', /got 1.5$/],
  [nofile(1, 2n ** 64n), 'rlimits[0].hard', /2\^64-1.*got 18446744073709551616n$/],
  [nofile(1, 2 ** 53), 'rlimits[0].hard', /got 9007199254740992$/],
  [
    { rlimits: [...nofile(1, 1).rlimits, ...nofile(2, 2).rlimits] },
    'rlimits[1].type',
    /"NOFILE" was given before/,
  ],
]

it('refuses: rlimits', () => assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, RLIMITS))
