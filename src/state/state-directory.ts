// Owns the directory of a container below the factory's root: making it, locking it, reading and writing its state,
// removing it. Ids have been checked before they come here (DESIGN 6, invariant 8).

import { ERRNO } from '../abi/errno.ts'
import { AT_FDCWD, LOCK_EX, LOCK_NB, LOCK_SH, O_CLOEXEC, O_CREAT, O_DIRECTORY, O_EXCL } from '../abi/flags.ts'
import type { ValidConfig } from '../config/container-config.ts'
import { LibcontainerError } from '../errors.ts'
import { closeFd } from '../system/fd.ts'
import {
  makeDirectory,
  readDirectory,
  readTextIfExists,
  removeDirectory,
  removeFile,
  replaceFile,
} from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { isProcessAlive, type ProcessIdentity } from '../system/procfs.ts'
import { sleep } from '../system/reactor.ts'
import { isAtPath, statPath } from '../system/stat.ts'
import { checked, syscall, systemError } from '../system/syscall.ts'
import { listenAt } from '../system/unix-socket.ts'
import type { StateHead } from './container-state.ts'
import { withNamespacePaths } from './namespace-paths.ts'
import { formatConfig, formatState, parseConfig, parseState } from './state-text.ts'

const STATE_FILE = 'state.json'
const MODE = 0o700
/** There when somebody wants the container destroyed who does not hold the lock. */
const DOOMED_FILE = 'doomed'
/** What the container sees of it; nothing else is ever in there than a socket. */
export const NOTIFY_DIRECTORY = 'notify'
const NOTIFY_MODE = 0o755
/** include/uapi/linux/limits.h. */
const NAME_MAX = 255
const RENAME_NOREPLACE = 1
/** How long a lock is waited for, and how often it is asked for. */
const LOCK_TIMEOUT_MS = 60_000
const LOCK_RETRY_MS = 5

/** A state as it is on disk. */
export interface SavedState {
  readonly head: StateHead
  /** Read at the first need of it. @throws SystemError when it cannot be understood */
  readonly config: ValidConfig
}

export class StateDirectory {
  readonly path: string
  readonly #kernel: Kernel
  readonly #id: string
  readonly #root: string
  readonly #self: () => ProcessIdentity
  /** Another program may write it: it was found, and not made by this object. */
  #isFound = false
  /** What was read or written last, so that it is understood once only. */
  #known: { readonly text: string; readonly state: SavedState } | null = null
  /** The configuration that this object has written, with its text: most of the state's, and mostly the same. */
  #written: { readonly config: ValidConfig; readonly text: string | null } | null = null

  /** `self` is the calling process. */
  constructor(kernel: Kernel, root: string, id: string, self: () => ProcessIdentity) {
    this.#kernel = kernel
    this.#id = id
    this.#root = root
    this.#self = self
    this.path = `${root}/${id}`
  }

  /**
   * Makes the directory with the state in it, at one stroke: nobody ever sees it without. Of racers, one wins.
   * @throws IdInUse, SystemError
   */
  make(head: StateHead, config: ValidConfig): void {
    const kernel = this.#kernel
    const temporary = this.#aside('new')
    makeDirectory(kernel, temporary, MODE)
    try {
      const file = `${temporary}/${STATE_FILE}`
      const configText = formatConfig(config)
      const text = formatState(withNamespacePaths(head, config), configText)
      const written = kernel.writeFile(AT_FDCWD, file, O_CREAT | O_EXCL, text)
      checked(written, 'write', { action: 'write', object: file })
      if (head.notify_socket) makeOpenDirectory(kernel, `${temporary}/${NOTIFY_DIRECTORY}`)
      const renamed = syscall(kernel, 'renameat2', AT_FDCWD, temporary, AT_FDCWD, this.path, RENAME_NOREPLACE)
      if (renamed === -ERRNO.EEXIST) throw inUse(this.#id)
      checked(renamed, 'renameat2', { action: 'make', object: this.path })
      this.#known = { text, state: { head, config } }
      this.#written = { config, text: configText }
    } catch (error) {
      removeTree(kernel, temporary)
      throw error
    }
  }

  /**
   * Locks the directory against other processes and other objects; the lock ends with the process that holds it.
   * `whenHeld` is called once before waiting, when somebody else holds it.
   * @returns how to unlock; null when the directory is gone
   * @throws SystemError after a minute
   */
  async lock(kind: 'shared' | 'exclusive', whenHeld?: () => Promise<void>): Promise<(() => void) | null> {
    const operation = (kind === 'shared' ? LOCK_SH : LOCK_EX) | LOCK_NB
    for (let waited = 0; ; waited += LOCK_RETRY_MS) {
      const fd = syscall(
        this.#kernel,
        'openat',
        AT_FDCWD,
        this.path,
        O_CLOEXEC | O_DIRECTORY[this.#kernel.arch],
        0,
      )
      if (fd === -ERRNO.ENOENT) return null
      checked(fd, 'openat', { action: 'lock', object: this.path })
      const result = syscall(this.#kernel, 'flock', fd, operation)
      if (result === 0) {
        if (this.#isCurrent(fd)) return () => closeFd(this.#kernel, fd)
        closeFd(this.#kernel, fd)
        continue
      }
      closeFd(this.#kernel, fd)
      const attempt = { action: 'lock', object: this.path }
      if (result !== -ERRNO.EAGAIN) throw systemError(result, 'flock', attempt)
      if (waited === 0) await whenHeld?.()
      if (waited >= LOCK_TIMEOUT_MS)
        throw systemError(-ERRNO.EBUSY, 'flock', {
          ...attempt,
          hint: 'another process works on this container',
        })
      await sleep(this.#kernel, LOCK_RETRY_MS)
    }
  }

  /** As `read`, for a container of another program's. @throws SystemError */
  find(): SavedState | null {
    this.#isFound = true
    return this.read()
  }

  /** The state, or null when there is none. @throws SystemError when it cannot be read or understood */
  read(): SavedState | null {
    const text = readTextIfExists(this.#kernel, `${this.path}/${STATE_FILE}`)
    if (text === null) return null
    if (text === this.#known?.text) return this.#known.state
    const state = understand(text, `${this.path}/${STATE_FILE}`)
    if (this.#isFound) this.#known = { text, state }
    return state
  }

  /** The configuration that was read or written last; there is one. @throws SystemError when it cannot be understood */
  get config(): ValidConfig {
    return (this.#known?.state ?? (this.#written as { config: ValidConfig })).config
  }

  /** Writes the state whole or not at all. @throws SystemError */
  write(head: StateHead, config: ValidConfig): void {
    const known = this.#written?.config === config ? this.#written.text : null
    const text = formatState(withNamespacePaths(head, config), known ?? formatConfig(config))
    replaceFile(this.#kernel, `${this.path}/${STATE_FILE}`, text)
    // A container that runs keeps no texts: there may be a thousand of them.
    this.#known = this.#isFound ? { text, state: { head, config } } : null
    this.#written = { config, text: null }
  }

  /** A socket in the directory at which its owner listens; one that an earlier process left goes. @throws SystemError */
  listen(name: string): number {
    const file = `${this.path}/${name}`
    checked(removeFile(this.#kernel, file), 'unlinkat', { action: 'remove', object: file })
    return listenAt(this.#kernel, this.path, name)
  }

  /** Tells whoever holds the lock that its work comes to nothing, and why. It is only told: a refusal is passed over. */
  doom(): void {
    this.#kernel.writeFile(AT_FDCWD, `${this.path}/${DOOMED_FILE}`, O_CREAT, '')
  }

  isDoomed(): boolean {
    return typeof statPath(this.#kernel, `${this.path}/${DOOMED_FILE}`, 'nofollow') === 'object'
  }

  /** Removes the directory and the files that we made in it, at one stroke. Nothing there is no error. @throws SystemError */
  remove(): void {
    const aside = this.#aside('gone')
    const rename = (): number =>
      syscall(this.#kernel, 'renameat2', AT_FDCWD, this.path, AT_FDCWD, aside, RENAME_NOREPLACE)
    let renamed = rename()
    if (renamed === -ERRNO.EEXIST) {
      this.sweep()
      renamed = rename()
    }
    if (renamed === -ERRNO.ENOENT) return
    checked(renamed, 'renameat2', { action: 'remove', object: this.path })
    removeTree(this.#kernel, aside)
  }

  /** Removes what a `remove` that was refused half-way had put aside. @throws SystemError */
  sweep(): void {
    removeTree(this.#kernel, this.#aside('gone'))
  }

  // No id holds a comma. The process tells a later factory whether whoever made this is gone; in a container it has
  // the same pid at every start, and its workers share it. An id may be as long as a name can be, so it is cut.
  #aside(why: 'new' | 'gone'): string {
    const { pid, startTime } = this.#self()
    const thread = syscall(this.#kernel, 'gettid')
    return `${this.#root}/${`,${why}-${pid}-${startTime}-${thread}-${this.#id}`.slice(0, NAME_MAX)}`
  }

  // A lock on a directory that was removed meanwhile, or made again by somebody else, locks nothing.
  #isCurrent(fd: number): boolean {
    return isAtPath(this.#kernel, fd, this.path)
  }
}

/** @throws SystemError */
function understand(text: string, path: string): SavedState {
  const refuse = (reason: string): never => {
    throw new LibcontainerError({ code: 'SystemError', action: 'read', object: path, reason })
  }
  const found = parseState(text) ?? refuse('it is not a state of this library, or of another version')
  let config: ValidConfig | null = null
  return {
    head: found.head,
    get config() {
      config ??= parseConfig(found.config) ?? refuse('its configuration is not one of this library')
      return config
    },
  }
}

function inUse(id: string): LibcontainerError {
  return new LibcontainerError({
    code: 'IdInUse',
    action: 'create container',
    object: id,
    reason: 'container with given ID already exists',
  })
}

/** Whatever the umask is: its users are those of the container. */
function makeOpenDirectory(kernel: Kernel, path: string): void {
  makeDirectory(kernel, path, NOTIFY_MODE)
  const changed = syscall(kernel, 'fchmodat', AT_FDCWD, path, NOTIFY_MODE)
  checked(changed, 'fchmodat', { action: 'open to the container', object: path })
}

function removeTree(kernel: Kernel, path: string): void {
  for (const { name, isDirectory } of readDirectory(kernel, path) ?? []) {
    if (isDirectory) removeTree(kernel, `${path}/${name}`)
    else removeFile(kernel, `${path}/${name}`)
  }
  checked(removeDirectory(kernel, path), 'unlinkat', { action: 'remove', object: path })
}

const ASIDE = /^,(?<why>new|gone)-(?<pid>\d+)-(?<startTime>\d+)-/

/**
 * The ids below a root. On the way what was put aside is removed: what is gone, by whoever finds it; what was to be
 * made, when its maker died. @throws SystemError
 */
export function readIds(kernel: Kernel, root: string): readonly string[] {
  const ids: string[] = []
  for (const { name, isDirectory } of readDirectory(kernel, root) ?? []) {
    const maker = ASIDE.exec(name)?.groups
    if (maker === undefined) {
      if (isDirectory) ids.push(name)
    } else if (maker.why === 'gone' || !isProcessAlive(kernel, identityOf(maker))) {
      removeTree(kernel, `${root}/${name}`)
    }
  }
  return ids.sort()
}

function identityOf({ pid = '', startTime = '' }: Record<string, string | undefined>): ProcessIdentity {
  return { pid: Number(pid), startTime }
}
