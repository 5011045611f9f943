// Owns what is told beside the results: errors, warnings and, if asked for, details. People read standard error,
// programs the file of --log, in the form of runc's (logrus), which podman and containerd take apart.

import { checked, type Kernel, syscall, writeAll } from '../core.ts'
import type { GlobalOptions } from './global-options.ts'

const LEVELS = ['debug', 'info', 'warning', 'error'] as const

type Level = (typeof LEVELS)[number]

const STDERR = 2
const AT_FDCWD = -100
/** asm-generic/ioctls.h; the same on all our architectures. Only a terminal has a window size. */
const TIOCGWINSZ = 0x5413
/** O_WRONLY | O_APPEND | O_CREAT | O_SYNC | O_CLOEXEC (fcntl.h; the same on all our architectures). */
const APPEND = 0o1 | 0o2000 | 0o100 | 0o4010000 | 0o2000000
const MODE = 0o644

type Format = (level: Level, text: string) => string

export class Log {
  readonly #kernel: Kernel
  /** -1 without a file. */
  readonly #file: number
  readonly #least: number
  readonly #toFile: Format
  readonly #toPeople: Format

  private constructor(kernel: Kernel, file: number, least: Level, formats: readonly [Format, Format]) {
    this.#kernel = kernel
    this.#file = file
    this.#least = LEVELS.indexOf(least)
    this.#toFile = formats[0]
    this.#toPeople = formats[1]
  }

  /** For what goes wrong before the options are known. */
  static toPeople(kernel: Kernel): Log {
    return new Log(kernel, -1, 'info', [recordText, lineForPeople])
  }

  /** @throws LibcontainerError SystemError when the file cannot be opened */
  static open(kernel: Kernel, options: GlobalOptions): Log {
    const { log: path, 'log-format': format, 'log-level': level = 'info', debug } = options
    const record = format === 'json' ? recordJson : recordText
    const file = path === undefined || path === '' ? -1 : openFile(kernel, path)
    const toPeople = file < 0 && format === 'json' ? recordJson : lineForPeople
    return new Log(kernel, file, debug ? 'debug' : (level as Level), [record, toPeople])
  }

  /** Told to people and to the file. @param brief what is told on a standard error that is no terminal */
  async error(text: string, brief?: string): Promise<void> {
    if (this.#file >= 0) await this.#write(this.#file, this.#toFile('error', text))
    const isBrief = brief !== undefined && this.#toPeople === lineForPeople && !isTerminal(this.#kernel)
    await this.#write(STDERR, isBrief ? `${brief}\n` : this.#toPeople('error', text))
  }

  /** Told to the file, or else to people. */
  warn(text: string): Promise<void> {
    return this.#tell('warning', text)
  }

  /** As `warn`; only if asked for. */
  debug(...texts: readonly string[]): Promise<void> {
    return this.#tell('debug', ...texts)
  }

  /** Whether details are asked for. */
  get isDebug(): boolean {
    return this.#least === 0
  }

  /** In one write: no other line comes between. */
  async #tell(level: Level, ...texts: readonly string[]): Promise<void> {
    if (LEVELS.indexOf(level) < this.#least) return
    const [fd, format] = this.#file >= 0 ? [this.#file, this.#toFile] : [STDERR, this.#toPeople]
    await this.#write(fd, texts.map((text) => format(level, text)).join(''))
  }

  #write(fd: number, text: string): Promise<void> {
    return writeAll(this.#kernel, fd, this.#kernel.encodeText(text))
  }
}

function isTerminal(kernel: Kernel): boolean {
  return syscall(kernel, 'ioctl', STDERR, TIOCGWINSZ, new Uint8Array(8)) >= 0
}

function openFile(kernel: Kernel, path: string): number {
  const attempt = { action: 'open the log', object: path }
  return checked(syscall(kernel, 'openat', AT_FDCWD, path, APPEND, MODE), 'openat', attempt)
}

function lineForPeople(level: Level, text: string): string {
  if (level === 'error') return `runt: ${text}\n`
  return level === 'debug' ? recordText(level, text) : `runt: ${level}: ${text}\n`
}

/** One line: what a text has of line ends is escaped. */
function recordJson(level: Level, msg: string): string {
  return `${JSON.stringify({ level, msg, time: now() })}\n`
}

/** A word needs no quotes, as in logrus. */
function recordText(level: Level, msg: string): string {
  return `time="${now()}" level=${level} msg=${/^[\w./@^+-]+$/.test(msg) ? msg : JSON.stringify(msg)}\n`
}

/** RFC 3339, to the second. */
function now(): string {
  return `${new Date().toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length)}Z`
}
