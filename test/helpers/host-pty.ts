// Owns terminals of the host for tests: what a person sits at, who starts runt there; and a listener for terminals
// that runt hands over.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { TerminalHandle } from '../../src/container/terminal.ts'
import { checked, closeFd, type Kernel, syscall } from '../../src/core.ts'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { Terminal } from '../../src/node/terminal.ts'
import { listenAt } from '../../src/system/unix-socket.ts'
import { until } from './container-test.ts'

const [TCGETS, TIOCSPTLCK, TIOCGPTPEER] = [0x5401, 0x40045431, 0x5441] as const
const RDWR_NOCTTY_CLOEXEC = 0o2 | 0o400 | 0o2000000
const AT_FDCWD = -100
const POLLIN = 1

/** A person at a terminal. */
export class HostPty {
  readonly #kernel = nodeKernel()
  readonly #slave: number
  readonly terminal: Terminal
  /** What the person has seen. */
  text = ''

  constructor(columns: number, rows: number) {
    const call = (
      ...args: Parameters<typeof syscall> extends [Kernel, ...infer Rest] ? Rest : never
    ): number => checked(syscall(this.#kernel, ...args), args[0], { action: 'make a terminal' })
    const master = call('openat', AT_FDCWD, '/dev/ptmx', RDWR_NOCTTY_CLOEXEC, 0)
    call('ioctl', master, TIOCSPTLCK, new Uint8Array(4))
    this.#slave = call('ioctl', master, TIOCGPTPEER, RDWR_NOCTTY_CLOEXEC)
    const handle = new TerminalHandle(this.#kernel, master)
    handle.resize({ columns, rows })
    this.terminal = new Terminal(this.#kernel, handle)
    this.terminal.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk.replaceAll('\x1b[6n', '')
    })
  }

  /** Flags and characters of the terminal, as text. */
  mode(): string {
    const mode = new Uint8Array(36)
    checked(syscall(this.#kernel, 'ioctl', this.#slave, TCGETS, mode), 'ioctl', {
      action: 'look at a terminal',
    })
    return Buffer.from(mode).toString('hex')
  }

  /** Starts a command here, which the terminal controls. A stream that is given takes the place of the terminal. */
  spawn(
    command: readonly string[],
    streams: Partial<Record<'stdin' | 'stdout' | 'stderr', 'pipe' | 'ignore'>> = {},
  ): ChildProcess {
    const { stdin = this.#slave, stdout = this.#slave, stderr = this.#slave } = streams
    // With one of the streams: setsid makes the terminal of its standard input the controlling one.
    const words = stdin === this.#slave ? ['setsid', '-c', ...command] : ['setsid', ...command]
    return spawn(words[0] as string, words.slice(1), { stdio: [stdin, stdout, stderr] })
  }

  async sees(what: string | RegExp): Promise<void> {
    const isThere = (): boolean =>
      typeof what === 'string' ? this.text.includes(what) : what.test(this.text)
    await until(`${what} shows; there is ${JSON.stringify(this.text)}`, isThere)
  }

  close(): void {
    closeSync(this.#slave)
    this.terminal.destroy()
  }
}

/** Exit status, or 128 and the signal, of a child. */
export function ended(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
}

/** Whoever listens on a socket for one descriptor at a time. */
export class ConsoleListener {
  readonly #kernel = nodeKernel()
  readonly #socket: number

  constructor(path: string) {
    this.#socket = listenAt(this.#kernel, dirname(path), basename(path))
  }

  /** The next terminal. */
  async receive(): Promise<{ readonly name: string; readonly terminal: Terminal }> {
    const { text, fd } = await this.receiveDescriptor()
    return { name: text, terminal: new Terminal(this.#kernel, new TerminalHandle(this.#kernel, fd)) }
  }

  /** The next message, after which the sender must have hung up. */
  async receiveDescriptor(): Promise<{ readonly text: string; readonly fd: number }> {
    const attempt = { action: 'receive a terminal' }
    await this.#kernel.poll(this.#socket, POLLIN)
    const peer = checked(
      syscall(this.#kernel, 'accept4', this.#socket, null, null, 0o2000000),
      'accept4',
      attempt,
    )
    await this.#kernel.poll(peer, POLLIN)
    const bytes = new Uint8Array(4096)
    const descriptors = new Int32Array(4)
    const length = checked(this.#kernel.receive(peer, bytes, descriptors), 'recvmsg', attempt)
    const [fd = -1, ...others] = descriptors
    if (others.some((fd) => fd >= 0)) throw new TypeError('more than one descriptor came')
    await this.#kernel.poll(peer, POLLIN)
    const rest = this.#kernel.receive(peer, new Uint8Array(1), new Int32Array(4))
    if (rest !== 0) throw new TypeError(`more came: ${rest}`)
    closeFd(this.#kernel, peer)
    return { text: this.#kernel.decodeText(bytes.subarray(0, length)), fd }
  }

  close(): void {
    closeFd(this.#kernel, this.#socket)
  }
}
