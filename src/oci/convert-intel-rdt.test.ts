// Tests how intelRdt of config.json becomes ours.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { convertIntelRdt } from './convert-intel-rdt.ts'

it('takes an empty text for none, and the two halves of monitoring for one', () => {
  assert.deepEqual(convertIntelRdt({}), {})
  const empty = { closID: '', l3CacheSchema: '', memBwSchema: '', schemata: [''], enableMonitoring: false }
  assert.deepEqual(convertIntelRdt(empty), { schemata: [] })
  const whole = {
    l3CacheSchema: 'L3:0=f',
    memBwSchema: 'MB:0=10',
    schemata: ['L2:0=1'],
    enableMonitoring: true,
  }
  assert.deepEqual(convertIntelRdt({ closID: 'gold', ...whole }), { closId: 'gold', ...whole })
  assert.deepEqual(convertIntelRdt({ enableCMT: true }), { enableMonitoring: true })
  assert.deepEqual(convertIntelRdt({ enableMBM: true }), { enableMonitoring: true })
})
