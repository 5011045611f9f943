// Runs the steps of a job as a CI server does: one container that stays, a process in it for each step, its output
// captured line by line with the time, and the job's end at the first step that fails.

import { createInterface } from 'node:readline'
import { type Container, DEFAULT_MOUNTS, Factory } from 'libcontainer'
import { withTemporaryRootfs } from '../temporary-rootfs.ts'

const steps = {
  checkout: 'printf "all:\\n\\techo built >product\\n" >Makefile; ls',
  build: 'echo built >product; echo "warning: no compiler" >&2; sleep 0.1',
  test: 'grep -q tested product || { echo "product was not tested" >&2; exit 3; }',
  publish: 'echo never reached',
}

const began = performance.now()
const say = (line: string): void => console.log(`${((performance.now() - began) / 1000).toFixed(3)} ${line}`)

async function runStep(container: Container, name: string, script: string): Promise<number> {
  const step = await container.start({
    args: ['/bin/sh', '-e', '-c', script],
    env: ['PATH=/bin', 'CI=true', `STEP=${name}`],
    cwd: '/work',
    stdin: 'ignore',
  })
  const show = async (stream: NodeJS.ReadableStream, mark: string): Promise<void> => {
    for await (const line of createInterface({ input: stream })) say(`${name} ${mark} ${line}`)
  }
  const [{ status }] = await Promise.all([step.wait(), show(step.stdout, '|'), show(step.stderr, '!')])
  return status
}

await withTemporaryRootfs(async ({ rootfs, state }) => {
  const factory = await Factory.open(state)
  await using container = await factory.create('job', {
    rootfs,
    mounts: [...DEFAULT_MOUNTS, { type: 'tmpfs', destination: '/work', data: 'mode=755,size=64m' }],
    cgroup: { path: `/libcontainer-job-${process.pid}`, memory: { limitBytes: 256n << 20n } },
  })
  // What holds the container open between the steps; as process 1 it also reaps what they leave behind.
  await container.start({
    args: ['/bin/sh', '-c', 'trap exit TERM; while :; do sleep 1; done'],
    stdout: 'ignore',
    stderr: 'ignore',
  })
  for (const [name, script] of Object.entries(steps)) {
    const status = await runStep(container, name, script)
    say(`${name} ended with ${status}`)
    if (status !== 0) break
  }
})
