// Property test: every mount that the kernel can write down is read back, and no text does harm.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { type MountInfo, parseMountinfo } from './mountinfo.ts'

/** What the kernel escapes (fs/proc_namespace.c, `mangle`). */
const mangle = (text: string): string =>
  text.replace(/[ \t\n\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)

function lineOf(mount: MountInfo): string {
  const { id, parent, options, optionalFields, filesystem, superOptions } = mount
  const left = [id, parent, '0:42', mangle(mount.root), mangle(mount.mountPoint), options.join(',')]
  return [...left, ...optionalFields, '-', filesystem, mangle(mount.source), superOptions.join(',')].join(' ')
}

const path = fc
  .string({ unit: fc.constantFrom('a', 'é', ' ', '\t', '\n', '\\', '#', '/', '-', '0') })
  .map((text) => `/${text}`)
const word = fc.stringMatching(/^[a-z][a-z0-9_.=:]{0,8}$/)
const mount: fc.Arbitrary<MountInfo> = fc.record(
  {
    id: fc.nat(),
    parent: fc.nat(),
    root: path,
    mountPoint: path,
    options: fc.array(word, { minLength: 1, maxLength: 4 }),
    optionalFields: fc.array(word, { maxLength: 3 }),
    filesystem: word,
    source: path,
    superOptions: fc.array(word, { minLength: 1, maxLength: 4 }),
  },
  { noNullPrototype: true },
)

it('reads every mount back that the kernel writes', () => {
  fc.assert(
    fc.property(fc.array(mount, { maxLength: 5 }), (mounts) => {
      assert.deepEqual(parseMountinfo(`${mounts.map(lineOf).join('\n')}\n`), mounts)
    }),
  )
})

it('leaves out what is no mount', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseMountinfo(text)))
  assert.deepEqual(parseMountinfo('\n1 2 3\n- - -\n'), [])
})
