// Owns the golden cases of security labels.

import { bare, type GoldenCase, rootfs, sh } from './golden-case.ts'

export const LABEL_CASES: readonly GoldenCase[] = [
  {
    name: 'labels',
    about:
      'AppArmor profile, SELinux context of the process and of files, a bind that is relabelled: asked for first of all.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [{ type: 'mount' }],
      apparmorProfile: 'docker-default',
      selinuxLabel: 'system_u:system_r:container_t:s0:c1,c2',
      mountLabel: 'system_u:object_r:container_file_t:s0:c1,c2',
      mounts: [
        { type: 'proc', destination: '/proc' },
        { type: 'tmpfs', destination: '/tmp', data: 'size=1m' },
        { type: 'mqueue', destination: '/dev/mqueue' },
        { type: 'bind', source: '/srv/data', destination: '/data', relabel: 'private' },
        { type: 'bind', source: '/srv/all', destination: '/all', relabel: 'shared', recursive: false },
      ],
      maskedPaths: ['/etc/shadow'],
    },
    process: sh,
    facts: { mounts: [{}, {}, {}, { sourceIsDirectory: true }, { sourceIsDirectory: true }] },
  },
  {
    name: 'exec-labels',
    about:
      "A later process with a profile of its own and the container's context, asked for before it joins.",
    plan: 'exec',
    config: {
      rootfs,
      apparmorProfile: 'docker-default',
      selinuxLabel: 'system_u:system_r:container_t:s0:c1,c2',
    },
    process: { ...sh, apparmorProfile: 'unconfined' },
  },
]
