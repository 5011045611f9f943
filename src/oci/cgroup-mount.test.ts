// Tests which cgroups a container is shown.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { convertSpec } from './convert-spec.ts'

it('shows all cgroups where there is neither a cgroup namespace nor a user namespace', () => {
  const ids = [{ containerID: 0, hostID: 1000, size: 1 }]
  const shown = (...types: string[]) => {
    const mappings = types.includes('user') ? { uidMappings: ids, gidMappings: ids } : {}
    const { config } = convertSpec(
      {
        ociVersion: '1.3.0',
        root: { path: 'rootfs' },
        process: { args: ['a'], cwd: '/', user: { uid: 0, gid: 0 } },
        mounts: [{ type: 'cgroup', destination: '/sys/fs/cgroup' }],
        linux: { namespaces: types.map((type) => ({ type })), ...mappings },
      },
      '/bundle',
    )
    const [mount] = config.mounts ?? []
    return mount !== undefined && 'wholeTree' in mount
  }
  assert.deepEqual([shown('mount'), shown('mount', 'cgroup'), shown('mount', 'user')], [true, false, false])
})
