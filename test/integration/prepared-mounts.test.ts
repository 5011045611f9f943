// Tests mounts that the parent prepares: id-mapped ones, and tmpfs that begin with a copy of the image; and mounts that
// are changed.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BindMount, DEFAULT_MOUNTS, type IdMapping, type Mount, type Namespace } from 'libcontainer'
import { type Box, containerTest, output, refused } from '../helpers/container-test.ts'
import { giveTree } from '../helpers/rootfs.ts'

/** A directory with a file of each owner, named after it. */
function makeOwned(box: Box, ...ids: readonly number[]): string {
  const path = join(box.directory, 'owned')
  mkdirSync(path)
  for (const id of ids) {
    writeFileSync(join(path, String(id)), '')
    chownSync(join(path, String(id)), id, id + 1)
  }
  return path
}

const OWNERS = "cd /data; for file in *; do stat -c '%n %u:%g' $file; done"

function map(containerId: number, hostId: number, size = 10): readonly IdMapping[] {
  return [{ containerId, hostId, size }]
}

/** The owners of a bind that has an id map. */
function ownersOf(box: Box, source: string, idMap: BindMount['idMap'], config = {}): Promise<string> {
  const mount: Mount = { type: 'bind', source, destination: '/data', ...(idMap && { idMap }) }
  return output(box.run({ mounts: [...DEFAULT_MOUNTS.slice(0, 2), mount], ...config }, OWNERS))
}

containerTest("an id map shows other owners; what has no row is nobody's", async (box) => {
  const source = makeOwned(box, 0, 5, 2000)
  assert.equal(await ownersOf(box, source, undefined), '0 0:1\n2000 2000:2001\n5 5:6')
  const idMap = { uidMappings: map(0, 1000), gidMappings: map(0, 3000) }
  assert.equal(await ownersOf(box, source, idMap), '0 1000:3001\n2000 65534:65534\n5 1005:3006')
  assert.equal(lstatSync(join(source, '5')).uid, 5)
})

containerTest('what is written through an id map is owned by whom the map says', async (box) => {
  const source = makeOwned(box)
  chownSync(source, 5000, 5000)
  const rows = map(5000, 0)
  const idMap = { uidMappings: rows, gidMappings: rows }
  const mount: Mount = { type: 'bind', source, destination: '/data', idMap }
  await output(box.run({ mounts: [mount] }, 'touch /data/new'))
  const { uid, gid } = lstatSync(join(source, 'new'))
  assert.deepEqual([uid, gid], [5000, 5000])
})

const ROWS = map(0, 100_000, 65_536)
const IN_USER_NAMESPACE = {
  namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }] as readonly Namespace[],
  uidMappings: ROWS,
  gidMappings: ROWS,
  capabilities: ['CHOWN'] as const,
}

containerTest(
  'in a user namespace the map is that of the namespace: owners are as on the host',
  async (box) => {
    giveTree(box.rootfs, 100_000, 100_000)
    const source = makeOwned(box, 0, 7)
    assert.equal(await ownersOf(box, source, undefined, IN_USER_NAMESPACE), '0 65534:65534\n7 65534:65534')
    assert.equal(await ownersOf(box, source, {}, IN_USER_NAMESPACE), '0 0:1\n7 7:8')
    const other = { uidMappings: map(7, 100_070), gidMappings: map(8, 100_080) }
    assert.equal(await ownersOf(box, source, other, IN_USER_NAMESPACE), '0 65534:65534\n7 70:80')
  },
)

containerTest('an id map reaches the mounts below only when asked', async (box) => {
  const source = makeOwned(box, 3)
  mkdirSync(join(source, 'sub'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'uid=3,gid=3', 'tmpfs', join(source, 'sub')])
  try {
    const idMap = { uidMappings: map(0, 1000), gidMappings: map(0, 1000) }
    assert.equal(await ownersOf(box, source, idMap), '3 1003:1004\nsub 3:3')
    assert.equal(await ownersOf(box, source, { ...idMap, recursive: true }), '3 1003:1004\nsub 1003:1003')
  } finally {
    execFileSync('umount', [join(source, 'sub')])
  }
})

containerTest('a file system without id maps is refused, and nothing is left', async (box) => {
  const mount: Mount = {
    type: 'bind',
    source: '/proc',
    destination: '/data',
    idMap: { uidMappings: ROWS, gidMappings: ROWS },
  }
  const error = await refused(box.run({ mounts: [mount] }, 'true'), 'SystemError')
  assert.deepEqual([error.field, error.errno, error.syscall], ['mounts[0].source', 'EINVAL', 'mount_setattr'])
  assert.match(error.message, /the file system cannot do that/)
})

/** A folder of the image with everything that can be copied. */
function makeCovered(box: Box, owner = 0): void {
  const at = (name: string) => join(box.rootfs, 'var/lib', name)
  mkdirSync(at('deep/er'), { recursive: true })
  writeFileSync(at('deep/er/file'), 'x'.repeat(100_000))
  writeFileSync(at('tool'), '')
  symlinkSync('/etc/passwd', at('link'))
  execFileSync('mkfifo', ['-m', '600', at('fifo')])
  execFileSync('mknod', ['-m', '640', at('device'), 'c', '1', '5'])
  chownSync(at('tool'), owner + 5, owner + 6)
  chownSync(at('fifo'), owner, owner)
  chmodSync(at('tool'), 0o6755)
  chmodSync(at('deep'), 0o1770)
  chmodSync(at(''), 0o751)
}

const LIST =
  "cd /var/lib; find . -exec stat -c '%n %A %u:%g' {} + | sort; cat deep/er/file | wc -c; cat link | head -1"
const COPIED = [
  '. drwxr-x--x 0:0',
  './deep drwxrwx--T 0:0',
  './deep/er drwxr-xr-x 0:0',
  './deep/er/file -rw-r--r-- 0:0',
  './device crw-r----- 0:0',
  './fifo prw------- 0:0',
  './link lrwxrwxrwx 0:0',
  './tool -rwsr-sr-x 5:6',
  '100000',
  'root:x:0:0:root:/root:/bin/sh',
].join('\n')
const COPY: Mount = { type: 'tmpfs', destination: '/var/lib', attributes: ['nodev', 'noexec'], copyUp: true }

containerTest('a tmpfs begins with a copy of what it covers, and the image stays as it is', async (box) => {
  makeCovered(box)
  const script = `${LIST}; rm -r deep tool; echo gone; grep ' /var/lib ' /proc/self/mounts`
  const shown = await output(box.run({ mounts: [...DEFAULT_MOUNTS, COPY] }, script))
  assert.equal(shown.split('\ngone\n')[0], COPIED)
  assert.match(shown, /^tmpfs \/var\/lib tmpfs rw,nodev,noexec,relatime,mode=751/m)
  assert.equal(readFileSync(join(box.rootfs, 'var/lib/deep/er/file'), 'utf8').length, 100_000)
})

containerTest('the copy in a user namespace', async (box) => {
  makeCovered(box, 100_000)
  giveTree(box.rootfs, 100_000, 100_000)
  chownSync(join(box.rootfs, 'var/lib/tool'), 100_005, 100_006)
  chmodSync(join(box.rootfs, 'var/lib/tool'), 0o6755)
  const mounts = [...DEFAULT_MOUNTS.slice(0, 2), COPY]
  assert.equal(await output(box.run({ ...IN_USER_NAMESPACE, mounts }, LIST)), COPIED)
  const fresh: Mount = { type: 'tmpfs', destination: '/new', copyUp: true }
  const script = "stat -c '%A %u:%g' /new; touch /new/file"
  assert.equal(await output(box.run({ ...IN_USER_NAMESPACE, mounts: [fresh] }, script)), 'drwxrwxrwt 0:0')
})

containerTest('a copied /dev keeps the devices that the image has', async (box) => {
  execFileSync('mknod', ['-m', '600', join(box.rootfs, 'dev/zero'), 'c', '1', '5'])
  writeFileSync(join(box.rootfs, 'dev/of-image'), '')
  const mounts: Mount[] = [{ type: 'tmpfs', destination: '/dev', copyUp: true }]
  const script = "ls /dev/of-image; stat -c '%A %t:%T' /dev/zero /dev/full"
  assert.equal(await output(box.run({ mounts }, script)), '/dev/of-image\ncrw------- 1:5\ncrw-rw-rw- 1:7')
})

containerTest(
  'the copy is of an earlier bind where that is what it covers, and of the image through links inside',
  async (box) => {
    const source = join(box.directory, 'data')
    mkdirSync(join(source, 'sub'), { recursive: true })
    writeFileSync(join(source, 'sub/of-host'), '')
    symlinkSync('/../../../etc', join(box.rootfs, 'way'))
    const table: readonly (readonly [readonly Mount[], string])[] = [
      [
        [
          { type: 'bind', source, destination: '/data' },
          { ...COPY, destination: '/data/sub' },
        ],
        'of-host',
      ],
      [
        [
          { type: 'tmpfs', destination: '/etc' },
          { ...COPY, destination: '/etc/sub' },
        ],
        '',
      ],
      [[COPY, { ...COPY, destination: '/etc' }], 'group\npasswd'],
      // Links of the image lead to the image.
      [[{ ...COPY, destination: '/way' }], 'group\npasswd'],
    ]
    for (const [mounts, expected] of table) {
      const at = mounts.at(-1)?.destination
      assert.equal(await output(box.run({ mounts }, `ls ${at}`)), expected, at)
    }
  },
)

containerTest('a copy that does not fit is refused, and nothing is left', async (box) => {
  makeCovered(box)
  const small: Mount = { ...COPY, data: 'size=8k' }
  const error = await refused(box.run({ mounts: [small] }, 'true'), 'SystemError')
  assert.deepEqual([error.field, error.errno], ['mounts[0].source', 'ENOSPC'])
  assert.match(error.message, /^Cannot fill the tmpfs for "\/var\/lib": ENOSPC/)
})

containerTest('a mount that is there can be changed', async (box) => {
  const shown = (change: object) =>
    output(
      box.run(
        { mounts: [...DEFAULT_MOUNTS, { type: 'remount', destination: '/dev/shm', ...change } as Mount] },
        "grep ' /dev/shm ' /proc/self/mounts | cut -d ' ' -f 4",
      ),
    )
  assert.match(await shown({ attributes: ['ro', 'exec'] }), /^ro,nosuid,nodev,relatime,size=65536k\b/)
  assert.match(
    await shown({ data: 'size=4m,lazytime' }),
    /^rw,lazytime,nosuid,nodev,noexec,relatime,size=4096k\b/,
  )
  const error = await refused(
    box.run({ mounts: [{ type: 'remount', destination: '/tmp', attributes: ['ro'] }] }, 'true'),
    'SystemError',
  )
  assert.deepEqual([error.field, error.errno], ['mounts[0]', 'EINVAL'])
})

containerTest(
  'options that all file systems have, and a read-only one that is read-only to all',
  async (box) => {
    const options = async (mount: Partial<Mount>) => {
      const mounts = [...DEFAULT_MOUNTS, { type: 'tmpfs', destination: '/tmp', ...mount } as Mount]
      return output(box.run({ mounts }, "grep ' /tmp ' /proc/self/mountinfo | sed 's/.* tmpfs //'"))
    }
    assert.match(await options({ data: 'sync,dirsync,lazytime' }), /^rw,sync,dirsync,lazytime/)
    const sysfs: Mount = { type: 'sysfs', destination: '/tmp', attributes: ['ro'] }
    assert.match(await options(sysfs), /- sysfs sysfs ro$/)
  },
)
