// Tests the readers of values where the rules' own tests do not reach them.

import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { it } from 'node:test'
import fc from 'fast-check'
import { sysctlPath } from '../../sysctl-path.ts'
import { closestName } from './closest-name.ts'
import { describeValue } from './describe-value.ts'
import { cleanPath } from './path-at.ts'

const path = fc
  .array(fc.constantFrom('/', '.', '..', 'a', 'b.c', '...'), { maxLength: 12 })
  .map((parts) => parts.join(''))

it('cleans paths as path.posix does', () => {
  fc.assert(
    fc.property(path, (text) => {
      const expected = posix.normalize(text).replace(/(.)\/$/, '$1')
      assert.equal(cleanPath(text), expected === '.' ? '' : expected)
    }),
  )
})

it('describes any value in at most 60 characters, on one line, without running it', () => {
  const trap = { toString: () => assert.fail('was run'), toJSON: () => assert.fail('was run') }
  assert.equal(describeValue(trap), 'an object')
  assert.equal(describeValue(Symbol('x')), 'a symbol')
  assert.equal(describeValue(10n ** 100n).length, 60)
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.string({ unit: 'binary', maxLength: 200 })), (value) => {
      const text = describeValue(value)
      assert.ok(text.length <= 60, text)
      assert.doesNotMatch(text, /[\p{Cc}\u2028\u2029\u202e]/u)
    }),
  )
})

it('shows a text of 60 characters whole where it fits, and cuts a longer one', () => {
  assert.equal(describeValue('x'.repeat(58)), `"${'x'.repeat(58)}"`)
  assert.equal(describeValue('x'.repeat(59)), `"${'x'.repeat(57)}…"`)
})

it('guesses names, and does not guess wildly', () => {
  const names = ['mount', 'uts', 'ipc', 'pid', 'network', 'NET_ADMIN']
  const guesses: readonly (readonly [string, string | undefined])[] = [
    ['mnt', 'mount'],
    ['Mount', 'mount'],
    ['net', 'network'],
    ['netadmin', 'NET_ADMIN'],
    ['pids', 'pid'],
    ['', undefined],
    ['x', undefined],
    ['xyz', undefined],
    ['filesystem', undefined],
    ['x'.repeat(100_000), undefined],
  ]
  for (const [name, guess] of guesses) assert.equal(closestName(name, names), guess, name)
})

it('reads the name of a kernel parameter with either separator', () => {
  assert.equal(sysctlPath('net.ipv4.ip_forward'), 'net/ipv4/ip_forward')
  assert.equal(sysctlPath('net/ipv4/ip_forward'), 'net/ipv4/ip_forward')
  assert.equal(sysctlPath('net/ipv4/conf/eth0.1/forwarding'), 'net/ipv4/conf/eth0.1/forwarding')
  assert.equal(sysctlPath('net.ipv4.conf.eth0/1.forwarding'), 'net/ipv4/conf/eth0.1/forwarding')
})
