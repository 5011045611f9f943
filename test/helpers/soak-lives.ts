// Owns the lives that the soak goes through: whole containers from create to destroy, each with other features, some
// of which fail, are given up, or are ended from outside. A life checks what it did itself, and leaves nothing.

import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import type { Container, ContainerConfig, Factory, Process, Terminal } from 'libcontainer'
import { SLEEP, shell } from './container-test.ts'

export interface Life {
  readonly name: string
  readonly config?: Partial<ContainerConfig>
  readonly live: (container: Container) => Promise<void>
}

const said = async (process: Process): Promise<string> => {
  const [stdout] = await Promise.all([text(process.stdout as NodeJS.ReadableStream), process.wait()])
  process.stderr?.destroy()
  return stdout
}

const echo = async (container: Container): Promise<void> => {
  assert.equal(await said(await container.start(shell('echo x'))), 'x\n')
}

const refuses = async (start: Promise<unknown>, pattern: RegExp): Promise<void> => {
  const error = await start.then(
    () => 'nothing',
    (thrown: unknown) => thrown,
  )
  assert.match(String(error), pattern)
}

/** Many are plain, as most containers are. */
export const LIVES: readonly Life[] = [
  { name: 'plain', live: echo },
  {
    name: 'a first and later processes',
    live: async (container) => {
      await container.start(SLEEP)
      await Promise.all([echo(container), echo(container)])
    },
  },
  {
    name: 'a user namespace',
    config: {
      namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }, { type: 'ipc' }],
      uidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
      gidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
    },
    live: echo,
  },
  {
    name: 'a start that fails, and one that does not',
    live: async (container) => {
      await refuses(container.start({ args: ['/nope'] }), /ENOENT/)
      await echo(container)
    },
  },
  {
    name: 'pause, figures, and an end from outside',
    live: async (container) => {
      const process = await container.start(SLEEP)
      await container.pause()
      assert.equal(await container.status(), 'paused')
      assert.ok((await container.stats()).pids)
      await container.destroy()
      assert.equal((await process.wait()).signal, 'SIGKILL')
    },
  },
  {
    name: 'given up',
    live: async (container) => {
      const signal = AbortSignal.timeout(1)
      const process = await container.start({ ...SLEEP, signal }).catch(() => null)
      if (process !== null) assert.equal((await process.wait()).signal, 'SIGKILL')
    },
  },
  {
    name: 'a terminal',
    live: async (container) => {
      const process = await container.start({ args: ['/bin/echo', 'x'], terminal: true })
      const [shown] = await Promise.all([text(process.terminal as Terminal), process.wait()])
      assert.equal(shown, 'x\r\n')
    },
  },
  {
    name: 'watched until it ends',
    live: async (container) => {
      const process = await container.start(SLEEP)
      const watching = (async () => {
        for await (const event of container.oomEvents()) assert.fail(`nothing was short: ${event}`)
      })()
      process.signal('SIGKILL')
      await Promise.all([process.wait(), watching])
    },
  },
]

/** One container, with a cgroup of its own. */
export async function liveOnce(
  factory: Factory,
  rootfs: string,
  id: string,
  { config = {}, live }: Life,
): Promise<void> {
  const cgroup = { path: `/${id}`, memory: { limitBytes: 64n << 20n }, pids: { limit: 64 } }
  const container = await factory.create(id, { rootfs, cgroup, ...config })
  try {
    await live(container)
  } finally {
    await container.destroy()
  }
}
