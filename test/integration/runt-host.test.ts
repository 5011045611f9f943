// Tests of the QuickJS host: that its kernel is the same as Node's, and that whatever goes wrong in JavaScript ends in
// one line on standard error and status 1.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { buildProgram } from '../helpers/build-runt.ts'
import { reportKernel } from '../helpers/kernel-report.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runt-host-'))
after(() => rmSync(scratch, { recursive: true }))

let program = ''
before(() => {
  program = buildProgram('test/helpers/host-program.ts', 'host-program')
})

const run = (...args: readonly string[]) =>
  spawnSync(program, args, { encoding: 'utf8', env: { A: 'é', B: '' }, input: 'x' })

/** Runs in a shell, as `"$@"`. */
const runInShell = (script: string, ...args: readonly string[]) =>
  spawnSync('/bin/sh', ['-c', script, 'sh', program, ...args], { encoding: 'utf8' })

test('its kernel is the same as that of Node', async () => {
  const file = join(scratch, 'file')
  const { status, stdout, stderr } = run('kernel', file)
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
  assert.equal(stdout, await reportKernel(nodeKernel(), file))
})

test('arguments and environment come as they are', () => {
  assert.equal(
    run('arguments', 'a b', '', '€😀').stdout,
    JSON.stringify([
      ['a b', '', '€😀'],
      ['A=é', 'B='],
    ]),
  )
})

test('the result of main is the exit status', () => {
  assert.equal(run('status', '0').status, 0)
  assert.equal(run('status', '7').status, 7)
  assert.equal(run('status', '143').status, 143)
})

const faults: Readonly<Record<string, RegExp>> = {
  throw: /^runt: Error: first line second line; at throw\n$/,
  'throw-no-error': /^runt: an object\n$/,
  'throw-worse': /^runt: .*an error without a text\n$/,
  'reject-unseen': /^runt: Error: nobody looks.*\n$/,
  'wait-for-nothing': /^runt: InternalError: it waits for something that nothing can bring.*\n$/,
  'no-status': /^runt: TypeError: the exit status must be a safe integer.*\n$/,
  stack: /^runt: InternalError: stack overflow; at deeper\n$/,
  eval: /^runt: TypeError: eval is not supported.*\n$/,
}

for (const [deed, expected] of Object.entries(faults))
  test(`one line and status 1: ${deed}`, () => {
    const { status, stdout, stderr } = run(deed)
    assert.match(stderr, expected)
    assert.deepEqual({ status, stdout }, { status: 1, stdout: '' })
  })

test('one line and status 1: memory', () => {
  const { status, stderr } = runInShell('ulimit -v 50000; exec "$@"', 'memory')
  assert.match(stderr, /^runt: (InternalError: )?out of memory.*\n$/)
  assert.equal(status, 1)
})

test('a rejection that is handled later is no fault', () => {
  assert.deepEqual(run('reject-seen-later').stderr, '')
})

test('it sleeps until a descriptor is ready', () => {
  assert.equal(runInShell('(sleep 0.1; echo) | "$@"', 'wait-for-input').stdout, 'ready')
})

test('memory of every size holds what was written to it', () => {
  assert.deepEqual([run('heap').status, run('heap').stderr], [0, ''])
})

test('cycles are collected', () => {
  assert.equal(runInShell('ulimit -v 50000; exec "$@"', 'cycles').status, 0)
})

test('standard streams that the caller closed are open', () => {
  assert.equal(runInShell('"$@" <&- >&- 2>&-; echo $?', 'streams').stdout, '0\n')
})
