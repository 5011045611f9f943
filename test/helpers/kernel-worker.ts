// Owns a worker that leaves everything unfinished: it polls and spawns, says so, and then waits for its end without
// giving its event loop a chance to hear what came of it.

import { parentPort, workerData } from 'node:worker_threads'
import { nodeKernel } from '../../src/node/node-kernel.ts'

export interface WorkerTask {
  readonly polls: readonly number[]
  readonly spawns: number
  readonly program: Uint8Array
}

const { polls, spawns, program } = workerData as WorkerTask
const kernel = nodeKernel()
for (const fd of polls) void kernel.poll(fd, 1)
for (let i = 0; i < spawns; i++) {
  void kernel.spawn({ flags: 0, cgroup: -1, pidNamespace: -1, program, descriptors: [] })
}
parentPort?.postMessage('busy')
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
