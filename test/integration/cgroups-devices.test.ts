// Tests that device rules hold for real processes, on each version of cgroups, and that they never widen.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ERRNO } from '../../src/abi/errno.ts'
import { SYSCALLS } from '../../src/abi/syscalls.ts'
import { loadDeviceProgram } from '../../src/cgroups/devices/bpf.ts'
import { compileDeviceProgram } from '../../src/cgroups/devices/compile-program.ts'
import type { CgroupManager } from '../../src/cgroups/manager.ts'
import type { DeviceRule } from '../../src/config/device.ts'
import { closeFd } from '../../src/system/fd.ts'
import {
  kernel,
  lacksController,
  leftovers,
  MACHINES,
  type Machine,
  managerAt,
  outputIn,
} from '../helpers/cgroup-machine.ts'

const folder = mkdtempSync(join(tmpdir(), 'cgroups-devices-'))
after(() => rmSync(folder, { recursive: true }))

/** What a process in the cgroup may do with /dev/null and /dev/zero, and whether it may make a node. */
async function probe(manager: CgroupManager): Promise<string> {
  const script = `
    try() { if (eval "$2") 2>${folder}/errors; then printf '%s ' "$1"; fi; }
    try read-null ': </dev/null'
    try write-null ': >/dev/null'
    try both-null ': <>/dev/null'
    try read-zero ': </dev/zero'
    try write-zero ': >/dev/zero'
    try mknod-null 'mknod ${folder}/n c 1 3 && rm ${folder}/n'
    try mknod-disk 'mknod ${folder}/d b 7 200 && rm ${folder}/d'`
  return await outputIn(manager, script)
}

const NULL = { type: 'c', major: 1, minor: 3 } as const
const ZERO = { type: 'c', major: 1, minor: 5 } as const

const CASES: readonly (readonly [
  name: string,
  rules: readonly DeviceRule[] | undefined,
  expected: string,
])[] = [
  ['no rule allows nothing', [], ''],
  [
    'everything',
    [{ allow: true }],
    'read-null write-null both-null read-zero write-zero mknod-null mknod-disk',
  ],
  [
    'the default rules',
    undefined,
    'read-null write-null both-null read-zero write-zero mknod-null mknod-disk',
  ],
  [
    'one device',
    [{ allow: false }, { allow: true, ...NULL, access: 'rw' }],
    'read-null write-null both-null',
  ],
  [
    'read here, write there',
    [
      { allow: true, ...NULL, access: 'r' },
      { allow: true, ...ZERO, access: 'w' },
    ],
    'read-null write-zero',
  ],
  [
    'two rules for one device add up',
    [
      { allow: true, ...NULL, access: 'r' },
      { allow: true, type: 'c', major: 1, access: 'w' },
    ],
    'read-null write-null both-null write-zero',
  ],
  [
    'all but writing to one',
    [{ allow: true }, { allow: false, ...NULL, access: 'w' }],
    'read-null read-zero write-zero mknod-null mknod-disk',
  ],
  ['the last rule wins', [{ allow: true, ...NULL }, { allow: false }], ''],
  ['making nodes of one type', [{ allow: true, type: 'b', access: 'm' }], 'mknod-disk'],
]

const lacksDevices = (machine: Machine) =>
  machine.hierarchies.version === 1 ? lacksController(machine, 'devices') : machine.skip

for (const machine of MACHINES) {
  const skip = lacksDevices(machine)
  for (const [name, devices, expected] of CASES) {
    test(`${machine.name} devices: ${name}`, { skip }, async () => {
      const manager = managerAt(machine, 'devices', devices === undefined ? {} : { devices })
      manager.create()
      try {
        assert.equal(await probe(manager), expected)
      } finally {
        await manager.destroy()
      }
      assert.deepEqual(leftovers(manager), [])
    })
  }

  test(`${machine.name} devices: a cgroup above binds the one below`, { skip }, async () => {
    const above = managerAt(machine, 'strict', { devices: [{ allow: true, ...NULL }] })
    above.create()
    const below = managerAt(machine, 'strict/below', {
      devices: [
        { allow: true, ...NULL },
        { allow: true, ...ZERO },
      ],
    })
    if (machine.hierarchies.version === 1) {
      assert.throws(() => below.create(), { code: 'SystemError', field: 'cgroup.devices', errno: 'EPERM' })
    } else {
      below.create()
      assert.equal(await probe(below), 'read-null write-null both-null mknod-null')
      await below.destroy()
    }
    await above.destroy()
    assert.deepEqual(leftovers(below), [])
  })

  test(`${machine.name} devices: rules for a cgroup that exists take the place of our earlier ones`, {
    skip,
  }, async () => {
    const first = managerAt(machine, 'again', { devices: [{ allow: true, ...NULL }] })
    first.create()
    for (const device of [ZERO, NULL, ZERO]) {
      const next = managerAt(machine, 'again', { devices: [{ allow: true, ...device, access: 'r' }] })
      next.create()
      assert.equal(await probe(next), device === NULL ? 'read-null' : 'read-zero')
    }
    managerAt(machine, 'again', { devices: [{ allow: true }] }).create()
    assert.match(await probe(first), /read-null write-null/)
    await first.destroy()
  })
}

test('a device program is loaded also when a signal comes in between', () => {
  const bpf = SYSCALLS.bpf[kernel.arch === 'x86_64' ? 0 : 1]
  let interruptions = 3
  const interrupted: typeof kernel = {
    ...kernel,
    // What the verifier does with a signal; when an engine sends itself one is chance.
    call: (nr, ...args) => (nr === bpf && interruptions-- > 0 ? -ERRNO.EAGAIN : kernel.call(nr, ...args)),
  }
  const program = loadDeviceProgram(interrupted, compileDeviceProgram([]), { action: 'load a program' })
  assert.ok(program >= 0)
  assert.equal(interruptions, -1)
  closeFd(kernel, program)
})
