// Tests that containerd runs the pods of a Kubernetes RuntimeClass with our runtime: the calls are those of a kubelet.
// There is no Kubernetes here; its part ends at the Container Runtime Interface.

import assert from 'node:assert/strict'
import { after, before, type TestOptions, test } from 'node:test'
import { cgroupsNamed, type Machine, missingCallers, openMachine } from '../helpers/callers-machine.ts'
import { callCri, type Fields, type Message } from '../helpers/cri-client.ts'

const options: TestOptions = { skip: missingCallers(), timeout: 300_000 }
const IMAGE = 'localhost/busybox:latest'
const HANDLER = 'under-test'
const NODE_NETWORK: Message = { 1: 2 }
let machine: Machine
let pod = ''

const configuration = (runtime: string): string => `version = 2
root = "/var/lib/containers/containerd"
state = "/run/containerd"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${IMAGE}"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
default_runtime_name = "${HANDLER}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.${HANDLER}]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.${HANDLER}.options]
BinaryName = "${runtime}"
`

const call = (method: string, request: Message): Promise<Fields> =>
  callCri(machine.outside('/run/containerd/containerd.sock'), method, request)
const textOf = (fields: Fields, field: number): string => String(fields.get(field) ?? '')

/** PodSandboxConfig: metadata, host name, log directory, and the network of the node, as there is no CNI here. */
const POD: Message = {
  1: { 1: 'pod', 2: 'uid', 3: 'default' },
  3: '/var/log/pods',
  8: { 1: '/kubepods', 2: { 1: NODE_NETWORK } },
}

async function startContainer(name: string, command: readonly string[], more: Message = {}): Promise<string> {
  const container: Message = { 1: { 1: name }, 2: { 1: IMAGE }, 3: command, 11: `${name}.log`, ...more }
  const id = textOf(await call('CreateContainer', { 1: pod, 2: container, 3: POD }), 1)
  await call('StartContainer', { 1: id })
  return id
}

before(async () => {
  if (options.skip !== false) return
  machine = await openMachine()
  machine.write('/etc/containerd/config.toml', configuration(machine.runtime))
  const podman = 'podman --storage-driver vfs --root /var/tmp/storage'
  const change = `--change ENV=PATH=/bin --change 'CMD=["sleep","100000"]'`
  await machine.output(`${podman} import --quiet ${change} /busybox.tar busybox`)
  await machine.output(`${podman} save --quiet --output /busybox.image busybox`)
  machine.start('exec containerd --log-level warn >/run/containerd.log 2>&1')
  await machine.until('containerd answers', async () => (await machine.run('ctr version')).status === 0)
  await machine.output('ctr --namespace k8s.io image import --snapshotter native /busybox.image')
})
after(() => machine?.close())

test('a pod starts with the handler of its RuntimeClass', options, async () => {
  pod = textOf(await call('RunPodSandbox', { 1: POD, 2: HANDLER }), 1)
  assert.match(pod, /^[0-9a-f]{64}$/)
  assert.match(
    await machine.output(`${machine.runtime} --root /run/containerd/runc/k8s.io list --quiet`),
    /[0-9a-f]{64}/,
  )
})

test('a container of the pod runs a command, and its output is logged', options, async () => {
  await startContainer('once', ['sh', '-c', 'echo said'])
  await machine.until('the log has it', async () =>
    (await machine.run('cat /var/log/pods/once.log')).stdout.endsWith(' stdout F said\n'),
  )
})

test('a command runs in a container: output and exit status', options, async () => {
  const id = await startContainer('life', ['sleep', '1000'])
  const outcome = await call('ExecSync', { 1: id, 2: ['sh', '-c', 'hostname; echo err >&2; exit 9'] })
  assert.equal(textOf(outcome, 1), 'machine\n')
  assert.equal(textOf(outcome, 2), 'err\n')
  assert.equal(outcome.get(3), 9)
})

test('limits are set, and changed while it runs', options, async () => {
  const id = await startContainer('limits', ['sleep', '1000'], { 15: { 1: { 4: 64 << 20 } } })
  const limit = (): string => {
    const [cgroup] = cgroupsNamed(id).filter((path) => path.includes('/memory/kubepods/'))
    assert.ok(cgroup !== undefined, 'no cgroup below the parent of the pods')
    return machine.read(`${cgroup}/memory.limit_in_bytes`).trim()
  }
  assert.equal(limit(), String(64 << 20))
  await call('UpdateContainerResources', { 1: id, 2: { 4: 128 << 20 } })
  assert.equal(limit(), String(128 << 20))
})

test('a pod is stopped and removed, and nothing is left behind', options, async () => {
  await call('StopPodSandbox', { 1: pod })
  await call('RemovePodSandbox', { 1: pod })
  assert.equal(await machine.output(`${machine.runtime} --root /run/containerd/runc/k8s.io list --quiet`), '')
  assert.deepEqual(cgroupsNamed(pod), [])
})
