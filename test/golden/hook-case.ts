// Owns the golden case of programs that run as part of a start.

import { bare, type GoldenCase } from './golden-case.ts'

const hook = { path: '/usr/libexec/hook' }
export const HOOK_CASE: GoldenCase = {
  name: 'hooks',
  about: 'Hooks of all six kinds, one with a time limit, and commands around a mount.',
  plan: 'create',
  config: {
    ...bare,
    namespaces: [{ type: 'mount' }, { type: 'pid' }],
    maskedPaths: ['/proc/kcore'],
    mounts: [
      {
        type: 'tmpfs',
        destination: '/run',
        premountCommands: [{ path: 'mkdir', args: ['mkdir', '-p', '/srv/run'], env: ['PATH=/bin:/sbin'] }],
        postmountCommands: [{ path: '/bin/touch', args: ['touch', 'run/here'] }],
      },
    ],
    hooks: {
      prestart: [hook],
      createRuntime: [hook],
      createContainer: [{ ...hook, args: ['hook', 'inside'], env: ['A=1'] }],
      startContainer: [{ ...hook, timeoutMs: 1500 }],
      poststart: [hook],
      poststop: [hook],
    },
  },
  process: { args: ['/bin/true'], env: ['PATH=/bin'] },
}
