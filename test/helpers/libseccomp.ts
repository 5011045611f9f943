// Owns asking Debian's libseccomp for the filters of profiles, with the steps that OCI runtimes take: rules that
// repeat the default action are left out, conditions on one argument become rules of their own.

import { execFileSync, spawnSync } from 'node:child_process'

/** A profile in the words of config.json. */
export interface OciProfile {
  readonly defaultAction: string
  readonly defaultErrnoRet?: number
  readonly architectures: readonly string[]
  readonly syscalls: readonly OciRule[]
}

export interface OciRule {
  readonly names: readonly string[]
  readonly action: string
  readonly errnoRet?: number
  readonly args?: readonly {
    readonly index: number
    readonly value: bigint
    readonly valueTwo?: bigint
    readonly op: string
  }[]
}

// libseccomp.so.2 by ctypes: no headers are needed, and apt itself brings the library.
const PROGRAM = `
import ctypes, json, os, sys
lib = ctypes.CDLL('libseccomp.so.2', use_errno=True)
class Arg(ctypes.Structure):
    _fields_ = [('arg', ctypes.c_uint), ('op', ctypes.c_int), ('a', ctypes.c_uint64), ('b', ctypes.c_uint64)]
lib.seccomp_init.restype = ctypes.c_void_p
lib.seccomp_init.argtypes = [ctypes.c_uint32]
lib.seccomp_arch_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
lib.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
lib.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(Arg)]
lib.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
lib.seccomp_release.argtypes = [ctypes.c_void_p]
ACTIONS = {'ALLOW': 0x7fff0000, 'LOG': 0x7ffc0000, 'TRACE': 0x7ff00000, 'ERRNO': 0x50000, 'TRAP': 0x30000,
           'KILL_THREAD': 0, 'KILL': 0, 'KILL_PROCESS': 0x80000000}
OPS = {name: i + 1 for i, name in enumerate(['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'])}
ARCHS = {'X86_64': 0xc000003e, 'X86': 0x40000003, 'X32': 0x4000003e}
def action(name, errno):
    value = ACTIONS[name.removeprefix('SCMP_ACT_')]
    return value | (1 if errno is None else errno) if value in (0x50000, 0x7ff00000) else value
def must(rc, what):
    if rc < 0: raise Exception('%s: %s' % (what, os.strerror(-rc)))
def build(profile):
    default = action(profile['defaultAction'], profile.get('defaultErrnoRet'))
    ctx = lib.seccomp_init(default)
    must(lib.seccomp_attr_set(ctx, 2, 0x80000000), 'bad arch')
    for arch in profile['architectures']:
        rc = lib.seccomp_arch_add(ctx, ARCHS[arch.removeprefix('SCMP_ARCH_')])
        if rc != -17: must(rc, 'arch')
    for rule in profile['syscalls']:
        act = action(rule['action'], rule.get('errnoRet'))
        if act == default: continue
        args = [Arg(a['index'], OPS[a['op'].removeprefix('SCMP_CMP_')], int(a['value']), int(a.get('valueTwo', 0)))
                for a in rule.get('args', [])]
        repeated = len({a.arg for a in args}) < len(args)
        for name in rule['names']:
            nr = lib.seccomp_syscall_resolve_name(name.encode())
            if nr == -1: continue
            for group in [[a] for a in args] if repeated else [args]:
                must(lib.seccomp_rule_add_array(ctx, act, nr, len(group), (Arg * len(group))(*group)), json.dumps(rule))
    r, w = os.pipe()
    import fcntl
    fcntl.fcntl(w, 1031, 1 << 20)
    must(lib.seccomp_export_bpf(ctx, w), 'export')
    os.close(w)
    with os.fdopen(r, 'rb') as f: out = f.read()
    lib.seccomp_release(ctx)
    return out.hex()
json.dump([build(p) for p in json.load(sys.stdin)], sys.stdout)
`

/** Why the comparison cannot be made here; false when it can. */
export function missingLibseccomp(): string | false {
  if (process.arch !== 'x64') return 'the profiles are for x86_64'
  const probe = "import ctypes; ctypes.CDLL('libseccomp.so.2')"
  const { status } = spawnSync('python3', ['-c', probe], { stdio: 'ignore' })
  return status === 0 ? false : 'it needs python3 and libseccomp.so.2 (Debian: python3 libseccomp2)'
}

/** The filters of profiles for x86_64. */
export function libseccompFilters(profiles: readonly OciProfile[]): readonly Uint8Array[] {
  const input = JSON.stringify(profiles, (_, value) => (typeof value === 'bigint' ? String(value) : value))
  const output = execFileSync('python3', ['-c', PROGRAM], { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  return (JSON.parse(output) as readonly string[]).map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))
}
