// Tests masks and the bytes of capset(2) against numbers of capability.h and against the kernel's own view.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import fc from 'fast-check'
import { CAPABILITIES, type Capability } from '../config/capability.ts'
import { DEFAULT_CAPABILITIES } from '../config/defaults.ts'
import { isLibcontainerError } from '../errors.ts'
import { capabilityMask, capabilityNumber } from './capability-mask.ts'
import { encodeCapset } from './encode-capset.ts'

it('numbers capabilities as capability.h does', () => {
  const known = {
    CHOWN: 0,
    KILL: 5,
    SETPCAP: 8,
    NET_RAW: 13,
    SYS_ADMIN: 21,
    AUDIT_READ: 37,
    CHECKPOINT_RESTORE: 40,
  }
  for (const [name, number] of Object.entries(known))
    assert.equal(capabilityNumber(name as Capability), number)
  assert.equal(CAPABILITIES.length, new Set(CAPABILITIES).size)
})

it('knows every capability of the running kernel', () => {
  const last = Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'))
  assert.ok(last < CAPABILITIES.length, `the kernel has ${last + 1}, the table ${CAPABILITIES.length}`)
})

it('makes masks as /proc/PID/status prints them', () => {
  assert.equal(capabilityMask([]), 0n)
  assert.equal(capabilityMask(['CAP_CHOWN', 'CHOWN', 'CHECKPOINT_RESTORE']), (1n << 40n) | 1n)
  // What every container of docker and podman with these 14 shows as CapBnd.
  assert.equal(capabilityMask(DEFAULT_CAPABILITIES).toString(16).padStart(16, '0'), '00000000a80425fb')
})

it('refuses an unknown name, an inherited one too', () => {
  for (const name of ['ROOT', 'CAP_', 'toString', '__proto__'] as unknown as readonly Capability[]) {
    assert.throws(
      () => capabilityMask([name]),
      (error) => isLibcontainerError(error) && error.code === 'ConfigInvalid',
    )
  }
})

it('lays out the sets as capset(2) version 3 reads them', () => {
  const { header, data } = encodeCapset({
    effective: ['CHOWN'],
    permitted: ['CHOWN', 'MKNOD', 'BPF'],
    inheritable: ['SYS_TTY_CONFIG', 'AUDIT_READ'],
    bounding: ['KILL'],
    ambient: ['KILL'],
  })
  assert.deepEqual([...new Uint32Array(header.buffer)], [0x20080522, 0])
  assert.deepEqual([...new Uint32Array(data.buffer)], [1, 1 | (1 << 27), 1 << 26, 0, 1 << 7, 1 << 5])
})

it('leaves sets that are absent empty', () => {
  assert.deepEqual([...encodeCapset({}).data], Array(24).fill(0))
})

it('keeps every set of capabilities, and no other', () => {
  const set = fc.uniqueArray(fc.constantFrom(...CAPABILITIES))
  fc.assert(
    fc.property(set, set, set, (effective, permitted, inheritable) => {
      const { data } = encodeCapset({ effective, permitted, inheritable })
      const words = new Uint32Array(data.buffer, data.byteOffset, 6)
      for (const [index, names] of [effective, permitted, inheritable].entries()) {
        const has = (name: Capability): boolean => {
          const number = capabilityNumber(name)
          return (((words[index + (number < 32 ? 0 : 3)] as number) >>> (number % 32)) & 1) === 1
        }
        assert.deepEqual(
          CAPABILITIES.filter(has),
          CAPABILITIES.filter((name) => names.includes(name)),
        )
      }
    }),
  )
})
