// Tests of what /proc says about a process that is killed: from that moment on it is ending, also while it cannot run.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { isProcessEnding, readProcessStat } from '../../src/system/procfs.ts'
import { until } from '../helpers/container-test.ts'

test('a process is ending from its SIGKILL on, and no other signal makes it so', async (t) => {
  const kernel = nodeKernel()
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  const pid = child.pid as number
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  assert.equal(isProcessEnding(kernel, pid), false)
  child.kill('SIGSTOP')
  // Stopped for certain: to one that runs, the kernel makes a SIGKILL of a signal that ends it (complete_signal of kernel/signal.c).
  await until('it is stopped', () => readProcessStat(kernel, pid)?.state === 'T')
  child.kill('SIGTERM')
  assert.equal(isProcessEnding(kernel, pid), false)
  child.kill('SIGKILL')
  assert.equal(isProcessEnding(kernel, pid), true)
  await ended
  assert.equal(isProcessEnding(kernel, pid), true, 'gone')
})
