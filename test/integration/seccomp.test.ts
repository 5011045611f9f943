// Tests seccomp filters in the kernel: what each action does, which way in is blocked, and that later processes have
// the filter too. A small static program makes the calls, by the ordinary way and by those of other architectures.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ContainerConfig, DEFAULT_SECCOMP, type SeccompConfig } from 'libcontainer'
import { type Box, containerTest, output, refused, runIn, SLEEP } from '../helpers/container-test.ts'
import { removeTree } from '../helpers/rootfs.ts'

/** `call WAY NR ARG...` prints what the kernel returns; `int80` leaves the upper halves of registers dirty. */
const CALL = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static long native(long nr, long a, long b, long c) {
  long result;
#ifdef __x86_64__
  __asm__ volatile("syscall" : "=a"(result) : "a"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
#else
  register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  result = x0;
#endif
  return result;
}
static long int80(long nr, long a) {
  long result = -1;
#ifdef __x86_64__
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(a) : "r8", "r9", "r10", "r11", "memory");
#endif
  return (int)result;
}
int main(int argc, char **argv) {
  long value[4] = { 0 };
  for (int i = 2; i < argc && i < 6; i++)
    value[i - 2] = (long)strtoull(argv[i], 0, 0);
  const long result = strcmp(argv[1], "int80") ? native(value[0], value[1], value[2], value[3])
                                               : int80(value[0], value[1]);
  printf("%ld\\n", result);
  return 0;
}
`

const isX86 = process.arch === 'x64'
const onlyX86 = isX86 ? false : 'other ways in are tested on x86_64'
/** personality(2) and getpid(2), whose results are the arguments or known. */
const NR = isX86
  ? { personality: 135, getppid: 110, kexec_load: 246 }
  : { personality: 92, getppid: 173, kexec_load: 104 }
const I386 = { getppid: 64, personality: 136 }
const X32_BIT = 0x40000000
const EPERM = '-1'
const ENOSYS = '-38'
const SIGSYS = 128 + 31

function buildCall(path: string): void {
  execFileSync('cc', ['-static', '-O1', '-o', path, '-x', 'c', '-'], { input: CALL })
}

function installCall({ rootfs }: Box): void {
  buildCall(join(rootfs, 'bin/call'))
}

/** Some virtual machines have no 32-bit way in at all: whoever tries it is killed, without any filter. */
function whyNoInt80(): string | false {
  if (!isX86) return onlyX86
  const directory = mkdtempSync(join(tmpdir(), 'int80-'))
  try {
    const path = join(directory, 'call')
    buildCall(path)
    const { signal } = spawnSync(path, ['int80', String(I386.getppid)])
    return signal === null ? false : `this machine has no int 0x80: who tries it is ended by ${signal}`
  } finally {
    removeTree(directory)
  }
}

const call = (...args: readonly (string | number)[]) => ({
  args: ['/bin/call', ...args.map(String)],
  env: ['PATH=/bin'],
  stdin: 'ignore' as const,
})

const allowBut = (...syscalls: NonNullable<SeccompConfig['syscalls']>): Partial<ContainerConfig> => ({
  seccomp: { defaultAction: 'ALLOW', syscalls },
})

containerTest('what each action does', async (box) => {
  installCall(box)
  const attempt = (rule: Partial<ContainerConfig>) => box.run(rule, call('native', NR.getppid))
  const names = ['getppid']
  const fine = await attempt(allowBut())
  assert.deepEqual([fine.stdout, fine.status], ['0\n', 0])
  for (const action of ['ALLOW', 'LOG'] as const) {
    assert.equal((await attempt(allowBut({ names, action }))).stdout, '0\n', action)
  }
  assert.equal((await attempt(allowBut({ names, action: 'ERRNO' }))).stdout, `${EPERM}\n`)
  assert.equal((await attempt(allowBut({ names, action: 'ERRNO', errno: 42 }))).stdout, '-42\n')
  // Without a tracer.
  assert.equal((await attempt(allowBut({ names, action: 'TRACE' }))).stdout, `${ENOSYS}\n`)
  for (const action of ['TRAP', 'KILL_THREAD', 'KILL_PROCESS'] as const) {
    const ended = await attempt(allowBut({ names, action }))
    assert.deepEqual([ended.stdout, ended.status], ['', SIGSYS], action)
  }
})

containerTest('arguments are compared on all 64 bits', async (box) => {
  installCall(box)
  const value = 2n ** 32n + 5n
  const container = await box.create(
    allowBut({ names: ['personality'], action: 'ERRNO', errno: 99, args: [{ index: 0, op: 'GE', value }] }),
  )
  await container.start(SLEEP)
  const attempt = async (argument: bigint): Promise<boolean> =>
    (await output(runIn(container, call('native', NR.personality, String(argument))))) === '-99'
  for (const [argument, isRefused] of [
    [0n, false],
    [5n, false],
    [0xffffffffn, false],
    [value - 1n, false],
    [value, true],
    [value + 1n, true],
    [2n ** 64n - 1n, true],
  ] as const)
    assert.equal(await attempt(argument), isRefused, String(argument))
})

containerTest('two arguments of a rule must both match', async (box) => {
  installCall(box)
  const args = [
    { index: 0, op: 'EQ', value: 0xffffffff },
    { index: 1, op: 'EQ', value: 7 },
  ] as const
  const container = await box.create(allowBut({ names: ['personality'], action: 'ERRNO', errno: 99, args }))
  await container.start(SLEEP)
  const attempt = (...given: readonly number[]) =>
    output(runIn(container, call('native', NR.personality, ...given)))
  assert.equal(await attempt(0xffffffff, 7), '-99')
  assert.equal(await attempt(0xffffffff, 8), '0')
  assert.equal(await attempt(0, 7), '0')
  // Another program finds the filter in the state.
  const loaded = await box.factory.load(container.id)
  assert.equal(await output(runIn(loaded, call('native', NR.personality, 0xffffffff, 7))), '-99')
})

/** A way in is closed, unless its architecture is listed: then the rules hold there too. */
async function assertClosedUnlessListed(box: Box, way: ReturnType<typeof call>): Promise<void> {
  const deny = { names: ['getppid'], action: 'ERRNO', errno: 99 } as const
  const open: Partial<ContainerConfig> = {
    seccomp: { defaultAction: 'ALLOW', architectures: ['x86', 'x32'], syscalls: [deny] },
  }
  assert.equal((await box.run(allowBut(deny), way)).status, SIGSYS)
  assert.equal((await box.run(open, way)).stdout, '-99\n')
}

containerTest(
  'calls of x32 are closed unless they are listed',
  async (box) => {
    installCall(box)
    await assertClosedUnlessListed(box, call('native', NR.getppid + X32_BIT))
  },
  onlyX86,
)

const noInt80 = whyNoInt80()

containerTest(
  'calls of 32-bit programs are closed unless they are listed',
  async (box) => {
    installCall(box)
    const way = call('int80', I386.getppid)
    // The control: without a filter it works here.
    assert.equal((await box.run({ seccomp: null }, way)).stdout, '0\n')
    await assertClosedUnlessListed(box, way)
  },
  noInt80,
)

containerTest(
  'a 32-bit call cannot hide its argument in the upper half of a register',
  async (box) => {
    installCall(box)
    const rule = {
      names: ['personality'],
      action: 'ERRNO',
      errno: 99,
      args: [{ index: 0, op: 'EQ', value: 8 }],
    } as const
    const seccomp: SeccompConfig = { defaultAction: 'ALLOW', architectures: ['x86'], syscalls: [rule] }
    const attempt = (argument: string) =>
      output(box.run({ seccomp }, call('int80', I386.personality, argument)))
    assert.equal(await attempt('8'), '-99')
    assert.equal(await attempt('0x500000008'), '-99')
    assert.equal(await attempt('0'), '0')
  },
  noInt80,
)

containerTest('later processes have the filter, with and without no_new_privs', async (box) => {
  installCall(box)
  for (const noNewPrivileges of [true, false]) {
    const container = await box.create({
      noNewPrivileges,
      ...allowBut({ names: ['getppid'], action: 'ERRNO', errno: 99 }),
    })
    await container.start(SLEEP)
    for (const [own, seen] of [
      [true, '1'],
      [false, '0'],
    ] as const) {
      const attempt = { ...call('native', NR.getppid), noNewPrivileges: own }
      assert.equal(await output(runIn(container, attempt)), '-99')
      const status = await output(
        runIn(container, { ...call(), args: ['/bin/cat', '/proc/self/status'], noNewPrivileges: own }),
      )
      assert.match(status, /^Seccomp:\t2$/m)
      assert.match(status, new RegExp(`^NoNewPrivs:\\t${seen}$`, 'm'))
    }
    await container.destroy()
  }
})

containerTest('the default profile', async (box) => {
  installCall(box)
  const attack = 'mount -t tmpfs x /tmp; unshare -m true; hostname other'
  const denied = await box.run(
    { namespaces: [{ type: 'mount' }, { type: 'uts' }, { type: 'user' }], ...rootMap },
    attack,
  )
  assert.match(denied.stderr, /mount: .*(not permitted|denied)/i)
  assert.match(denied.stderr, /unshare.*not permitted/i)
  assert.match(denied.stderr, /sethostname.*not permitted/i)
  // The control: with SYS_ADMIN in its own user namespace all of it works.
  const capabilities = ['SYS_ADMIN', 'SETUID', 'SETGID', 'SETPCAP'] as const
  const allowed = await box.run(
    { namespaces: [{ type: 'mount' }, { type: 'uts' }, { type: 'user' }], ...rootMap, capabilities },
    `${attack}; hostname`,
  )
  assert.equal(allowed.stdout, 'other\n', allowed.stderr)
  assert.equal(await output(box.run({}, call('native', NR.kexec_load))), EPERM)
  // Newer than everything that the profile knows: programs fall back on ENOSYS, and stop at EPERM.
  assert.equal(await output(box.run({}, call('native', 1000))), ENOSYS)
  const one = await box.run({}, { ...call(), args: ['/bin/cat', '/proc/self/status'] })
  assert.match(one.stdout, /^Seccomp:\t2$/m)
  const none = await box.run({ seccomp: null }, { ...call(), args: ['/bin/cat', '/proc/self/status'] })
  assert.match(none.stdout, /^Seccomp:\t0$/m)
})

const rootMap = {
  uidMappings: [{ containerId: 0, hostId: 0, size: 65536 }],
  gidMappings: [{ containerId: 0, hostId: 0, size: 65536 }],
} as const

containerTest('a profile that is spread and changed', async (box) => {
  const { syscalls = [] } = DEFAULT_SECCOMP
  const strict: SeccompConfig = {
    ...DEFAULT_SECCOMP,
    syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'ERRNO', errno: 30 }, ...syscalls],
  }
  const { stderr } = await box.run({ seccomp: strict }, 'mkdir /tmp/x')
  assert.match(stderr, /Read-only file system/)
  const error = await refused(
    box.create({
      seccomp: { ...DEFAULT_SECCOMP, syscalls: [...syscalls, { names: ['mkdir'], action: 'ERRNO' }] },
    }),
    'ConfigInvalid',
  )
  assert.match(error.message, /decides every mkdir before this rule/)
})

containerTest('a filter on execve stops the start, and the error says where', async ({ create }) => {
  const container = await create(allowBut({ names: ['execve'], action: 'ERRNO', errno: 13 }))
  const error = await refused(container.start(SLEEP), 'SystemError')
  assert.deepEqual([error.step, error.errno], ['execute', 'EACCES'])
})

containerTest('a filter that is older than the calls of a start, and is there before them', async (box) => {
  const newer = ['faccessat2', 'statx', 'close_range', 'getcwd']
  for (const errno of [1, 38]) {
    const container = await box.create({
      noNewPrivileges: false,
      ...allowBut({ names: newer, action: 'ERRNO', errno }),
    })
    await container.start(SLEEP)
    const attempt = (command: string): Promise<string> =>
      output(runIn(container, { args: [command, 'here'], env: ['PATH=/none:/bin'], stdin: 'ignore' }))
    assert.deepEqual(await Promise.all(['/bin/echo', 'echo'].map(attempt)), ['here', 'here'])
    for (const [command, expected] of [
      ['/none', 'ENOENT'],
      ['none', 'ENOENT'],
      ['/etc/passwd', 'EACCES'],
    ] as const) {
      const error = await refused(container.start({ args: [command] }), 'SystemError')
      assert.deepEqual([error.step, error.errno], ['find the command', expected])
    }
    await container.destroy()
  }
})
