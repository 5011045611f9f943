// Runs code that nobody trusts: no network, no rights, no way to write, little memory, few processes, little time.
// Each snippet tries to break one of these limits.

import { text } from 'node:stream/consumers'
import { type ContainerConfig, Factory } from 'libcontainer'
import { withTemporaryRootfs } from '../temporary-rootfs.ts'

const snippets = {
  harmless: 'echo 6 times 7 is $((6 * 7))',
  'endless loop': 'while :; do :; done',
  'fork bomb': 'for i in $(seq 100); do sleep 5 & done',
  'memory hog': 'x=0123456789abcdef; while :; do x=$x$x; done',
  'change of the system':
    'echo evil >/etc/passwd; echo evil >/proc/sys/kernel/hostname; mount -t tmpfs x /tmp',
  'a look around': 'ls /sys/class/net; nc -w 1 192.0.2.1 80; ls /proc | grep -c ^[0-9]',
}

function configure(rootfs: string): ContainerConfig {
  return {
    rootfs,
    readonlyRootfs: true,
    capabilities: [],
    networks: [],
    cgroup: {
      path: `/libcontainer-sandbox-${process.pid}`,
      memory: { limitBytes: 16n << 20n },
      cpu: { quotaMicros: 50_000 },
      pids: { limit: 10 },
    },
    rlimits: [{ type: 'CORE', soft: 0, hard: 0 }],
  }
}

await withTemporaryRootfs(async ({ rootfs, state }) => {
  const factory = await Factory.open(state)
  for (const [name, snippet] of Object.entries(snippets)) {
    await using container = await factory.create('sandbox', configure(rootfs))
    const timeout = AbortSignal.timeout(5000)
    const shell = await container.start({
      args: ['/bin/sh', '-c', snippet],
      env: ['PATH=/bin'],
      user: '65534:65534',
      stdin: 'ignore',
      signal: timeout, // kills the shell, and with it, as it is process 1, everything that it started
    })
    const [output, errors, end] = await Promise.all([text(shell.stdout), text(shell.stderr), shell.wait()])
    const verdict = timeout.aborted ? 'took too long' : (end.signal ?? `exit code ${end.exitCode}`)
    console.log(`${name}: ${verdict}\n${(output + errors).replaceAll(/^/gm, '    ').trimEnd()}`)
  }
})
