// Tests the grammars of container ids.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { refusal } from '../../../test/helpers/refuses-config.ts'
import { validateId } from './validate-id.ts'

const NEVER = [
  '',
  'a\n',
  '\na',
  'é',
  '../x',
  'a/b',
  'a b',
  'a\0',
  '.',
  '..',
  'x'.repeat(1025),
  5,
  null,
  undefined,
  ['a'],
]
const OCI_ONLY = ['a-b', 'a.b', 'a+b', '...', '-', '.a', '..a']
const ALWAYS = ['a', '0', '_', 'demo_1', '__proto__', 'x'.repeat(255)]

it('accepts and refuses ids by the grammar of the original', () => {
  for (const id of ALWAYS) assert.equal(validateId(id), id)
  for (const id of [...NEVER, ...OCI_ONLY])
    assert.equal(refusal(() => validateId(id)).code, 'InvalidIdFormat')
})

it('accepts and refuses ids by the grammar of the OCI runtimes', () => {
  for (const id of [...ALWAYS, ...OCI_ONLY]) assert.equal(validateId(id, { grammar: 'oci' }), id)
  for (const id of NEVER)
    assert.equal(refusal(() => validateId(id, { grammar: 'oci' })).code, 'InvalidIdFormat')
})

it('says what the file system would say to a name that is too long for it', () => {
  for (const grammar of ['libcontainer', 'oci'] as const) {
    for (const length of [256, 1024]) {
      const error = refusal(() => validateId('x'.repeat(length), { grammar }))
      assert.deepEqual([error.code, error.errno], ['SystemError', 'ENAMETOOLONG'])
    }
  }
})

it('reads well', () => {
  assert.equal(
    refusal(() => validateId('container-id')).message,
    'Cannot use the container id: expected 1 to 1024 ASCII letters, digits or "_", got "container-id"',
  )
})
