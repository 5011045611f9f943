// Owns src/abi/syscall-table.gen.ts: every system call that a seccomp filter can name, with its number on each
// architecture, read from the kernel's headers as Debian ships them. It must never hold a number that a header has.
//   apt-get install linux-libc-dev linux-libc-dev-arm64-cross linux-libc-dev-armhf-cross    (on x86_64)
//   node dist/tools/generate-syscalls.js

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

type Table = ReadonlyMap<string, number>

/** Where the headers are, and what selects the table in them. */
const HEADERS = {
  x86_64: ['/usr/include/x86_64-linux-gnu', '-m64'],
  x86: ['/usr/include/x86_64-linux-gnu', '-m32'],
  x32: ['/usr/include/x86_64-linux-gnu', '-mx32'],
  aarch64: ['/usr/aarch64-linux-gnu/include', '-D__aarch64__'],
  arm: ['/usr/arm-linux-gnueabihf/include', '-D__ARM_EABI__'],
} as const

/**
 * What came after the headers of Debian 12 (6.1), as arch/x86/entry/syscalls/syscall_64.tbl and
 * scripts/syscall.tbl of 6.18 have it. New numbers are the same on every architecture.
 */
const NEWER: Table = new Map([
  ['cachestat', 451],
  ['fchmodat2', 452],
  ['map_shadow_stack', 453],
  ['futex_wake', 454],
  ['futex_wait', 455],
  ['futex_requeue', 456],
  ['statmount', 457],
  ['listmount', 458],
  ['lsm_get_self_attr', 459],
  ['lsm_set_self_attr', 460],
  ['lsm_list_modules', 461],
  ['mseal', 462],
  ['setxattrat', 463],
  ['getxattrat', 464],
  ['listxattrat', 465],
  ['removexattrat', 466],
  ['open_tree_attr', 467],
  ['file_getattr', 468],
  ['file_setattr', 469],
])
const NEWER_X86_64: Table = new Map([
  ['uretprobe', 335],
  ['uprobe', 336],
])

/** Set in every number of x32 (arch/x86/include/uapi/asm/unistd.h); the filter adds it. */
const X32_SYSCALL_BIT = 0x40000000
/** Numbers of arm that only arm has (arch/arm/include/uapi/asm/unistd.h): 0xf0001 and up. */
const ARM_PRIVATE = 0xf0000

/** Macros that count, and the second name of a call of arm, which src/abi/syscall-numbers.ts knows. */
const NOT_CALLS = ['syscalls', 'arch_specific_syscall', 'sync_file_range2']

function readTable(architecture: keyof typeof HEADERS): Table {
  const [folder, ...flags] = HEADERS[architecture]
  const command = ['-E', '-dM', '-nostdinc', '-isystem', folder, ...flags, '-x', 'c', '-']
  const text = execFileSync('cc', command, { input: '#include <asm/unistd.h>\n', encoding: 'utf8' })
  const macros = new Map([...text.matchAll(/^#define (\w+) (.+)$/gm)].map(([, name, body]) => [name, body]))
  const evaluate = (expression: string): number =>
    expression
      .replaceAll(/[()\s]/g, '')
      .split('+')
      .map((term) => (/^\d/.test(term) ? Number(term) : evaluate(macros.get(term) ?? 'NaN')))
      .reduce((sum, value) => sum + value, 0)
  const table = new Map<string, number>()
  for (const [macro = '', body = ''] of macros) {
    const [, name] = /^__(?:ARM_)?NR_([a-z_]\w*)$/.exec(macro) ?? []
    if (name === undefined || NOT_CALLS.includes(name)) continue
    const number = evaluate(body)
    if (Number.isNaN(number)) throw new Error(`${architecture}: ${macro} is ${body}`)
    table.set(name, architecture === 'x32' ? number & ~X32_SYSCALL_BIT : number)
  }
  if (table.size < 300) throw new Error(`${architecture}: only ${table.size} system calls`)
  return table
}

/** Adds what the headers do not have yet; what they have must be the same. */
function complete(table: Table, newer: Table): Table {
  const whole = new Map(table)
  for (const [name, number] of newer) {
    const known = table.get(name)
    if (known !== undefined && known !== number) throw new Error(`${name} is ${known}, not ${number}`)
    whole.set(name, number)
  }
  return whole
}

const NO_CALL = 0xffff
const unit = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`

const architectures = Object.keys(HEADERS) as (keyof typeof HEADERS)[]
const tables = architectures.map((architecture) => {
  const table = complete(readTable(architecture), NEWER)
  return architecture === 'x86_64' ? complete(table, NEWER_X86_64) : table
})
const names = [...new Set(tables.flatMap((table) => [...table.keys()]))].sort()

/** The name of each number of a table, from `base` on, as indexes into the names. */
function numbered(table: Table, base: number, end: number): string {
  const indexes: number[] = []
  for (const [name, number] of table) {
    if (number < base || number >= end) continue
    if (indexes[number - base] !== undefined) throw new Error(`${name} shares the number ${number}`)
    indexes[number - base] = names.indexOf(name)
  }
  return Array.from(indexes, (index) => unit(index ?? NO_CALL)).join('')
}

const row = (name: string, table: Table | undefined, base: number, end: number): string =>
  `  ${name}:\n    '${numbered(table ?? new Map(), base, end)}',\n`
const rows = [
  ...architectures.map((architecture, index) => row(architecture, tables[index], 0, ARM_PRIVATE)),
  row('armPrivate', tables.at(-1), ARM_PRIVATE, 2 * ARM_PRIVATE),
]
writeFileSync(
  new URL('../../src/abi/syscall-table.gen.ts', import.meta.url),
  `// Made by tools/generate-syscalls.ts from the headers of the kernel: do not edit.
// Owns the names of all system calls and their numbers on each architecture. Data only.

/** One name a line, sorted; its place is its index. */
export const SYSCALL_NAMES = \`${names.join('\n')}\`

/**
 * For each number the index of its name: one code unit each, so that nothing has to be parsed; \\uffff where there is
 * no such call. Numbers of x32 are without their bit; the private numbers of arm begin at 0xf0000.
 */
export const SYSCALL_TABLES = {
${rows.join('')}} as const
`,
)
