// Tests the way from one list of devices to another on cgroup v1, against a model of the kernel's list.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { planTransition } from './change-devices.ts'
import { planDeviceSettings } from './devices.ts'

/** The list of security/device_cgroup.c where the default is to refuse: an exception is known by its type and numbers. */
class DeviceList {
  readonly #access = new Map<string, Set<string>>()

  write(file: string, line: string): void {
    const match = /^([bc] \S+) ([rwm]+)$/.exec(line)
    assert.ok(match !== null, `not a line for one device: ${line}`)
    const letters = this.#access.get(match[1] as string) ?? new Set()
    for (const letter of match[2] as string)
      if (file === 'devices.allow') letters.add(letter)
      else letters.delete(letter)
    if (letters.size > 0) this.#access.set(match[1] as string, letters)
    else this.#access.delete(match[1] as string)
  }

  /** In the kernel's order of letters. */
  lines(): string[] {
    return [...this.#access]
      .map(([device, letters]) => `${device} ${[...'rwm'].filter((letter) => letters.has(letter)).join('')}`)
      .sort()
  }
}

const number = fc.constantFrom('*', '1', '2')
const access = fc.constantFrom('r', 'w', 'rw', 'rwm', 'm')
const line = fc
  .tuple(fc.constantFrom('c', 'b'), number, number, access)
  .map(([type, major, minor, letters]) => `${type} ${major}:${minor} ${letters}`)
const list = fc.uniqueArray(line, { selector: (text) => text.slice(0, text.lastIndexOf(' ')), maxLength: 6 })
const setting = (file: string, value: string) => ({ file, value, field: 'cgroup.devices' })

test('property: the list becomes the one that is wanted, and what stays is never refused in between', () => {
  fc.assert(
    fc.property(list, list, (before, after) => {
      const kernel = new DeviceList()
      for (const text of before) kernel.write('devices.allow', text)
      const wanted = [setting('devices.deny', 'a'), ...after.map((text) => setting('devices.allow', text))]
      const transition = planTransition(before.map((text) => `${text}\n`).join(''), wanted)
      const kept = before.filter((text) => after.includes(text))
      for (const { file, value } of transition) {
        kernel.write(file, value)
        const now = new Map(kernel.lines().map((text) => [text.slice(0, text.lastIndexOf(' ')), text]))
        for (const text of kept) assert.ok(now.has(text.slice(0, text.lastIndexOf(' '))), text)
      }
      assert.deepEqual(kernel.lines(), [...after].sort())
    }),
  )
})

test('from a list of what is refused, which the kernel does not show, all is written anew', () => {
  const some = planDeviceSettings([{ allow: true, type: 'c', major: 1, minor: 3, access: 'r' }])
  assert.deepEqual(planTransition('a *:* rwm\n', some), some)
  assert.deepEqual(planTransition('c 1:3 r\n', some), [])
})
