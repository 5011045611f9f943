// Owns turning what a caller asks for as standard streams into descriptors for the core and streams for the caller.

import type { Readable, Writable } from 'node:stream'
import {
  closeAll,
  closeFd,
  describeValue,
  isOpenFd,
  type Kernel,
  LibcontainerError,
  openPipe,
  type ProcessHandle,
  type ProcessIo,
  type ProcessSpec,
  type Stdio,
} from '../core.ts'
import { FdReadable } from './fd-readable.ts'
import { FdWritable } from './fd-writable.ts'
import { Terminal } from './terminal.ts'

/** Something with a descriptor of its own: a number, an open file, a socket, a terminal stream. */
export type HasDescriptor = number | { readonly fd: number }

/**
 * `pipe`: a stream of the process handle. `ignore`: the container's own /dev/null. `inherit`: the same one of the
 * calling program. Else a descriptor that is lent for the start.
 */
export type StdioOption = 'pipe' | 'ignore' | 'inherit' | HasDescriptor

export interface StdioOptions {
  /** @default 'pipe' */
  readonly stdin?: StdioOption
  /** @default 'pipe' */
  readonly stdout?: StdioOption
  /** @default 'pipe' */
  readonly stderr?: StdioOption
  /** Become 3, 4 and so on in the process. Lent for the start. @default [] */
  readonly extraFiles?: readonly HasDescriptor[]
}

/** The options of a process that say what its streams are. */
export type StreamOptions = StdioOptions & Pick<ProcessSpec, 'terminal'>

/** The caller's ends of the pipes, or of the terminal; null where there is none. The options tell which. */
export interface ProcessStreams<Options extends StreamOptions = StreamOptions> {
  /** What the process reads. */
  readonly stdin: StreamOf<Options, 'stdin', Writable>
  /** What the process writes. Left unread, it holds the process up once the pipe is full. */
  readonly stdout: StreamOf<Options, 'stdout', Readable>
  /** @see stdout */
  readonly stderr: StreamOf<Options, 'stderr', Readable>
  /** What the process shows and is typed, in place of the three others. */
  readonly terminal: TerminalOf<Options>
}

type TerminalOf<Options> = Options extends { readonly terminal: infer Option }
  ? Option extends false | undefined
    ? null
    : Terminal
  : 'terminal' extends keyof Options
    ? Terminal | null
    : null

type StreamOf<Options, Name extends string, Stream> = Options extends { readonly [K in Name]: infer Option }
  ? Option extends 'pipe'
    ? Stream
    : null
  : TerminalOf<Options> extends null
    ? Options extends { readonly [K in Name]?: infer Option }
      ? StdioOption extends Option
        ? Stream | null
        : Stream
      : Stream
    : null extends TerminalOf<Options>
      ? Stream | null
      : null

export interface OpenedStdio {
  readonly io: ProcessIo
  /** After the start: closes the process's ends and makes streams of ours; takes the terminal over. */
  streams(process: ProcessHandle): ProcessStreams
  /** After a start that failed: closes all. */
  close(): void
}

const NAMES = ['stdin', 'stdout', 'stderr'] as const

/** @throws ConfigInvalid, SystemError */
export function openStdio(kernel: Kernel, options: StreamOptions): OpenedStdio {
  const fallback = options.terminal ? 'ignore' : 'pipe'
  const extraFiles = openExtraFiles(kernel, options.extraFiles ?? [])
  const ours: (number | null)[] = []
  const theirs: number[] = []
  const open = (index: 0 | 1 | 2): Stdio => {
    const { [NAMES[index]]: option = fallback } = options
    ours[index] = null
    if (option === 'ignore') return { kind: 'null' }
    if (option !== 'pipe')
      return {
        kind: 'passed',
        fd: descriptorOf(kernel, option === 'inherit' ? index : option, NAMES[index], STREAM),
      }
    const [read, write] = openPipe(kernel)
    ours[index] = index === 0 ? write : read
    theirs.push(index === 0 ? read : write)
    return { kind: 'pipe', fd: index === 0 ? read : write }
  }
  const close = (): void => {
    closeAll(kernel, theirs.splice(0))
    for (const fd of ours) if (fd !== null) closeFd(kernel, fd)
  }
  try {
    const io: ProcessIo = { stdio: [open(0), open(1), open(2)], extraFiles }
    return {
      io,
      close,
      streams: (process) => makeStreams(kernel, ours, theirs, process),
    }
  } catch (error) {
    close()
    throw error
  }
}

function makeStreams(
  kernel: Kernel,
  ours: readonly (number | null)[],
  theirs: readonly number[],
  process: ProcessHandle,
): ProcessStreams {
  closeAll(kernel, theirs)
  const [stdin = null, stdout = null, stderr = null] = ours
  const { terminal } = process
  const streams = {
    stdin: stdin === null ? null : new FdWritable(kernel, stdin),
    stdout: stdout === null ? null : new FdReadable(kernel, stdout),
    stderr: stderr === null ? null : new FdReadable(kernel, stderr),
    terminal: terminal === null ? null : new Terminal(kernel, terminal),
  }
  const release = (): void => {
    streams.stdin?.closeIfUnread()
    streams.stdout?.takeRest()
    streams.stderr?.takeRest()
  }
  if (process.ended === null) process.onEnd(release)
  else release()
  return streams
}

const MAX_FD = 0x7fffffff
const DESCRIPTOR = 'something with a descriptor'
const STREAM = `'pipe', 'ignore', 'inherit' or ${DESCRIPTOR}`

function openExtraFiles(kernel: Kernel, files: readonly HasDescriptor[]): readonly number[] {
  if (!Array.isArray(files)) throw refuseStream('extraFiles', 'a list of what has a descriptor', files)
  return files.map((file, index) => descriptorOf(kernel, file, `extraFiles[${index}]`, DESCRIPTOR))
}

function descriptorOf(kernel: Kernel, option: HasDescriptor, field: string, expected: string): number {
  const fd = typeof option === 'object' && option !== null ? option.fd : option
  if (!Number.isInteger(fd) || fd < 0 || fd > MAX_FD) throw refuseStream(field, expected, option)
  if (!isOpenFd(kernel, fd)) throw refuseStream(field, 'an open descriptor', fd)
  return fd
}

function refuseStream(field: string, expected: string, came: unknown): LibcontainerError {
  return new LibcontainerError({
    code: 'ConfigInvalid',
    action: `use process.${field}`,
    field: `process.${field}`,
    reason: `expected ${expected}, got ${describeValue(came)}`,
  })
}
