// Owns the check of the device nodes to make and of the rules of the devices controller.

import { DEFAULT_DEVICE_RULES, DEFAULT_DEVICES } from '../../defaults.ts'
import type { Device, DeviceRule } from '../../device.ts'
import { listAt, refuseDuplicates } from '../values/list-at.ts'
import { pathBelowRootAt } from '../values/path-at.ts'
import { recordAt, type Shape } from '../values/record-at.ts'
import { refuseField, refuseValue } from '../values/refuse.ts'
import { booleanAt, integerFrom, nameOf } from '../values/scalar-at.ts'
import { MAX_USER_ID } from './normalize-groups.ts'

/** 12 and 20 bits (include/linux/kdev_t.h). */
const majorAt = integerFrom(0, 0xfff)
const minorAt = integerFrom(0, 0xf_ffff)

const DEVICE: Shape<Device> = {
  what: 'a device',
  readers: {
    type: nameOf(['c', 'b', 'p'], 'a type of node'),
    path: pathBelowRootAt,
    major: majorAt,
    minor: minorAt,
    fileMode: integerFrom(0, 0o777),
    uid: integerFrom(0, MAX_USER_ID),
    gid: integerFrom(0, MAX_USER_ID),
  },
  required: ['type', 'path'],
}

const DEVICE_RULE: Shape<DeviceRule> = {
  what: 'a device rule',
  readers: {
    allow: booleanAt,
    type: nameOf(['a', 'c', 'b'], 'a type of device'),
    major: majorAt,
    minor: minorAt,
    access: accessAt,
  },
  required: ['allow'],
}

const KNOWN_DEVICES: ReadonlySet<unknown> = new Set(DEFAULT_DEVICES)
const KNOWN_RULES: ReadonlySet<unknown> = new Set(DEFAULT_DEVICE_RULES)

export function normalizeDevices(value: unknown, at: string): readonly Device[] {
  const devices = listAt(value, at, normalizeDevice, KNOWN_DEVICES)
  refuseDuplicates(devices, at, 'path')
  return devices
}

export function normalizeDeviceRules(value: unknown, at: string): readonly DeviceRule[] {
  return listAt(value, at, normalizeDeviceRule, KNOWN_RULES)
}

function normalizeDevice(value: unknown, at: string): Device {
  const device = { fileMode: 0o666, uid: 0, gid: 0, ...recordAt(value, at, DEVICE) }
  for (const key of ['major', 'minor'] as const) {
    if (device.type === 'p') {
      if (device[key] !== undefined) refuseField(`${at}.${key}`, 'a FIFO has no device number')
    } else if (device[key] === undefined) refuseValue(`${at}.${key}`, 'a device number', undefined)
  }
  return Object.freeze(device)
}

function normalizeDeviceRule(value: unknown, at: string): DeviceRule {
  const rule = { type: 'a', access: 'rwm', ...recordAt(value, at, DEVICE_RULE) } as const
  if (rule.type !== 'a') return Object.freeze(rule)
  // The kernel would pass over the rest of the rule, and so allow every device where one was meant.
  for (const key of ['major', 'minor'] as const) {
    if (rule[key] !== undefined)
      refuseField(`${at}.${key}`, 'a rule for every device has no numbers', TYPE_HINT)
  }
  if (rule.access !== 'rwm')
    refuseField(`${at}.access`, 'a rule for every device is for every access', TYPE_HINT)
  return Object.freeze(rule)
}

const TYPE_HINT = 'give the type "c" or "b"'

/** Letters of `rwm`, each once; the result is in this order. */
function accessAt(value: unknown, at: string): string {
  if (value === 'rwm') return value
  const given = typeof value === 'string' ? value : ''
  const access = ['r', 'w', 'm'].filter((letter) => given.includes(letter)).join('')
  if (access === '' || access.length !== given.length) refuseValue(at, 'letters of "rwm", each once', value)
  return access
}
