// Tests of the commands of runt that look at a running container, stop it for a while, and let it go on.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { until } from '../helpers/container-test.ts'
import { RuntScene, skip } from '../helpers/runt-scene.ts'

const options = { skip, timeout: 300_000 }
const scene = new RuntScene('pause')

test('ps lists the pids on the host', options, async () => {
  const { id, end } = await scene.start()
  const { status, stdout, stderr } = scene.runt('ps', '--format', 'json', id)
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /^\[\d+(,\d+)*\]\n$/)
  const nameOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  // What the shell has forked is a shell until it is sleep.
  await until('sh and sleep', () => JSON.parse(stdout).map(nameOf).sort().join() === 'sh,sleep')
  await end()
})

test('pause and resume', options, async () => {
  const { id, end } = await scene.start()
  assert.deepEqual(scene.runt('pause', id), { status: 0, stdout: '', stderr: '' })
  assert.match(scene.runt('pause', id).stderr, /container not running: it is paused/)
  assert.deepEqual(scene.runt('resume', id), { status: 0, stdout: '', stderr: '' })
  const again = scene.runt('resume', id)
  assert.match(again.stderr, /^runt: Cannot resume .*container not paused\n$/)
  assert.equal(again.status, 1)
  await end()
})

for (const command of ['ps', 'pause', 'resume'])
  test(`${command}: no such container`, options, () => {
    const { status, stdout, stderr } = scene.runt(command, 'nobody')
    assert.match(stderr, /^runt: .*"nobody".*container does not exist\n$/)
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(scene.runt(command, '../nobody').stderr, /^runt: .*: invalid container ID format\n$/)
  })
