// Owns making root filesystems for tests out of the static busybox: few files, hard links to one copy, so that a
// test may have one of its own and spoil it. It writes below the given directory only.

import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const FILES = {
  'etc/passwd': [
    'root:x:0:0:root:/root:/bin/sh',
    'daemon:x:1:1:daemon:/usr/sbin:/bin/false',
    'alice:x:1000:1000:Alice:/home/alice:/bin/sh',
    'homeless:x:1001:1001:::/bin/sh',
  ],
  'etc/group': [
    'root:x:0:',
    'daemon:x:1:',
    'audio:x:29:alice',
    'plugdev:x:46:alice,daemon',
    'users:x:100:',
    'alice:x:1000:',
  ],
}
const FOLDERS = ['bin', 'etc', 'root', 'tmp', 'home/alice', 'usr/sbin', 'proc', 'sys', 'dev'] as const

/** Makes a root filesystem at a path; copies of busybox lie beside it, once for each folder. */
export function makeRootfs(rootfs: string): void {
  const busybox = join(dirname(rootfs), 'busybox')
  if (!existsSync(busybox)) {
    copyFileSync('/bin/busybox', busybox)
    chmodSync(busybox, 0o755)
  }
  for (const folder of FOLDERS) mkdirSync(join(rootfs, folder), { recursive: true })
  chmodSync(join(rootfs, 'tmp'), 0o1777)
  linkSync(busybox, join(rootfs, 'bin/busybox'))
  for (const name of applets(busybox)) symlinkSync('busybox', join(rootfs, 'bin', name))
  // For containers without mounts: what is mounted on /dev covers it.
  execFileSync('mknod', ['-m', '666', join(rootfs, 'dev/null'), 'c', '1', '3'])
  for (const [path, lines] of Object.entries(FILES))
    writeFileSync(join(rootfs, path), `${lines.join('\n')}\n`)
}

function applets(busybox: string): readonly string[] {
  const names = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')
  return names.filter((name) => name !== 'busybox')
}

/** Makes an owner of everything in a tree, links themselves included: the root of a user namespace. */
export function giveTree(path: string, uid: number, gid: number): void {
  execFileSync('chown', ['-hR', `${uid}:${gid}`, path])
}

/** Removes a tree, and nothing that is mounted in it. */
export function removeTree(path: string): void {
  execFileSync('rm', ['-rf', '--one-file-system', path])
}
