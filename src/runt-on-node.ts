// Owns runt as a program of Node or Bun, for where no executable fits: the same command line on the Node host. It is
// what bin/runt executes, and must not be imported.
//   node dist/src/runt-on-node.js FIRST_OWN_FD [ARG]...

import { readFileSync } from 'node:fs'
import { main } from './cli/main.ts'
import { type Kernel, syscall } from './core.ts'
import { nodeKernel } from './node/node-kernel.ts'
import { openProcessSignals } from './node/process-signals.ts'

const F_SETFD = 2

/** Node closes on exec what it was given, the standard streams too; what is below its own is the caller's to hand on. */
function giveBackDescriptors(kernel: Kernel, firstOwnFd: number): void {
  for (let fd = 0; fd < firstOwnFd; fd++) syscall(kernel, 'fcntl', fd, F_SETFD, 0)
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}

/** @returns the exit status */
async function runtOnNode([firstOwnFd, ...args]: readonly string[]): Promise<number> {
  const kernel = nodeKernel()
  giveBackDescriptors(kernel, Number(firstOwnFd))
  const env = Object.entries(process.env).map(([name, value]) => `${name}=${value}`)
  return main(kernel, args, env, {
    build: { version: readVersion(), commit: 'unknown' },
    isExecutable: false,
    openSignals: openProcessSignals,
  })
}

// At once, whatever is still waited for. Nothing is lost: what was said has been written.
process.exit(await runtOnNode(process.argv.slice(2)))
