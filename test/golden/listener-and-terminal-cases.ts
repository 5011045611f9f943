// Owns the golden plans of seccomp listeners and of terminals.

import type { DescriptorFacts } from '../../src/plan/host-facts.ts'
import { bare, type GoldenCase, rootfs, sh } from './golden-case.ts'

const STREAMLESS: DescriptorFacts = { stdio: ['null', 'null', 'null'], extra: 0 }

export const LISTENER_AND_TERMINAL_CASES: readonly GoldenCase[] = [
  {
    name: 'seccomp-listener',
    about:
      'Another program decides about a call: init says where its listener is, and waits until it was taken.',
    plan: 'exec',
    config: {
      rootfs,
      seccomp: { defaultAction: 'ALLOW', syscalls: [{ names: ['mkdir'], action: 'NOTIFY' }] },
    },
    process: { ...sh, user: '0:0', env: ['HOME=/'] },
  },
  {
    name: 'terminal',
    about: 'A first process with a terminal, which becomes the console, and a user who owns it.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [{ type: 'mount' }],
      mounts: [
        { type: 'tmpfs', destination: '/dev' },
        { type: 'devpts', destination: '/dev/pts' },
      ],
    },
    process: { ...sh, user: '1000:1000', terminal: { columns: 120, rows: 40 } },
    descriptors: STREAMLESS,
  },
  {
    name: 'exec-terminal',
    about: 'A later process with a terminal whose size nobody knows: there is no console for it.',
    plan: 'exec',
    config: { rootfs },
    process: { ...sh, user: '0:0', env: ['HOME=/'], terminal: { columns: 0, rows: 0, onlcr: false } },
    descriptors: STREAMLESS,
  },
]
