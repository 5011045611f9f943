// Owns what every example needs before its subject: a root filesystem and a place for states in a temporary
// directory that is gone afterwards. Your programs have these already: a directory of yours, and /run/yourname.

import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeBusyboxRootfs } from './busybox-rootfs.ts'

export interface Place {
  /** A root filesystem made out of busybox. */
  readonly rootfs: string
  /** Where states of containers go. */
  readonly state: string
  /** For other files of the example; it exists. */
  readonly files: string
}

export async function withTemporaryRootfs(run: (place: Place) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(await realpath(tmpdir()), 'libcontainer-example-'))
  try {
    const place = {
      rootfs: join(directory, 'rootfs'),
      state: join(directory, 'state'),
      files: join(directory, 'files'),
    }
    await mkdir(place.rootfs)
    await mkdir(place.files)
    await makeBusyboxRootfs(place.rootfs)
    await run(place)
  } finally {
    await rm(directory, { recursive: true })
  }
}
