// Owns making a small root filesystem out of the host's static busybox: what the examples run in. It writes below
// the given directory only.

import { execFile } from 'node:child_process'
import { access, chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const FILES = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\n',
  'etc/group': 'root:x:0:\ndaemon:x:1:\n',
}

/** Makes the root filesystem, and returns how many programs it has. */
export async function makeBusyboxRootfs(rootfs: string): Promise<number> {
  const busybox = await findBusybox()
  for (const folder of ['bin', 'etc', 'root', 'tmp', 'usr/sbin'])
    await mkdir(join(rootfs, folder), { recursive: true })
  await chmod(join(rootfs, 'tmp'), 0o1777)
  await copyFile(busybox, join(rootfs, 'bin/busybox'))
  for (const [path, content] of Object.entries(FILES)) await writeFile(join(rootfs, path), content)

  const { stdout } = await promisify(execFile)(busybox, ['--list'])
  const applets = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox')
  await Promise.all(applets.map((name) => symlink('busybox', join(rootfs, 'bin', name))))
  return applets.length
}

async function findBusybox(): Promise<string> {
  for (const folder of ['/bin', '/usr/bin', ...(process.env.PATH ?? '').split(delimiter)]) {
    const path = join(folder, 'busybox')
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  throw new Error('busybox is missing (as root: apt-get install busybox-static)')
}
