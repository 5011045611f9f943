// Owns the files made from src/protocol/schema.ts, native/protocol/ops.gen.h and docs/ops.md, and the manual pages.
// With `--check` it writes nothing and fails when one of them is stale. It must never hold a fact of its own.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { WireField } from '../src/protocol/schema.ts'
import {
  ARG_KINDS,
  GATE_GO,
  HEADER,
  LIMITS,
  MAGIC,
  MESSAGE,
  MESSAGE_KINDS,
  MESSAGE_SIZE,
  NO_OP,
  OP,
  OP_FLAGS,
  PROGRAM_FLAGS,
  PSEUDO_BIT,
  PSEUDO_OPS,
  VERSION,
} from '../src/protocol/schema.ts'
import { manPages } from './man-pages.ts'

// This file runs as dist/tools/generate.js.
const root = new URL('../../', import.meta.url)
const schema = readFileSync(new URL('src/protocol/schema.ts', root), 'utf8')

interface Layout {
  /** The C name of the struct. */
  readonly name: string
  readonly doc: string
  readonly size: number
  readonly fields: readonly WireField[]
}

const layouts: readonly Layout[] = [
  { name: 'program_header', doc: 'what the parent sends first, once per program', size: 32, fields: HEADER },
  { name: 'op', doc: 'a system call or a pseudo-op', size: 64, fields: OP },
  { name: 'message', doc: 'what init sends; `length` bytes follow', size: MESSAGE_SIZE, fields: MESSAGE },
]

const fieldSize = (field: WireField): number => field.size * (field.count ?? 1)

/** Each field with its offset. Holes or a wrong total are faults of the schema: compilers would disagree on them. */
function placeFields(layout: Layout): readonly (readonly [WireField, number])[] {
  let offset = 0
  const placed = layout.fields.map((field) => {
    const at = offset
    if (at % field.size !== 0) throw new Error(`schema: ${layout.name}.${field.name} is not aligned`)
    offset += fieldSize(field)
    return [field, at] as const
  })
  if (offset !== layout.size)
    throw new Error(`schema: ${layout.name} has ${offset} bytes, not ${layout.size}`)
  return placed
}

const hex = (value: number): string => `0x${value.toString(16)}u`
const pseudoMacro = (name: string): string => `PSEUDO_${name.toUpperCase()}`

function defines(values: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(...values.map(([name]) => name.length))
  return values.map(([name, value]) => `#define ${name.padEnd(width)} ${value}\n`).join('')
}

function cStruct(layout: Layout): string {
  const lines = layout.fields.map((field) => {
    const count = field.count === undefined ? '' : `[${field.count}]`
    return `\tuint${field.size * 8}_t ${field.name}${count}; /* ${field.doc} */\n`
  })
  const asserts = placeFields(layout).map(
    ([field, offset]) =>
      `_Static_assert(offsetof(struct ${layout.name}, ${field.name}) == ${offset}, "${layout.name}.${field.name}");\n`,
  )
  const size = `_Static_assert(sizeof(struct ${layout.name}) == ${layout.size}, "${layout.name}");\n`
  return `/* ${layout.doc} */\nstruct ${layout.name} {\n${lines.join('')}};\n${size}${asserts.join('')}`
}

function cHeader(): string {
  const pseudo = Object.entries(PSEUDO_OPS)
  return [
    '/* Made by tools/generate.ts from src/protocol/schema.ts: do not edit, run `npm run generate`.\n' +
      '   Owns the layout of what crosses the control socket, for C. Data only. */\n',
    '#ifndef OPS_GEN_H\n#define OPS_GEN_H\n',
    '#include <stddef.h>\n#include <stdint.h>\n',
    defines([['PROGRAM_MAGIC', hex(MAGIC)], ['PROGRAM_VERSION', VERSION], ...Object.entries(PROGRAM_FLAGS)]),
    defines(Object.entries(OP_FLAGS)),
    defines(Object.entries(ARG_KINDS)),
    defines([
      ['PSEUDO_BIT', hex(PSEUDO_BIT)],
      ...pseudo.map(([name, { nr }]) => [pseudoMacro(name), hex(PSEUDO_BIT + nr)] as const),
    ]),
    `/* How many arguments a pseudo-op has. */\n${defines(
      pseudo.map(([name, { args }]) => [`${pseudoMacro(name)}_ARGS`, args.length]),
    )}`,
    defines(Object.entries(MESSAGE_KINDS)),
    defines([
      ['GATE_GO', GATE_GO],
      ['NO_OP', hex(NO_OP)],
    ]),
    defines(Object.entries(LIMITS)),
    ...layouts.map(cStruct),
    '#endif\n',
  ].join('\n')
}

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('')

const layoutTable = (layout: Layout): string =>
  `### ${layout.name}: ${layout.doc} (${layout.size} bytes)\n\n${table(
    ['offset', 'field', 'bytes', 'meaning'],
    placeFields(layout).map(([field, at]) => [
      at,
      `\`${field.name}\``,
      field.count === undefined ? field.size : `${field.count} x ${field.size}`,
      field.doc,
    ]),
  )}`

/** What the comment above a constant says of it. */
function docOf(name: string): string {
  const [, doc] = new RegExp(`/\\*\\* (.*?) \\*/\\n *(?:export const )?${name}\\b`).exec(schema) ?? []
  return doc ?? ''
}

const constants = (title: string, values: Readonly<Record<string, number>>): string =>
  `### ${title}\n\n${table(
    ['name', 'value', 'meaning'],
    Object.entries(values).map(([name, value]) => [`\`${name}\``, value, docOf(name)]),
  )}`

function markdown(): string {
  const pseudo = Object.entries(PSEUDO_OPS).map(([name, { nr, args, doc }]) => [
    `\`${name}\``,
    nr,
    args.join(', '),
    doc,
  ])
  return [
    '# The protocol between the parent and init\n',
    'Made by `npm run generate` from `src/protocol/schema.ts`, where the reasons are. All numbers are little-endian.\n',
    `A program is a header, its ops, then its data. Magic ${hex(MAGIC).slice(0, -1)} ("LCOP"), version ${VERSION}.\n`,
    `## Pseudo-ops\n\nAny other op is a system call. In \`nr\` these carry the bit ${hex(PSEUDO_BIT).slice(0, -1)}.\n`,
    table(['name', 'nr', 'arguments', 'what it does'], pseudo),
    '## Constants\n',
    constants('Program flags', PROGRAM_FLAGS),
    constants('Op flags', OP_FLAGS),
    constants('Argument kinds', ARG_KINDS),
    constants('Messages', { ...MESSAGE_KINDS, GATE_GO, NO_OP }),
    constants('Limits', LIMITS),
    '## Layouts\n',
    ...layouts.map(layoutTable),
  ].join('\n')
}

const check = process.argv.includes('--check')
for (const [path, content] of [
  ['native/protocol/ops.gen.h', cHeader()],
  ['docs/ops.md', markdown()],
  ...manPages(),
] as const) {
  const file = fileURLToPath(new URL(path, root))
  if (!check) writeFileSync(file, content)
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== content) {
    console.error(`${path} is stale: run "npm run generate"`)
    process.exitCode = 1
  }
}
