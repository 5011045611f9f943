// Shows what a configuration means before anything runs: every step, in which process, why, and which field asked for
// it. With --ops the system calls too. Nothing on the machine is changed.

import { Factory } from 'libcontainer'
import { withTemporaryRootfs } from '../temporary-rootfs.ts'

await withTemporaryRootfs(async ({ rootfs, state }) => {
  const factory = await Factory.open(state)
  const config = {
    rootfs,
    hostname: 'explained',
    mounts: [
      { type: 'proc', destination: '/proc' },
      { type: 'tmpfs', destination: '/tmp', attributes: ['nosuid', 'nodev'], data: 'mode=1777,size=16m' },
    ],
    rlimits: [{ type: 'NOFILE', soft: 1024, hard: 1024 }],
  } as const
  const process_ = { args: ['/bin/sh'], user: 'daemon', cwd: '/tmp' }
  console.log(await factory.explain(config, process_, { ops: process.argv.includes('--ops') }))
})
