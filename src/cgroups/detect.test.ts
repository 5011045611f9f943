// Tests which hierarchies are found in the mountinfo of machines of each kind.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMountinfo } from '../system/mountinfo.ts'
import { parseCgroupFile } from '../system/procfs.ts'
import { findHierarchies } from './detect.ts'

const find = (mountinfo: string, cgroup: string, hidden: readonly number[] = []) =>
  findHierarchies(parseMountinfo(mountinfo), parseCgroupFile(cgroup), ({ id }) => !hidden.includes(id))

test('v1: co-mounted controllers are one hierarchy, named ones are kept, other options are not controllers', () => {
  const found = find(
    `30 25 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
33 30 0:29 / /sys/fs/cgroup/systemd rw,nosuid - cgroup cgroup rw,xattr,name=systemd
36 30 0:32 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct
37 30 0:33 / /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory
`,
    '5:memory:/user.slice\n4:cpu,cpuacct:/\n1:name=systemd:/user.slice/s.scope\n',
  )
  assert.deepEqual(found, {
    version: 1,
    unified: null,
    v1: [
      {
        controllers: ['name=systemd'],
        mountPoint: '/sys/fs/cgroup/systemd',
        root: '/',
        own: '/user.slice/s.scope',
      },
      { controllers: ['cpu', 'cpuacct'], mountPoint: '/sys/fs/cgroup/cpu,cpuacct', root: '/', own: '/' },
      { controllers: ['memory'], mountPoint: '/sys/fs/cgroup/memory', root: '/', own: '/user.slice' },
    ],
  })
})

test('hybrid: version 1 with v2 beside it', () => {
  const found = find(
    `37 30 0:33 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
38 30 0:34 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
`,
    '4:memory:/\n0::/user.slice\n',
  )
  assert.equal(found?.version, 1)
  assert.equal(found?.unified?.mountPoint, '/sys/fs/cgroup/unified')
  assert.equal(found?.unified?.own, '/user.slice')
})

test('v2: also when a named v1 hierarchy is mounted for old programs', () => {
  const found = find(
    `30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
33 30 0:29 / /mnt/systemd rw - cgroup cgroup rw,name=systemd
`,
    '1:name=systemd:/\n0::/system.slice/a.service\n',
  )
  assert.equal(found?.version, 2)
  assert.deepEqual(found?.v1, [])
})

test('a mount that another one covers does not count', () => {
  const found = find(
    `37 30 0:33 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
90 30 0:34 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
`,
    '4:memory:/\n0::/\n',
    [37],
  )
  assert.equal(found?.version, 2)
})

test('of several mounts of a hierarchy, the one that shows most of it', () => {
  const found = find(
    `40 30 0:33 /demo/a /srv/rootfs/sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
41 30 0:33 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
`,
    '4:memory:/\n',
  )
  assert.equal(found?.v1[0]?.mountPoint, '/sys/fs/cgroup/memory')
  assert.equal(found?.v1.length, 1)
})

test('of several mounts of a hierarchy, one that can be written', () => {
  const found = find(
    `41 30 0:33 / /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory
42 30 0:33 /demo /mnt/memory rw - cgroup cgroup rw,memory
43 30 0:33 /demo/b /mnt/less rw - cgroup cgroup rw,memory
44 30 0:34 / /mnt/pids rw - cgroup cgroup ro,pids
45 30 0:34 / /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids
`,
    '5:pids:/\n4:memory:/\n',
  )
  assert.deepEqual(
    found?.v1.map(({ mountPoint, root }) => [mountPoint, root]),
    [
      ['/mnt/memory', '/demo'],
      ['/mnt/pids', '/'],
    ],
  )
})

test('no cgroup file system', () => {
  assert.equal(find('30 25 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n', '0::/\n'), null)
})
