// Tests the lists for v1 against the meaning of the rules, by a model of how the kernel asks its list.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DEFAULT_DEVICE_RULES } from '../../config/defaults.ts'
import { ACCESS, ACCESS_ALL, allowedAccess, type NormalRule, normalizeRule } from './normal-rule.ts'
import { type DeviceLists, planDeviceLists } from './plan-device-lists.ts'

/** The kernel's answer (security/device_cgroup.c): one exception for all of it, or none that touches it. */
function kernelAllows(
  lists: DeviceLists,
  type: string,
  major: number,
  minor: number,
  access: number,
): boolean {
  const masks = lists.exceptions
    .map((line) => /^([bc]) (\*|\d+):(\*|\d+) ([rwm]+)$/.exec(line) ?? assert.fail(line))
    .filter(
      ([, t, ma, mi]) =>
        t === type && (ma === '*' || Number(ma) === major) && (mi === '*' || Number(mi) === minor),
    )
    .map(([, , , , letters]) =>
      [...(letters as string)].reduce((mask, l) => mask | ACCESS[l as keyof typeof ACCESS], 0),
    )
  if (lists.base === 'deny') return masks.some((mask) => (access & ~mask) === 0)
  return !masks.some((mask) => (access & mask) !== 0)
}

const number = fc.option(fc.constantFrom(1, 3), { nil: null })
const anyRule: fc.Arbitrary<NormalRule> = fc.record({
  allow: fc.boolean(),
  type: fc.constantFrom(null, 'b', 'c'),
  major: number,
  minor: number,
  access: fc.integer({ min: 1, max: ACCESS_ALL }),
})

/** Every request that rules of `anyRule` can tell apart. */
function* requests() {
  for (const type of ['b', 'c'] as const)
    for (const major of [1, 3, 9])
      for (const minor of [1, 3, 9])
        for (let access = 1; access <= ACCESS_ALL; access++) yield { type, major, minor, access }
}

test('property: the lists mean what the rules mean', () => {
  let planned = 0
  fc.assert(
    fc.property(fc.array(anyRule, { maxLength: 5 }), (rules) => {
      const lists = planDeviceLists(rules)
      if (lists === null) return
      planned++
      for (const { type, major, minor, access } of requests()) {
        const isAllowed = (allowedAccess(rules, type, major, minor) & access) === access
        assert.equal(kernelAllows(lists, type, major, minor, access), isAllowed)
      }
    }),
    { numRuns: 3000 },
  )
  assert.ok(planned > 500, `only ${planned} lists could be planned`)
})

test('property: rules that only allow, or only deny after allowing all, always have lists', () => {
  for (const allow of [true, false]) {
    fc.assert(
      fc.property(fc.array(anyRule.map((rule) => ({ ...rule, allow }))), (rules) => {
        assert.notEqual(planDeviceLists([normalizeRule({ allow: !allow }), ...rules]), null)
      }),
    )
  }
})

test('what is allowed everything is so by default, which alone lets a cgroup below be so', () => {
  const open = normalizeRule({ allow: true })
  assert.deepEqual(planDeviceLists([open]), { base: 'allow', exceptions: [] })
  const both = (['b', 'c'] as const).map((type) => normalizeRule({ allow: true, type }))
  assert.deepEqual(planDeviceLists(both), { base: 'allow', exceptions: [] })
})

test('the default rules', () => {
  const lists = planDeviceLists(DEFAULT_DEVICE_RULES.map(normalizeRule))
  assert.equal(lists?.base, 'deny')
  assert.deepEqual(lists?.exceptions.toSorted(), [
    'b *:* m',
    'c *:* m',
    'c 10:200 rwm',
    'c 136:* rwm',
    'c 1:3 rwm',
    'c 1:5 rwm',
    'c 1:7 rwm',
    'c 1:8 rwm',
    'c 1:9 rwm',
    'c 5:0 rwm',
    'c 5:2 rwm',
  ])
})
