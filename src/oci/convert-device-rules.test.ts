// Tests of device rules in config.json that are for both types of device.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { DEFAULT_DEVICE_RULES } from '../config/defaults.ts'
import { convertSpec } from './convert-spec.ts'

/** What a rule becomes between those that every container has. */
function converted(rule: object): readonly unknown[] {
  const linux = { cgroupsPath: '/demo', resources: { devices: [rule] } }
  const spec = { ociVersion: '1.2.0', root: { path: 'rootfs' }, process: { args: ['true'], cwd: '/' }, linux }
  const rules = convertSpec(spec, '/bundle').config.cgroup?.devices ?? []
  return rules.slice(1, 1 + rules.length - DEFAULT_DEVICE_RULES.length)
}

it('a rule of both types with a number or an access of its own is one of each type', () => {
  const cases: readonly object[] = [
    { major: 7, minor: 1 },
    { major: 7, minor: 1, access: 'rwm' },
    { major: 7 },
    { minor: 1 },
    { access: 'r' },
  ]
  for (const rest of cases) {
    for (const allow of [true, false]) {
      const expected = ['c', 'b'].map((type) => ({ allow, type, ...rest }))
      for (const type of [{}, { type: 'a' }]) {
        assert.deepEqual(converted({ allow, ...type, ...rest }), expected, JSON.stringify(rest))
      }
    }
  }
})

it('a rule of both types for every device and every access stays one', () => {
  for (const rest of [{}, { type: 'a' }, { major: -1, minor: -1 }, { access: 'rwm' }, { access: 'mrw' }]) {
    const [rule, ...more] = converted({ allow: true, ...rest })
    assert.deepEqual(more, [])
    assert.equal(Object.assign({ type: '' }, rule).type, 'a')
  }
})
