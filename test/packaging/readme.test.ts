// Owns running the sample of the README as it stands there, with another root filesystem. Needs root.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../../..')

test('the sample of the README runs as it is printed', () => {
  const sample = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1]
  assert.ok(sample !== undefined && sample.split('\n').length <= 16, 'a sample of 15 lines at most')
  const directory = mkdtempSync(join(tmpdir(), 'readme-'))
  // Inside the repository, so that the package finds itself by name.
  const program = join(root, 'build', `readme-${process.pid}.mjs`)
  try {
    const rootfs = join(directory, 'rootfs')
    execFileSync('mkdir', ['-p', join(rootfs, 'bin')])
    execFileSync('cp', ['/bin/busybox', join(rootfs, 'bin/busybox')])
    for (const applet of ['sh', 'id', 'hostname'])
      execFileSync('ln', ['-s', 'busybox', join(rootfs, 'bin', applet)])
    assert.ok(sample.includes('/srv/rootfs') && sample.includes('/run/libcontainer'))
    const adapted = sample
      .replace('/srv/rootfs', rootfs)
      .replace('/run/libcontainer', join(directory, 'state'))
    writeFileSync(program, adapted)
    const { stdout, stderr, status } = spawnSync(process.execPath, [program], {
      encoding: 'utf8',
      timeout: 300_000,
    })
    assert.equal(stderr, '')
    assert.match(stdout, /hello from hello\nuid=0/)
    assert.match(stdout, /exitCode: 0, signal: null/)
    assert.equal(status, 0)
  } finally {
    rmSync(program, { force: true })
    execFileSync('rm', ['-rf', '--one-file-system', directory])
  }
})
