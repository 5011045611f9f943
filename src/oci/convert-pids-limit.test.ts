// Tests of a limit of 0 processes in config.json, which has meant two things.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { convertSpec } from './convert-spec.ts'

it('reads a limit of 0 processes as callers of its version mean it', () => {
  const pids = (ociVersion: string) => {
    const linux = { cgroupsPath: '/demo', resources: { pids: { limit: 0 } } }
    const spec = { ociVersion, root: { path: 'rootfs' }, process: { args: ['true'], cwd: '/' }, linux }
    return convertSpec(spec, '/bundle').config.cgroup?.pids
  }
  for (const version of ['1.0.2-dev', '1.2.1']) assert.equal(pids(version), undefined, version)
  for (const version of ['1.3.0', '1.30.0']) assert.deepEqual(pids(version), { limit: 1 }, version)
})
