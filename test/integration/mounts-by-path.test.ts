// Tests that mounts are the same where the kernel lacks mount_setattr(2), that is before Linux 5.12: this kernel is
// made to say so. What only that call can do is refused, and leaves nothing.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ContainerConfig,
  CoreFactory,
  DEFAULT_MOUNTS,
  DEFAULT_NAMESPACES,
  type Kernel,
  type Mount,
} from 'libcontainer/core'
import { ERRNO } from '../../src/abi/errno.ts'
import { syscallNumber } from '../../src/abi/syscalls.ts'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { type Box, containerTest, refused } from '../helpers/container-test.ts'
import { giveTree } from '../helpers/rootfs.ts'

/** As Linux 5.10 answers, and every later kernel where a filter around us knows no newer call. */
function withoutSetattr(kernel: Kernel): Kernel {
  const missing = syscallNumber('mount_setattr', kernel.arch)
  return { ...kernel, call: (nr, ...args) => (nr === missing ? -ERRNO.ENOSYS : kernel.call(nr, ...args)) }
}

const NULL = { kind: 'null' } as const

/** What a script writes in a container with these mounts, on a kernel. */
async function outputOn(box: Box, kernel: Kernel, config: Partial<ContainerConfig>, script: string) {
  const path = join(box.directory, 'output')
  const fd = openSync(path, 'w')
  const container = await CoreFactory.open(kernel, join(box.directory, 'core')).create('by_path', {
    rootfs: box.rootfs,
    ...config,
  })
  try {
    const stdout = { kind: 'passed', fd } as const
    const spec = { args: ['/bin/sh', '-c', script], env: ['PATH=/bin'] }
    const process = await container.start(spec, { io: { stdio: [NULL, stdout, stdout], extraFiles: [] } })
    await process.wait()
    return readFileSync(path, 'utf8').trimEnd().split('\n')
  } finally {
    closeSync(fd)
    await container.destroy()
  }
}

// Root, mount point, options, and propagation; the ids of mounts and of peer groups are new each time.
const MOUNTINFO = `sed -E 's/^([^ ]+ ){3}//; s/(master|shared):[0-9]+/\\1/g' /proc/self/mountinfo`

/** Mounts of all kinds, from a source that has attributes of its own. */
function manyMounts(source: string): readonly Mount[] {
  const file = join(source, 'file')
  return [
    ...DEFAULT_MOUNTS,
    { type: 'bind', source, destination: '/plain' },
    { type: 'bind', source, destination: '/readonly', attributes: ['ro'] },
    { type: 'bind', source, destination: '/noatime', attributes: ['noatime', 'nodiratime', 'exec'] },
    { type: 'bind', source, destination: '/strict', attributes: ['strictatime', 'nosymfollow'] },
    {
      type: 'bind',
      source: file,
      destination: '/file',
      attributes: ['ro', 'noexec'],
      propagation: ['rslave'],
    },
    { type: 'tmpfs', destination: '/filled', attributes: ['ro', 'nosuid'], copyUp: true },
    { type: 'remount', destination: '/plain', attributes: ['nodev', 'ro'] },
    { type: 'remount', destination: '/strict', attributes: ['nosuid'] },
    { type: 'remount', destination: '/file', attributes: ['rw'] },
  ]
}

function withSource(run: (box: Box, source: string) => Promise<void>): (box: Box) => Promise<void> {
  return async (box) => {
    const source = join(box.directory, 'source')
    mkdirSync(source)
    // Or only the second run finds it, and takes over its mode.
    mkdirSync(join(box.rootfs, 'filled'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'nosuid,noexec,nodiratime', 'tmpfs', source])
    try {
      writeFileSync(join(source, 'file'), 'there\n')
      await run(box, source)
    } finally {
      execFileSync('umount', [source])
    }
  }
}

containerTest(
  'with and without mount_setattr(2) the mounts are the same',
  withSource(async (box, source) => {
    const config = { readonlyRootfs: true, mounts: manyMounts(source) }
    const now = await outputOn(box, nodeKernel(), config, MOUNTINFO)
    const before = await outputOn(box, withoutSetattr(nodeKernel()), config, MOUNTINFO)
    assert.ok(now.length > 15, now.join('\n'))
    assert.deepEqual(before, now)
    for (const [path, options] of [
      ['/', 'ro'],
      ['/plain', 'ro,nosuid,nodev,noexec'],
      ['/noatime', 'rw,nosuid,noatime,nodiratime'],
      ['/strict', 'rw,nosuid,noexec,nodiratime,nosymfollow'],
      ['/file', 'rw,nosuid,noexec'],
    ] as const)
      assert.ok(
        before.some((line) => line.includes(` ${path} ${options}`)),
        `${path} in ${before.join('\n')}`,
      )
  }),
)

containerTest(
  'without mount_setattr(2) in a user namespace: what the source forbids stays forbidden',
  withSource(async (box, source) => {
    giveTree(box.rootfs, 100_000, 100_000)
    const rows = [{ containerId: 0, hostId: 100_000, size: 65_536 }]
    const config: Partial<ContainerConfig> = {
      namespaces: [...DEFAULT_NAMESPACES, { type: 'user' }],
      uidMappings: rows,
      gidMappings: rows,
      readonlyRootfs: true,
      mounts: manyMounts(source).filter(({ destination }) => destination !== '/noatime'),
    }
    const script = `${MOUNTINFO}; echo x >/readonly/new; echo x >/proc/sys/kernel/panic; echo x >/new; cat /file`
    const before = await outputOn(box, withoutSetattr(nodeKernel()), config, script)
    const now = await outputOn(box, nodeKernel(), config, script)
    assert.deepEqual(before, now)
    assert.equal(before.filter((line) => line.includes('Read-only file system')).length, 3, before.join('\n'))
    assert.equal(before.at(-1), 'there')
  }),
)

containerTest('without mount_setattr(2): what only it can do is refused by name', async (box) => {
  const map = [{ containerId: 0, hostId: 0, size: 1 }]
  const newer = {
    recursiveAttributes: ['ro'],
    idMap: { uidMappings: map, gidMappings: map },
  } as const
  for (const [field, value] of Object.entries(newer)) {
    const mount = { type: 'bind', source: '/bin', destination: '/mnt', [field]: value } as Mount
    const error = await refused(
      outputOn(box, withoutSetattr(nodeKernel()), { mounts: [mount] }, 'true'),
      'ConfigInvalid',
    )
    assert.equal(error.field, `mounts[0].${field}`)
    assert.match(error.message, new RegExp(`${field} needs mount_setattr`))
  }
})
