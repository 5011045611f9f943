// Tests labels of security modules: that they are given where the kernel has the module, to the first process and to
// later ones, and that they are refused by name where it has not.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type ContainerConfig, chooseSelinuxLabels, type ProcessOptions } from 'libcontainer'
import { type Box, containerTest, output, refused, runIn, SLEEP, shell } from '../helpers/container-test.ts'
import { hasApparmor, hasSelinux, needsApparmor, needsSelinux } from '../helpers/security-modules.ts'

const CONTEXT = 'system_u:system_r:container_t:s0:c1,c2'
const FILES = 'system_u:object_r:container_file_t:s0:c1,c2'
const SHARED = 'system_u:object_r:container_file_t:s0'

/** The field of the error that a configuration, or a process in it, is refused with. */
async function refusedField(
  box: Box,
  config: Partial<ContainerConfig>,
  process: Partial<ProcessOptions> = {},
): Promise<string | undefined> {
  const container = await box.create(config)
  const error = await refused(container.start({ ...shell('true'), ...process }), 'ConfigInvalid')
  assert.match(error.reason, /^this kernel runs without (AppArmor|SELinux)$/)
  assert.equal(await container.status(), 'destroyed')
  assert.ok(!existsSync(join(box.directory, 'state', container.id)))
  return error.field
}

containerTest(
  'AppArmor: a profile is refused by name where the kernel has none',
  async (box) => {
    const profile = { apparmorProfile: 'docker-default' }
    assert.equal(await refusedField(box, profile), 'apparmorProfile')
    assert.equal(await refusedField(box, {}, profile), 'process.apparmorProfile')
    const container = await box.create()
    await container.start(SLEEP)
    const error = await refused(container.start({ ...shell('true'), ...profile }), 'ConfigInvalid')
    assert.equal(error.field, 'process.apparmorProfile')
    assert.equal(await container.status(), 'running')
  },
  hasApparmor && 'this kernel runs AppArmor',
)

containerTest(
  'SELinux: labels are refused by name where the kernel has none, and nothing is relabelled',
  async (box) => {
    const source = join(box.directory, 'data')
    mkdirSync(source)
    const bind = { type: 'bind', source, destination: '/data', relabel: 'shared' } as const
    assert.equal(await refusedField(box, { selinuxLabel: CONTEXT }), 'selinuxLabel')
    assert.equal(await refusedField(box, { mountLabel: FILES, mounts: [bind] }), 'mountLabel')
    assert.equal(await refusedField(box, {}, { selinuxLabel: CONTEXT }), 'process.selinuxLabel')
    assert.equal(chooseSelinuxLabels(), null)
  },
  hasSelinux && 'this kernel runs SELinux',
)

const PROFILES = `
abi <abi/4.0>,
profile libcontainer-test flags=(attach_disconnected,mediate_deleted) {
  file, capability, network, signal, ptrace, umount,
  deny /secret r,
}
profile libcontainer-other flags=(attach_disconnected,mediate_deleted) { file, capability, network, signal, }
`
const CURRENT = 'cat /proc/self/attr/apparmor/current; cat /secret 2>/dev/null; true'

containerTest(
  'AppArmor: the profile holds for the first process and for later ones, with and without no_new_privs',
  async (box) => {
    execFileSync('apparmor_parser', ['--replace', '--skip-cache'], { input: PROFILES })
    writeFileSync(join(box.rootfs, 'secret'), 'secret')
    // The control: without the profile the file can be read.
    assert.equal(await output(box.run({}, CURRENT)), 'unconfined\nsecret')
    const apparmorProfile = 'libcontainer-test'
    for (const noNewPrivileges of [true, false]) {
      const config = { apparmorProfile, noNewPrivileges }
      assert.equal(await output(box.run(config, CURRENT)), 'libcontainer-test (enforce)')
    }
    const container = await box.create({ apparmorProfile })
    await container.start(SLEEP)
    assert.equal(await output(runIn(container, CURRENT)), 'libcontainer-test (enforce)')
    const other = { ...shell(CURRENT), apparmorProfile: 'libcontainer-other' }
    assert.equal(await output(runIn(container, other)), 'libcontainer-other (enforce)\nsecret')
    await container.destroy()
    const user = {
      namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }],
      uidMappings: [{ containerId: 0, hostId: 0, size: 65536 }],
      gidMappings: [{ containerId: 0, hostId: 0, size: 65536 }],
    } as const
    assert.equal(await output(box.run({ ...user, apparmorProfile }, CURRENT)), 'libcontainer-test (enforce)')
  },
  needsApparmor,
)

containerTest(
  'AppArmor: a profile that is not loaded is an error with its field, and nothing runs',
  async (box) => {
    const container = await box.create({ apparmorProfile: 'no-such-profile' })
    const error = await refused(container.start(shell('true')), 'SystemError')
    assert.deepEqual([error.field, error.errno], ['apparmorProfile', 'ENOENT'])
    assert.match(error.message, /no profile of that name is loaded/)
    assert.equal(await container.status(), 'destroyed')
  },
  needsApparmor,
)

/** The contexts of files of the host. */
function contextsOf(paths: readonly string[]): readonly string[] {
  const text = execFileSync('getfattr', ['--only-values', '-h', '-n', 'security.selinux', ...paths], {
    encoding: 'utf8',
  })
  return text.split('\0').filter((label) => label !== '')
}

containerTest(
  'SELinux: the process, its keyring, and new file systems have their contexts; later processes too',
  async (box) => {
    const config: Partial<ContainerConfig> = { selinuxLabel: CONTEXT, mountLabel: FILES }
    const script = 'cat /proc/self/attr/current; echo; grep -E "/dev(/pts|/shm)? " /proc/self/mounts'
    const lines = (await output(box.run(config, script))).split('\n').map((line) => line.replace('\0', ''))
    assert.equal(lines[0], CONTEXT)
    const mounts = lines.slice(1).filter((line) => line.includes(' /dev'))
    for (const at of ['/dev', '/dev/pts', '/dev/shm']) {
      const line = mounts.find((mount) => mount.includes(` ${at} `))
      assert.match(line ?? '', /context="?system_u:object_r:container_file_t:s0:c1,c2/, at)
    }
    const container = await box.create(config)
    const { pid } = await container.start(SLEEP)
    assert.deepEqual(contextsOf([`/proc/${pid}/root/dev/mqueue`]), [FILES])
    const current = 'cat /proc/self/attr/current'
    assert.equal((await output(runIn(container, current))).replace('\0', ''), CONTEXT)
    const other = { ...shell(current), selinuxLabel: CONTEXT.replace('c1,c2', 'c3,c4') }
    assert.equal((await output(runIn(container, other))).replace('\0', ''), other.selinuxLabel)
  },
  needsSelinux,
)

containerTest(
  'SELinux: a context that the policy does not know is an error with its field',
  async (box) => {
    const container = await box.create({ selinuxLabel: 'system_u:system_r:no_such_t:s0' })
    const error = await refused(container.start(shell('true')), 'SystemError')
    assert.deepEqual([error.field, error.errno], ['selinuxLabel', 'EINVAL'])
    assert.equal(await container.status(), 'destroyed')
  },
  needsSelinux,
)

containerTest(
  'SELinux: binds are relabelled whole, links themselves, and never what they lead to or what belongs to the system',
  async (box) => {
    const outside = join(box.directory, 'outside')
    writeFileSync(outside, 'x')
    const before = contextsOf([outside])
    const sources = ['own', 'all', 'kept'].map((name) => join(box.directory, name))
    for (const source of sources) {
      mkdirSync(join(source, 'deep/er'), { recursive: true })
      writeFileSync(join(source, 'deep/er/file'), 'x')
      symlinkSync(outside, join(source, 'link'))
    }
    const [own = '', all = '', kept = ''] = sources
    const mounts = [
      { type: 'bind', source: own, destination: '/own', relabel: 'private' },
      { type: 'bind', source: all, destination: '/all', relabel: 'shared' },
      { type: 'bind', source: kept, destination: '/kept' },
    ] as const
    await output(box.run({ mountLabel: FILES, mounts }, 'true'))
    const parts = (source: string) =>
      ['', 'deep', 'deep/er', 'deep/er/file', 'link'].map((at) => join(source, at))
    assert.deepEqual(contextsOf(parts(own)), Array(5).fill(FILES))
    assert.deepEqual(contextsOf(parts(all)), Array(5).fill(SHARED))
    assert.ok(!contextsOf(parts(kept)).includes(FILES))
    assert.deepEqual(contextsOf([outside]), before)

    symlinkSync('/usr/share', join(box.directory, 'trap'))
    for (const source of ['/', '/etc', '/usr/lib', join(box.directory, 'trap')]) {
      const bind = { type: 'bind', source, destination: '/data', relabel: 'private' } as const
      const container = await box.create({ mountLabel: FILES, mounts: [bind] })
      const error = await refused(container.start(shell('true')), 'ConfigInvalid')
      assert.deepEqual([error.field, await container.status()], ['mounts[0].relabel', 'destroyed'], source)
    }
  },
  needsSelinux,
)

const POLICY = '/etc/selinux/targeted/contexts/lxc_contexts'

containerTest(
  "SELinux: labels are chosen from the policy's contexts, with categories that nobody else has",
  async (box) => {
    if (!existsSync(POLICY)) {
      mkdirSync(dirname(POLICY), { recursive: true })
      const level = (label: string): string => label.replace(/:c1,c2$/, '')
      writeFileSync(POLICY, `process = "${level(CONTEXT)}"\nfile = "${level(FILES)}"\n`)
    }
    const labels = chooseSelinuxLabels({ level: 's0:c1,c2' })
    assert.deepEqual(labels, { selinuxLabel: CONTEXT, mountLabel: FILES })
    const drawn = chooseSelinuxLabels({ taken: [CONTEXT] })
    assert.match(drawn?.selinuxLabel ?? '', /^system_u:system_r:container_t:s0:c\d+,c\d+$/)
    assert.notEqual(drawn?.selinuxLabel, chooseSelinuxLabels()?.selinuxLabel)
    const current = await output(box.run({ ...labels }, 'cat /proc/self/attr/current'))
    assert.equal(current.replace('\0', ''), CONTEXT)
  },
  needsSelinux,
)
