// Owns the golden cases of mounts that the parent prepares.

import { bare, type GoldenCase, sh } from './golden-case.ts'

export const MOUNT_CASES: readonly GoldenCase[] = [
  {
    name: 'prepared-mounts',
    about:
      'Mounts that only the parent can prepare: with other owners, or a copy of the image; and one that is changed.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [{ type: 'mount' }],
      mounts: [
        {
          type: 'bind',
          source: '/srv/data',
          destination: '/data',
          idMap: {
            uidMappings: [{ containerId: 0, hostId: 1000, size: 10 }],
            gidMappings: [{ containerId: 0, hostId: 1000, size: 10 }],
          },
        },
        {
          type: 'tmpfs',
          destination: '/data/cache',
          attributes: ['nosuid', 'ro', 'strictatime'],
          data: 'size=1m',
          copyUp: true,
        },
        { type: 'remount', destination: '/data', attributes: ['ro'], data: 'lazytime' },
      ],
    },
    process: sh,
    facts: { mounts: [{ sourceIsDirectory: true }, { coveredMode: 0o700 }, {}] },
  },
]
