// Tests what becomes of several devices with one path.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { convertSpec } from './convert-spec.ts'

it('makes the first of several devices with a path, and warns of the others', () => {
  const node = { type: 'c', path: '/dev/x', major: 1 } as const
  const { config, warnings } = convertSpec(
    {
      ociVersion: '1.3.0',
      root: { path: 'rootfs' },
      process: { args: ['sh'], cwd: '/' },
      linux: {
        devices: [
          { ...node, minor: 3 },
          { ...node, path: '/dev/../dev/x', minor: 5 },
        ],
      },
    },
    '/bundle',
  )
  assert.deepEqual(config.devices, [{ ...node, minor: 3 }])
  assert.deepEqual(warnings, ['linux.devices[1].path: "/dev/x" was given before, and this one is left out'])
})
