// Owns the promise that a thread of ours can be told from those of the engine, also where no descriptor is left to name
// it with. A process of its own, as threads stay.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { POLLIN } from '../../src/abi/flags.ts'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { closeFd } from '../../src/system/fd.ts'
import { openTimer } from '../../src/system/timer.ts'
import { until } from '../helpers/container-test.ts'
import { lowestFree, setDescriptorLimit } from '../helpers/few-descriptors.ts'

test('a thread has its name when the last descriptor went into it', async () => {
  const kernel = nodeKernel()
  const timer = openTimer(kernel, 1, 'once')
  let limit = lowestFree()
  let waited = -1
  for (; waited < 0; limit++) {
    const before = setDescriptorLimit(kernel, BigInt(limit))
    const waiting = kernel.poll(timer, POLLIN)
    setDescriptorLimit(kernel, before)
    waited = await waiting
  }
  assert.equal(waited, POLLIN)
  const names = (): readonly string[] =>
    readdirSync('/proc/self/task').map((tid) => readFileSync(`/proc/self/task/${tid}/comm`, 'utf8').trimEnd())
  await until('it has its name', () => names().includes('lc-reactor'))
  closeFd(kernel, timer)
})
