// Tests the generated table of system calls against the table of our own calls, and against the headers of this machine.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { it } from 'node:test'
import { type FilterArch, IPC_CALLS, SOCKETCALLS, SYSCALL_INDEXES } from './syscall-numbers.ts'
import { SYSCALL_NAMES, SYSCALL_TABLES } from './syscall-table.gen.ts'
import { SYSCALLS } from './syscalls.ts'

const numberOf = (arch: FilterArch, name: string): number =>
  SYSCALL_TABLES[arch].indexOf(String.fromCharCode(SYSCALL_INDEXES.get(name) as number))

it('has the numbers of our own calls', () => {
  for (const [name, [x86_64, aarch64]] of Object.entries(SYSCALLS)) {
    if (x86_64 >= 0) assert.equal(numberOf('x86_64', name), x86_64, name)
    if (aarch64 >= 0) assert.equal(numberOf('aarch64', name), aarch64, name)
  }
})

it('knows every name once, and every call that is made through another', () => {
  const names = SYSCALL_NAMES.split('\n')
  assert.equal(new Set(names).size, names.length)
  for (const name of [...SOCKETCALLS.slice(1), ...Object.keys(IPC_CALLS), 'socketcall', 'ipc'])
    assert.ok(SYSCALL_INDEXES.has(name), name)
})

const HEADER = '/usr/include/x86_64-linux-gnu/asm/unistd_64.h'

it('has the numbers of the headers here', {
  skip: existsSync(HEADER) ? false : `there is no ${HEADER}`,
}, () => {
  const lines = readFileSync(HEADER, 'utf8').matchAll(/^#define __NR_(\w+) (\d+)$/gm)
  const found = [...lines].map(([, name = '', number]) => [name, Number(number)] as const)
  assert.ok(found.length > 300)
  for (const [name, number] of found)
    if (SYSCALL_INDEXES.has(name)) assert.equal(numberOf('x86_64', name), number, name)
})
