// Tests what a process of config.json may ask for that the kernel would refuse.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { convertProcess } from './convert-process.ts'

it('leaves out ambient capabilities that are not inheritable, with a warning', () => {
  const capabilities = { inheritable: ['CAP_KILL'], ambient: ['CAP_KILL', 'CAP_CHOWN'] }
  const { process, warnings } = convertProcess({ args: ['sh'], cwd: '/', capabilities })
  const rest = { bounding: [], effective: [], permitted: [] }
  assert.deepEqual(process.capabilities, { ...rest, inheritable: ['KILL'], ambient: ['KILL'] })
  assert.deepEqual(warnings, ["can't raise ambient capability CAP_CHOWN: it is not inheritable"])
})
