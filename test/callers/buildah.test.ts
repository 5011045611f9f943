// Tests that buildah, of Debian bookworm, builds images with our runtime: the commands of a Dockerfile run in it.

import assert from 'node:assert/strict'
import { after, before, type TestOptions, test } from 'node:test'
import { type Machine, missingCallers, openMachine } from '../helpers/callers-machine.ts'

const options: TestOptions = { skip: missingCallers(), timeout: 300_000 }
let machine: Machine

const STORAGE = `[storage]
driver = "vfs"
graphroot = "/var/lib/containers"
runroot = "/run/containers"
`
const DOCKERFILE = `FROM scratch
ADD busybox.tar /
ENV PATH=/bin GREETING=hello
RUN echo "$GREETING $(id -u)" >/greeting && chown alice /greeting
USER alice
WORKDIR /home/alice
RUN id -un >/tmp/name
RUN --mount=type=tmpfs,target=/scratch touch /scratch/file && grep -q ' /scratch tmpfs ' /proc/mounts
`

const buildah = (line: string): Promise<string> => machine.output(`buildah ${line}`)
/** There is no network here. */
const isolated = (): string => `--isolation oci --runtime ${machine.runtime} --network none`

before(async () => {
  if (options.skip !== false) return
  machine = await openMachine()
  machine.write('/etc/containers/containers.conf', '[engine]\ncgroup_manager = "cgroupfs"\n')
  machine.write('/etc/containers/storage.conf', STORAGE)
  machine.write('/build/Dockerfile', DOCKERFILE)
  await machine.output('cp /busybox.tar /build')
})
after(() => machine?.close())

test('the commands of a Dockerfile run, and their files are in the image', options, async () => {
  await buildah(`build ${isolated()} --quiet --tag built /build`)
  const container = await buildah('from --pull-never built')
  const mounted = await buildah(`mount ${container}`)
  assert.equal(machine.read(`${mounted}/greeting`), 'hello 0\n')
  assert.equal(machine.read(`${mounted}/tmp/name`), 'alice\n')
  assert.equal(await machine.output(`stat -c %u ${mounted}/greeting`), '1000')
})

test(
  'a command runs with a volume, whatever its options, and nothing is said beside it',
  options,
  async () => {
    machine.write('/root/shared/file', 'content')
    const container = await buildah('from --pull-never built')
    for (const more of ['', ':ro', ':z', ':U']) {
      const volume = `--volume /root/shared:/data${more}`
      const line = `buildah run ${isolated()} --user root ${volume} ${container} cat /data/file`
      assert.deepEqual(await machine.run(line), { status: 0, stdout: 'content', stderr: '' }, more)
    }
    await buildah(`rm ${container}`)
  },
)

test('a command that fails ends the build, and is named', options, async () => {
  machine.write('/bad/Dockerfile', 'FROM built\nRUN exit 23\n')
  const { status, stderr } = await machine.run(`buildah build ${isolated()} --pull-never /bad`)
  assert.notEqual(status, 0)
  assert.match(stderr, /"RUN exit 23".*exit status 23/)
})

test('a command runs in a working container', options, async () => {
  const container = await buildah('from --pull-never built')
  assert.equal(
    await buildah(`run ${isolated()} ${container} -- sh -c 'echo $GREETING; pwd'`),
    'hello\n/home/alice',
  )
  assert.equal(await buildah(`run ${isolated()} --user root ${container} -- id -u`), '0')
  machine.write('/root/shared/file', 'content')
  assert.equal(
    await buildah(`run ${isolated()} --volume /root/shared:/data:ro ${container} -- cat /data/file`),
    'content',
  )
  const { status } = await machine.run(`buildah run ${isolated()} ${container} -- sh -c 'exit 5'`)
  assert.equal(status, 5)
})

test('a command runs on a terminal', options, async () => {
  const container = await buildah('from --pull-never built')
  const said = await machine.terminal(
    `buildah run --tty ${isolated()} ${container} -- sh -c 'test -t 0 && tty'`,
  )
  assert.match(said, /^\/dev\/pts\/\d+$/)
})

test('nothing is left behind', options, async () => {
  assert.equal(await machine.output(`${machine.runtime} list --quiet`), '')
})
