// Owns the golden cases of mounts that the parent prepares.

import { bare, type GoldenCase, sh } from './golden-case.ts'

export const MOUNT_CASES: readonly GoldenCase[] = [
  {
    name: 'prepared-mounts',
    about:
      'Mounts that only the parent can prepare: with other owners, or a copy of the image; one that is changed; and the root itself.',
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
        { type: 'bind', source: '/', destination: '/host' },
      ],
    },
    process: sh,
    facts: {
      mounts: [
        { sourceIsDirectory: true },
        { coveredMode: 0o700 },
        {},
        { sourceIsDirectory: true, sourceIsRoot: true },
      ],
    },
  },
  {
    name: 'long-options',
    about: 'A file system with an option that is longer than fsconfig(2) takes: it is mounted by mount(2).',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [{ type: 'mount' }],
      mounts: [
        {
          type: 'overlay',
          destination: '/over',
          attributes: ['ro', 'nodev'],
          data: `lowerdir=/${'a'.repeat(130)}:/${'b'.repeat(130)}`,
          propagation: ['private'],
        },
      ],
    },
    process: sh,
    facts: { mounts: [{}] },
  },
  {
    name: 'mounts-by-path',
    about:
      'A kernel without mount_setattr(2), before 5.12: mounts are changed once they are attached, by mount(2).',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [{ type: 'mount' }],
      readonlyRootfs: true,
      mounts: [
        { type: 'bind', source: '/srv/data', destination: '/data', attributes: ['ro', 'suid', 'noatime'] },
        { type: 'bind', source: '/srv/file', destination: '/file', attributes: ['noexec', 'nosymfollow'] },
        { type: 'tmpfs', destination: '/data/cache', attributes: ['ro'] },
        { type: 'cgroup', destination: '/cgroup', attributes: ['ro'] },
      ],
      readonlyPaths: ['/proc/sys'],
    },
    process: sh,
    facts: {
      hasMountSetattr: false,
      mounts: [{ sourceIsDirectory: true }, { sourceIsDirectory: false }, {}, {}],
      cgroup: {
        version: 1,
        bornInside: false,
        unit: null,
        tasksFiles: 2,
        views: [
          { name: 'memory', aliases: [], source: '/sys/fs/cgroup/memory/golden' },
          { name: 'cpu,cpuacct', aliases: ['cpu', 'cpuacct'], source: '/sys/fs/cgroup/cpu,cpuacct/golden' },
        ],
      },
    },
  },
]
