// Starts a container in one program and goes on with it in another, which finds it by its id. The state directory is
// all that they share; the container outlives the first program.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Factory } from 'libcontainer'
import { withTemporaryRootfs } from '../temporary-rootfs.ts'

const self = fileURLToPath(import.meta.url)

async function startAndLeave(state: string, rootfs: string): Promise<void> {
  const factory = await Factory.open(state)
  const container = await factory.create('service', { rootfs, labels: { owner: 'the first program' } })
  const service = await container.start({
    args: ['/bin/sh', '-c', 'while :; do sleep 1; done'],
    env: ['PATH=/bin'],
    // A pipe would break when this program ends.
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  service.unref()
  console.log(`the first program started process ${service.pid}`)
}

async function findAndEnd(state: string): Promise<void> {
  const factory = await Factory.open(state)
  for (const id of await factory.list()) {
    const container = await factory.load(id)
    console.log(`found "${id}", ${await container.status()}, started by ${container.config.labels.owner}`)
    const ps = await container.start({
      args: ['/bin/ps', '-o', 'pid,comm'],
      stdin: 'ignore',
      stdout: 'inherit',
    })
    await ps.wait()
    await container.destroy()
    console.log(
      `now it is ${await container.status()}, and there are ${(await factory.list()).length} containers`,
    )
  }
}

const [, , state, rootfs] = process.argv
if (state !== undefined && rootfs !== undefined) await startAndLeave(state, rootfs)
else
  await withTemporaryRootfs(async (place) => {
    const { stdout } = await promisify(execFile)(process.execPath, [self, place.state, place.rootfs])
    console.log(stdout.trimEnd())
    await findAndEnd(place.state)
  })
