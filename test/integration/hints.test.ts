// Tests the hints of errors whose errno misleads: each is brought about for real, and the hint must name the cause.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ContainerConfig,
  DEFAULT_MOUNTS,
  DEFAULT_NAMESPACES,
  type LibcontainerError,
  type ProcessOptions,
} from 'libcontainer'
import { lacksController, MACHINES, V1, V2 } from '../helpers/cgroup-machine.ts'
import { type Box, containerTest, refused, SLEEP } from '../helpers/container-test.ts'

interface Misleading {
  readonly name: string
  /** Makes the command, and returns what to add to the container and the process. */
  readonly prepare: (box: Box) => { config?: Partial<ContainerConfig>; process?: Partial<ProcessOptions> }
  readonly errno: string
  readonly hint: RegExp
  readonly field?: string
}

const TOOL = '/bin/tool'

/** A file that may be executed, in place of the command. */
function tool(box: Box, content: string | Uint8Array): object {
  writeFileSync(join(box.rootfs, TOOL), content, { mode: 0o755 })
  return {}
}

/** The static busybox with bytes changed: an ELF file that the kernel refuses. */
function elf(box: Box, change: (bytes: Buffer) => void): object {
  const bytes = readFileSync(join(box.rootfs, 'bin/busybox'))
  change(bytes)
  return tool(box, bytes)
}

/** An ELF header and one program header that names a loader. */
function dynamic(loader: string): Buffer {
  const bytes = Buffer.alloc(4096)
  readFileSync('/bin/busybox').copy(bytes, 0, 0, 64)
  bytes.writeUInt16LE(1, 56)
  bytes.writeUInt32LE(3, 64)
  bytes.writeBigUInt64LE(512n, 72)
  bytes.writeBigUInt64LE(BigInt(loader.length + 1), 96)
  bytes.write(loader, 512)
  return bytes
}

const OTHER = { x64: ['aarch64', 183], arm64: ['x86_64', 62] } as const
const [OTHER_NAME, OTHER_MACHINE] = OTHER[process.arch as keyof typeof OTHER] ?? OTHER.x64

const CASES: readonly Misleading[] = [
  {
    name: 'a script whose interpreter is missing',
    prepare: (box) => tool(box, '#!/no/such -x\n'),
    errno: 'ENOENT',
    hint: /its interpreter "\/no\/such", or the loader of that, is missing/,
  },
  {
    name: 'a script with CR LF',
    prepare: (box) => tool(box, '#!/bin/sh\r\necho x\r\n'),
    errno: 'ENOENT',
    hint: /its first line ends in CR LF, so that its interpreter would be "\/bin\/sh\\r"/,
  },
  {
    name: 'a script whose interpreter may not be executed',
    prepare: (box) => tool(box, '#!/etc/passwd\n'),
    errno: 'EACCES',
    hint: /its interpreter "\/etc\/passwd" may not be executed/,
  },
  {
    name: 'a script that only its owner may read is not read by us either',
    prepare: (box) => {
      tool(box, '#!/no/such\n')
      chmodSync(join(box.rootfs, TOOL), 0o711)
      return { process: { user: 'alice', capabilities: [] } }
    },
    errno: 'ENOENT',
    hint: /its interpreter, or the loader of either, is missing/,
  },
  {
    name: 'an ELF file whose loader is missing',
    prepare: (box) => tool(box, dynamic('/lib/ld-none.so.1')),
    errno: 'ENOENT',
    hint: /its loader "\/lib\/ld-none\.so\.1" is missing/,
  },
  {
    name: 'an ELF file of another architecture',
    prepare: (box) => elf(box, (bytes) => bytes.writeUInt16LE(OTHER_MACHINE, 18)),
    errno: 'ENOEXEC',
    hint: new RegExp(`it is built for ${OTHER_NAME}, and this machine is`),
  },
  {
    name: 'an ELF file that is damaged',
    prepare: (box) => elf(box, (bytes) => bytes.writeUInt16LE(0, 16)),
    errno: 'ENOEXEC',
    hint: /the ELF file is damaged/,
  },
  {
    name: 'a script without its first line',
    prepare: (box) => tool(box, 'echo x\n'),
    errno: 'ENOEXEC',
    hint: /it is no ELF file, and has no first line with #!/,
  },
  {
    name: 'a script whose first line names nothing',
    prepare: (box) => tool(box, '#! \n'),
    errno: 'ENOEXEC',
    hint: /its first line has #! and no interpreter/,
  },
  { name: 'an empty file', prepare: (box) => tool(box, ''), errno: 'ENOEXEC', hint: /the file is empty/ },
  {
    name: 'a directory',
    prepare: (box) => {
      mkdirSync(join(box.rootfs, TOOL))
      return {}
    },
    errno: 'EACCES',
    hint: /permission denied: it is a directory$/,
  },
  {
    name: 'a FIFO',
    prepare: (box) => {
      execFileSync('mkfifo', [join(box.rootfs, TOOL)])
      return {}
    },
    errno: 'EACCES',
    hint: /it is no regular file$/,
  },
  {
    name: 'a file without the right to execute',
    prepare: (box) => {
      tool(box, '#!/bin/sh\n')
      chmodSync(join(box.rootfs, TOOL), 0o644)
      return {}
    },
    errno: 'EACCES',
    hint: /its mode 0644 does not let this user execute it$/,
  },
  {
    name: 'a directory above that the user may not enter',
    prepare: (box) => {
      mkdirSync(join(box.rootfs, 'private'), { mode: 0o700 })
      writeFileSync(join(box.rootfs, 'private/tool'), '', { mode: 0o755 })
      return { process: { user: 'alice', capabilities: [], args: ['/private/tool'] } }
    },
    errno: 'EACCES',
    hint: /may not enter a directory above it$/,
  },
  {
    name: 'a mount with noexec',
    prepare: (box) => {
      const source = join(box.directory, 'volume')
      mkdirSync(source)
      writeFileSync(join(source, 'tool'), '#!/bin/sh\n', { mode: 0o755 })
      const mount = { type: 'bind', source, destination: '/volume', attributes: ['noexec'] } as const
      return { config: { mounts: [mount] }, process: { args: ['/volume/tool'], stdin: 'pipe' } }
    },
    errno: 'EACCES',
    hint: /it lies on a mount with noexec$/,
  },
  {
    name: 'arguments beyond what the stack may hold',
    prepare: () => ({
      process: {
        args: ['/bin/true', ...Array.from({ length: 40 }, () => 'x'.repeat(100_000))],
        rlimits: [{ type: 'STACK', soft: 8 << 20, hard: 8 << 20 }],
      },
    }),
    errno: 'E2BIG',
    hint: /a quarter of RLIMIT_STACK/,
  },
  {
    name: 'too few descriptors for what is still to be opened',
    prepare: () => ({
      process: {
        args: ['/bin/true'],
        rlimits: [{ type: 'NOFILE', soft: 4, hard: 4 }],
        extraFiles: [0, 0, 0],
      },
    }),
    errno: 'EINVAL',
    hint: /RLIMIT_NOFILE is too low/,
  },
  {
    name: 'an id that the user namespace does not have',
    prepare: () => {
      const maps = [{ containerId: 0, hostId: 0, size: 10 }]
      const namespaces = [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }] as const
      return { config: { namespaces, uidMappings: maps, gidMappings: maps }, process: { user: '77' } }
    },
    errno: 'EINVAL',
    hint: /not mapped in the user namespace/,
    field: 'process.user',
  },
  {
    name: 'a file system without room',
    prepare: (box) => {
      const source = join(box.directory, 'small')
      mkdirSync(source)
      return {
        config: {
          mounts: [
            { type: 'tmpfs', destination: '/small', data: 'nr_inodes=1' },
            { type: 'bind', source, destination: '/small/place' },
          ],
        },
        process: { stdin: 'pipe' },
      }
    },
    errno: 'ENOSPC',
    hint: /no room or no inodes left/,
    field: 'mounts[1]',
  },
]

for (const { name, prepare, errno, hint, field } of CASES) {
  containerTest(`a hint for ${name}`, async (box) => {
    const { config = {}, process = {} } = prepare(box)
    const attempt = { args: [TOOL], stdin: 'ignore', ...process } as const
    const check = (error: LibcontainerError): void => {
      assert.equal(error.errno, errno, error.detail())
      assert.match(error.hint ?? '', hint)
      assert.ok(
        error.message.endsWith(`(${error.hint})`) && error.detail().includes(`  hint: ${error.hint}\n`),
      )
      assert.equal(error.field?.replace(/\[0\]$/, ''), field ?? error.field?.replace(/\[0\]$/, ''))
    }
    const container = await box.create(config)
    check(await refused(container.start(attempt), 'SystemError'))
    // A later process fails with the same words.
    if (field?.startsWith('mounts')) return
    await container.start(
      config.mounts === undefined ? SLEEP : { ...SLEEP, stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' },
    )
    check(await refused(container.start(attempt), 'SystemError'))
  })
}

containerTest('a hint for more processes than the user may have', async ({ create }) => {
  const container = await create({ capabilities: [] })
  const user = '54321'
  await container.start({ ...SLEEP, user })
  const rlimits = [{ type: 'NPROC', soft: 0, hard: 0 }] as const
  const error = await refused(container.start({ ...SLEEP, user, rlimits }), 'SystemError')
  assert.equal(error.errno, 'EAGAIN')
  assert.match(error.hint ?? '', /RLIMIT_NPROC/)
})

containerTest('a hint for a mount point that a user namespace may not make', async ({ create }) => {
  const row = [{ containerId: 0, hostId: 1000, size: 1000 }]
  const namespaces = [...DEFAULT_NAMESPACES, { type: 'user' } as const]
  const mounts = [...DEFAULT_MOUNTS, { type: 'tmpfs', destination: '/missing' }]
  const container = await create({ namespaces, uidMappings: row, gidMappings: row, mounts })
  const error = await refused(container.start(SLEEP), 'SystemError')
  assert.equal(error.errno, 'EACCES')
  assert.match(error.hint ?? '', /user namespace may not write there/)
})

containerTest('a hint for a filter that stops init itself', async ({ create }) => {
  const kills = await create({ seccomp: { defaultAction: 'KILL_PROCESS' } })
  const killed = await refused(kills.start(SLEEP), 'SystemError')
  assert.match(killed.message, /killed by SIGSYS \(the filter kills for a call that init makes/)
  assert.equal(killed.field, 'seccomp')
  const syscalls = [{ names: ['execve'], action: 'ERRNO', errno: 1 }] as const
  const denies = await create({ seccomp: { defaultAction: 'ALLOW', syscalls } })
  assert.match((await refused(denies.start(SLEEP), 'SystemError')).hint ?? '', /filter denies execve/)
})

containerTest(
  'a memory limit below what a start needs is named, with what the kernel counted',
  async ({ create, cgroupPath }) => {
    let started = 0
    let killed = 0
    for (const kibi of [4, 64, 128, 256, 512, 8192]) {
      const memory = { limitBytes: BigInt(kibi) << 10n }
      const container = await create({ cgroup: { path: cgroupPath(), memory } })
      const result = await container.start(SLEEP).catch((error: unknown) => error)
      if (result instanceof Error) {
        const error = await refused(Promise.reject(result), 'SystemError')
        assert.match(error.hint ?? error.reason, /oom_kill|was hit|memory limit/, `${kibi} ${error.detail()}`)
        if (/oom_kill [1-9]|was hit [1-9]/.test(error.hint ?? '')) killed++
        assert.equal(error.field, 'cgroup.memory.limitBytes')
      } else started++
      await container.destroy()
    }
    assert.ok(started > 0 && killed > 0, `${started} started, ${killed} killed`)
  },
  lacksController(MACHINES[0]?.skip === false ? V1 : V2, 'memory'),
)
