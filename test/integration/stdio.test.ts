// Tests the standard streams: pipes with back-pressure both ways, files and sockets passed on, ignored and inherited
// ones, and what happens when an end is closed early.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessOptions } from 'libcontainer'
import {
  containerTest,
  finish,
  output,
  refused,
  runIn,
  SLEEP,
  shell,
  until,
} from '../helpers/container-test.ts'
import { Program } from '../helpers/second-program.ts'

const MEBIBYTE = 1 << 20
const env = ['PATH=/bin']

containerTest('ten megabytes in and ten out, at the same time, byte for byte', async ({ create }) => {
  const container = await create()
  const cat = await container.start({ args: ['/bin/cat'] })
  const sent = createHash('sha256')
  const received = createHash('sha256')
  async function* blocks(): AsyncGenerator<Buffer> {
    for (let index = 0; index < 160; index++) {
      const block = Buffer.alloc(MEBIBYTE / 16, index)
      sent.update(block)
      yield block
    }
  }
  let length = 0
  const reading = (async () => {
    for await (const chunk of cat.stdout) {
      received.update(chunk)
      length += chunk.length
    }
  })()
  await pipeline(Readable.from(blocks()), cat.stdin)
  await reading
  assert.equal(length, 10 * MEBIBYTE)
  assert.equal(received.digest('hex'), sent.digest('hex'))
  assert.equal((await cat.wait()).exitCode, 0)
})

containerTest('back-pressure: a writer waits for a reader, both ways', async ({ create, rootfs }) => {
  const container = await create()
  const yes = await container.start({ ...shell('yes | head -c 20971520; echo done >&2'), stdin: 'ignore' })
  await sleep(200)
  assert.ok(yes.stdout.readableLength <= 4 * 65_536, `held: ${yes.stdout.readableLength}`)
  const [all] = await Promise.all([buffer(yes.stdout), text(yes.stderr)])
  assert.equal(all.length, 20 * MEBIBYTE)

  const slow = await container.start({
    args: ['/bin/sh', '-c', 'until test -e /tmp/full; do sleep 0.01; done; wc -c'],
    env,
  })
  let accepted = 0
  const block = Buffer.alloc(65_536)
  while (slow.stdin.write(block)) accepted++
  assert.ok(accepted < 20, `it took ${accepted} blocks before it asked to wait`)
  writeFileSync(join(rootfs, 'tmp/full'), '')
  await new Promise((resolve) => slow.stdin.once('drain', resolve))
  slow.stdin.end()
  assert.equal((await finish(slow)).stdout.trim(), String((accepted + 1) * block.length))
})

containerTest('both outputs at once, each far more than a pipe holds', async ({ run }) => {
  const script = 'yes out | head -c 1048576 & yes err | head -c 1048576 >&2; wait'
  const { stdout, stderr } = await run({}, script)
  assert.deepEqual([stdout.length, stderr.length], [MEBIBYTE, MEBIBYTE])
  assert.ok(/^(out\n)+$/.test(stdout) && /^(err\n)+$/.test(stderr))
})

containerTest(
  'wait does not wait for output that nobody reads, nor for the end of a pipe',
  async ({ create }) => {
    const container = await create()
    const process = await container.start(shell('echo unread; (sleep 1000) & exit 4'))
    assert.equal((await process.wait()).exitCode, 4)
    assert.equal((await process.wait()).exitCode, 4)
    assert.equal(await text(process.stdout), 'unread\n')
  },
)

containerTest('standard input ends when it is ended, and an empty one at once', async ({ create }) => {
  const container = await create()
  const cat = await container.start({ args: ['/bin/cat'] })
  cat.stdin.write('one ')
  cat.stdin.end('two')
  assert.equal((await finish(cat)).stdout, 'one two')
  const empty = await container.start({ args: ['/bin/cat'] })
  empty.stdin.end()
  assert.deepEqual(await finish(empty), { stdout: '', stderr: '', status: 0 })
})

containerTest(
  'writing to a process that has ended is an error of the stream, and nothing more',
  async ({ create }) => {
    const container = await create()
    const process = await container.start({ args: ['/bin/true'] })
    await process.wait()
    const failure = once(process.stdin, 'error')
    process.stdin.write('x'.repeat(MEBIBYTE))
    const [error] = await failure
    assert.equal(error.errno, 'EPIPE')
  },
)

containerTest('a reader that goes away early ends the writer with SIGPIPE', async ({ create }) => {
  const container = await create()
  // Process 1 of a pid namespace would get no SIGPIPE, but an error.
  await container.start(SLEEP)
  const yes = await container.start({ args: ['/bin/yes'], stdin: 'ignore', stderr: 'ignore' })
  for await (const _ of yes.stdout) break
  assert.equal((await yes.wait()).signal, 'SIGPIPE')
})

containerTest(
  "ignored streams are the container's own /dev/null, for reading and writing",
  async ({ create }) => {
    const container = await create()
    const process = await container.start(SLEEP)
    const script = `for n in 0 1 2; do readlink /proc/1/fd/$n; done; stat -Lc '%t:%T' /proc/1/fd/1`
    assert.equal(await output(runIn(container, script)), '/dev/null\n/dev/null\n/dev/null\n1:3')
    assert.deepEqual([process.stdin, process.stdout, process.stderr], [null, null, null])
    const quiet = await container.start({ ...shell('read x; echo $?; echo $? >&2'), stderr: 'ignore' })
    assert.equal((await finish(quiet)).stdout, '1\n')
  },
)

containerTest('files are passed on as they are, with their position', async ({ create, directory }) => {
  const [input, log] = [join(directory, 'in'), join(directory, 'log')]
  writeFileSync(input, 'first\nsecond\n')
  const [stdin, stdout] = [openSync(input, 'r'), openSync(log, 'a')]
  const container = await create()
  const args = ['/bin/sh', '-c', 'read line; echo $line; echo of-$line >&2']
  const one = await container.start({ args, env, stdin: { fd: stdin }, stdout, stderr: stdout })
  assert.deepEqual([one.stdin, one.stdout, one.stderr], [null, null, null])
  assert.equal((await one.wait()).exitCode, 0)
  for (const fd of [stdin, stdout]) closeSync(fd)
  assert.equal(readFileSync(log, 'utf8'), 'first\nof-first\n')
})

containerTest('a pipe of one process can feed another', async ({ create }) => {
  const container = await create()
  await container.start(SLEEP)
  const reader = await container.start({ args: ['/bin/wc', '-c'] })
  const writer = await container.start({ args: ['/bin/seq', '1000'], stdin: 'ignore' })
  await pipeline(writer.stdout, reader.stdin)
  assert.equal((await text(reader.stdout)).trim(), '3893')
})

containerTest('the pipes belong to the user, who can open them again', async ({ run }) => {
  const script = 'echo one >/dev/stdout; echo two >/dev/stderr; echo three >/proc/self/fd/1'
  const process = { args: ['/bin/sh', '-c', script], env, user: 'daemon', stdin: 'ignore' } as const
  const { stdout, stderr, status } = await run({}, process)
  assert.deepEqual([stdout, stderr, status], ['one\nthree\n', 'two\n', 0])
})

containerTest('inherited streams are those of the calling program', async ({ directory, rootfs }) => {
  const program = new Program(
    `import { Factory } from 'libcontainer'
     const factory = await Factory.open(process.argv[2])
     const container = await factory.create('inherit', { rootfs: process.argv[3] })
     const child = await container.start({
       args: ['/bin/sh', '-c', 'read line; echo got $line; read line; echo got $line'],
       stdin: 'inherit', stdout: 'inherit', stderr: 'inherit',
     })
     await child.wait()
     await container.destroy()`,
    join(directory, 'state'),
    rootfs,
  )
  program.write('hello\n')
  assert.equal(await program.line(), 'got hello')
  program.write('again\n')
  assert.equal(await program.finish(), 'got again')
})

containerTest('output arrives as it is written, not at the end', async ({ create }) => {
  const container = await create()
  const process = await container.start({ args: ['/bin/sh', '-c', 'echo early; read x; echo late'], env })
  const lines: string[] = []
  process.stdout.on('data', (chunk: Buffer) => lines.push(chunk.toString()))
  await until('the first line', () => lines.length > 0)
  assert.deepEqual(lines, ['early\n'])
  process.stdin.end('\n')
  await process.wait()
  await until('the second line', () => lines.length > 1)
})

containerTest('a stream that is destroyed in the middle of a read leaves no trace', async ({ create }) => {
  const container = await create()
  const process = await container.start({ ...SLEEP, stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' })
  process.stdout.resume()
  process.stderr.resume()
  await sleep(20)
  for (const stream of [process.stdin, process.stdout, process.stderr]) stream.destroy()
  await sleep(20)
  assert.equal(await container.status(), 'running')
})

containerTest(
  'wrong streams, files and signals are refused by name, before anything runs',
  async ({ create }) => {
    const container = await create()
    const wrong: readonly (readonly [string, unknown])[] = [
      ['stdin', 'bogus'],
      ['stdin', 999],
      ['stdout', { fd: 2 ** 32 + 1 }],
      ['stderr', null],
      ['extraFiles', 5],
      ['extraFiles[1]', [0, 999]],
      ['extraFiles[0]', ['pipe']],
    ]
    for (const [field, value] of wrong) {
      const name = field.replace(/\[.*/, '')
      const start = container.start({ ...shell('true'), [name]: value } as ProcessOptions)
      assert.equal((await refused(start, 'ConfigInvalid')).field, `process.${field}`)
    }
    for (const signal of [null, {}, 'TERM'] as unknown[] as AbortSignal[]) {
      const error = await refused(container.start({ ...shell('true'), signal }), 'ConfigInvalid')
      assert.equal(error.field, 'signal')
      assert.throws(() => container.memoryPressure('low', { signal }), {
        code: 'ConfigInvalid',
        field: 'signal',
      })
    }
    assert.equal(await container.status(), 'destroyed')
    assert.equal(await output(runIn(container, 'echo works')), 'works')
  },
)

containerTest(
  'streams that nobody uses cost no descriptor once the process has ended',
  async ({ create }) => {
    const container = await create()
    const init = await container.start({ ...SLEEP, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' })
    const some = async (count: number) => {
      for (let index = 0; index < count; index++) {
        const process = await container.start({
          args: ['/bin/sh', '-c', 'head -c 60000 /dev/zero; echo heard >&2'],
          env,
        })
        await process.wait()
        if (index > 0) continue
        assert.equal(await text(process.stderr), 'heard\n')
        assert.equal((await buffer(process.stdout)).length, 60_000)
      }
      return readdirSync('/proc/self/fd').length
    }
    assert.equal(await some(8), await some(4))
    init.signal('KILL')
    await init.wait()
  },
)

containerTest('a stream that another process of the container still has stays open', async ({ create }) => {
  const container = await create()
  await container.start({ ...SLEEP, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' })
  const process = await container.start({
    args: ['/bin/sh', '-c', 'exec 3<&0; { read line <&3; echo "heard $line"; } & exit 5'],
    env,
  })
  assert.equal((await process.wait()).exitCode, 5)
  process.stdin.end('it\n')
  assert.equal(await text(process.stdout), 'heard it\n')
})
