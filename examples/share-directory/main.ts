// Gives a container two directories of the host: one to read, with everything below it, and one to write results to.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_MOUNTS, Factory } from 'libcontainer'
import { withTemporaryRootfs } from '../temporary-rootfs.ts'

await withTemporaryRootfs(async ({ rootfs, state, files }) => {
  const [input, output] = [join(files, 'input'), join(files, 'output')]
  await Promise.all([mkdir(input), mkdir(output)])
  await writeFile(join(input, 'words.txt'), 'one\ntwo\nthree\n')

  const factory = await Factory.open(state)
  await using container = await factory.create('share', {
    rootfs,
    mounts: [
      ...DEFAULT_MOUNTS,
      {
        type: 'bind',
        source: input,
        destination: '/input', // made when it is missing
        recursiveAttributes: ['ro', 'nosuid', 'nodev', 'noexec'], // also of what is mounted below the source
      },
      { type: 'bind', source: output, destination: '/output', attributes: ['nosuid', 'nodev', 'noexec'] },
    ],
  })
  const script = 'wc -l </input/words.txt >/output/count; echo four >>/input/words.txt'
  const shell = await container.start({
    args: ['/bin/sh', '-c', script],
    env: ['PATH=/bin'],
    stdout: 'ignore',
  })
  for await (const chunk of shell.stderr) console.log(`the container says: ${chunk}`.trimEnd())
  console.log(`exit code ${(await shell.wait()).exitCode}`)
  console.log(`lines counted: ${(await readFile(join(output, 'count'), 'utf8')).trim()}`)
  console.log(
    `lines in the input: ${(await readFile(join(input, 'words.txt'), 'utf8')).trim().split('\n').length}`,
  )
})
