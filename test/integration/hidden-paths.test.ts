// Tests masked and read-only paths: what is hidden, what cannot be written, and what the image can do about it.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_MASKED_PATHS, DEFAULT_READONLY_PATHS } from 'libcontainer'
import { containerTest, output, refused } from '../helpers/container-test.ts'

containerTest(
  'masked files read as nothing, masked directories are empty and read-only',
  async ({ run, rootfs }) => {
    mkdirSync(join(rootfs, 'secrets/deep'), { recursive: true })
    writeFileSync(join(rootfs, 'secrets/key'), 'key')
    writeFileSync(join(rootfs, 'secret'), 'secret')
    const script = `
    cat /secret; ls -A /secrets; ls /secrets/deep 2>/dev/null
    echo x >/secret; touch /secrets/x 2>/dev/null || echo refused; stat -c '%F %t:%T' /secret`
    const maskedPaths = ['/secret', '/secrets', '/missing', '/missing/too', '/secret/below']
    const { stdout, status } = await run({ maskedPaths: maskedPaths.slice(0, 4) }, script)
    assert.deepEqual([stdout, status], ['refused\ncharacter special file 1:3\n', 0])
  },
)

containerTest(
  'a path that cannot be looked up is told by its name and its place',
  async ({ run, rootfs }) => {
    writeFileSync(join(rootfs, 'file'), '')
    const paths = ['/missing', '/file', '/file/below', '/etc']
    for (const [field, step] of [
      ['maskedPaths', 'mask'],
      ['readonlyPaths', 'make read-only'],
    ] as const) {
      const error = await refused(run({ [field]: paths }, 'true'), 'SystemError')
      assert.deepEqual(
        { step: error.step, field: error.field, errno: error.errno },
        { step, field: `${field}[2]`, errno: 'ENOTDIR' },
      )
      assert.match(error.message, new RegExp(`^Cannot ${step} "/file/below": ENOTDIR`))
    }
  },
)

containerTest(
  'a mask over the end of a link covers what the link leads to, inside',
  async ({ run, rootfs }) => {
    writeFileSync(join(rootfs, 'target'), 'secret')
    symlinkSync('/target', join(rootfs, 'link'))
    symlinkSync('/nowhere', join(rootfs, 'dangling'))
    assert.equal(
      await output(
        run({ maskedPaths: ['/link', '/dangling'] }, 'cat /target; readlink /link; readlink /dangling'),
      ),
      '/target\n/nowhere',
    )
  },
)

containerTest('the default masks hide what is there on this machine', async ({ run }) => {
  const script = DEFAULT_MASKED_PATHS.map(
    (path) =>
      `[ -e ${path} ] && { [ -d ${path} ] && ls -A ${path} || head -c 1 ${path} | wc -c | sed s/^0$//; }`,
  ).join('; ')
  assert.equal((await output(run({}, `${script}; true`))).trim(), '')
})

containerTest(
  'read-only paths: directories with all below, files, mount points, and what is missing',
  async ({ run, rootfs }) => {
    mkdirSync(join(rootfs, 'data/deep'), { recursive: true })
    writeFileSync(join(rootfs, 'single'), 'x')
    const config = {
      readonlyPaths: ['/data', '/single', '/tmp', '/missing'],
      mounts: [
        { type: 'proc', destination: '/proc' },
        { type: 'tmpfs', destination: '/tmp' },
        { type: 'tmpfs', destination: '/data/deep/mounted' },
      ],
    }
    const script =
      'for at in /data/x /data/deep/x /data/deep/mounted/x /single /tmp/x /home/x; do echo 2>/dev/null >$at && echo $at; done'
    assert.equal(await output(run(config, script)), '/home/x')
  },
)

containerTest(
  'the default read-only paths cannot be written to by root, and can where they are not',
  async ({ run }) => {
    const write =
      'for p in $PATHS; do f=$p; [ -d $p ] && f=$(find $p -type f -perm -200 2>/dev/null | head -n 1); [ -n "$f" ] && ( : >>$f ) 2>/dev/null && echo $f; done; true'
    const env = ['PATH=/bin', `PATHS=${DEFAULT_READONLY_PATHS.join(' ')}`]
    const script = { args: ['/bin/sh', '-c', write], env, stdin: 'ignore' } as const
    assert.equal(await output(run({}, script)), '')
    assert.notEqual(
      await output(run({ readonlyPaths: [] }, script)),
      '',
      'the control: they could be written to',
    )
  },
)

containerTest(
  'making a path read-only changes nothing for the host, nor for others',
  async ({ run, directory }) => {
    const shared = join(directory, 'shared')
    mkdirSync(shared)
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', shared])
    try {
      const mounts = [{ type: 'bind', source: shared, destination: '/shared' }]
      const config = { mounts, readonlyPaths: ['/shared'], maskedPaths: [] }
      assert.equal(await output(run(config, 'touch /shared/x 2>/dev/null || echo refused')), 'refused')
      writeFileSync(join(shared, 'by-the-host'), '')
      assert.equal(
        await output(run({ ...config, readonlyPaths: [] }, 'touch /shared/x && ls /shared')),
        'by-the-host\nx',
      )
    } finally {
      execFileSync('umount', [shared])
    }
  },
)

containerTest('a mask over a read-only path, and many masks of one path', async ({ run }) => {
  const config = {
    maskedPaths: ['/proc/sys', '/proc/sys', '/proc/version'],
    readonlyPaths: ['/proc/sys', '/proc/version'],
  }
  assert.equal(await output(run(config, 'ls /proc/sys; cat /proc/version')), '')
})
