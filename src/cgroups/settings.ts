// Owns writing limits into the files of a cgroup, and the words for a refusal. What to write is a value, made by the
// controllers without the kernel.

import { ERRNO, errnoName } from '../abi/errno.ts'
import { AT_FDCWD, O_CLOEXEC, O_WRONLY } from '../abi/flags.ts'
import { LibcontainerError } from '../errors.ts'
import { closeFd } from '../system/fd.ts'
import { readTextIfExists } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { syscall } from '../system/syscall.ts'

/** One write into a file of a cgroup. */
export interface Setting {
  /** Its name: `memory.max`. */
  readonly file: string
  readonly value: string
  /** The field that asked for it: `cgroup.memory.limitBytes`. */
  readonly field: string
  /** Where the file is missing, the kernel behaves as if this had been written. @default false */
  readonly isImplied?: boolean
  /** Advice by errno, where the errno misleads. */
  readonly hints?: Readonly<Record<string, string>>
  /** What is written where the file is missing. */
  readonly instead?: Setting
  /** Which text brings the file back to what it said. @default all that it said */
  readonly restore?: (text: string) => string
}

/** What a file said before it was written. */
export interface Replaced {
  readonly path: string
  readonly text: string
}

/**
 * Writes settings in their order. Limits may bind each other (memory and memory with swap; quota, period and burst):
 * no order is right for raising and for lowering all. So what is refused with EINVAL is tried again after the others,
 * as long as that gets any further.
 * @param replaced gets what was there, also when it fails; absent: nobody wants it back
 * @throws LibcontainerError SystemError with the field
 */
export function writeSettings(
  kernel: Kernel,
  directory: string,
  settings: readonly Setting[],
  replaced?: Replaced[],
): void {
  const file = new SettingFile(kernel, directory, replaced)
  try {
    for (let left = settings; left.length > 0; ) {
      const early: Setting[] = []
      for (const setting of left) {
        const result = file.write(setting)
        if (result === -ERRNO.EINVAL) early.push(setting)
        else checkWritten(directory, setting, result)
      }
      if (early.length === left.length) checkWritten(directory, early[0] as Setting, -ERRNO.EINVAL)
      left = early
    }
  } finally {
    file.close()
  }
}

/** Writes back what was replaced, last first, as far as the kernel takes it. */
export function restoreSettings(kernel: Kernel, replaced: readonly Replaced[]): void {
  let left = replaced.toReversed()
  for (let before = left.length + 1; left.length < before; ) {
    before = left.length
    left = left.filter(({ path, text }) => kernel.writeFile(AT_FDCWD, path, 0, text) < 0)
  }
}

/** A configured limit that this machine or this version of cgroups has no means for. */
export function refuseLimit(field: string, reason: string, hint?: string): LibcontainerError {
  return new LibcontainerError({
    code: 'ConfigInvalid',
    action: `use ${field}`,
    reason,
    field,
    ...(hint === undefined ? {} : { hint }),
  })
}

function checkWritten(directory: string, setting: Setting, result: number): void {
  if (result >= 0 || (setting.isImplied === true && result === -ERRNO.ENOENT)) return
  const errno = errnoName(result)
  const hint = setting.hints?.[errno]
  throw new LibcontainerError({
    code: 'SystemError',
    action: `write ${JSON.stringify(setting.value)} to`,
    object: `${directory}/${setting.file}`,
    reason: errno,
    field: setting.field,
    errno,
    syscall: result === -ERRNO.ENOENT ? 'openat' : 'write',
    ...(hint === undefined ? {} : { hint }),
  })
}

// Keeps a file open while the settings that follow go to the same one: a list of device rules is a dozen writes.
class SettingFile {
  readonly #kernel: Kernel
  readonly #directory: string
  readonly #replaced: Replaced[] | undefined
  #name = ''
  #fd = -1

  constructor(kernel: Kernel, directory: string, replaced?: Replaced[]) {
    this.#kernel = kernel
    this.#directory = directory
    this.#replaced = replaced
  }

  /** @returns 0 or more, or the negated errno */
  write(setting: Setting): number {
    const previous = this.#readPrevious(setting)
    const result = this.#write(setting)
    if (result === -ERRNO.ENOENT && setting.instead !== undefined) return this.write(setting.instead)
    if (result >= 0 && previous !== null) this.#replaced?.push(previous)
    return result
  }

  #readPrevious({ file, restore }: Setting): Replaced | null {
    if (this.#replaced === undefined) return null
    const path = `${this.#directory}/${file}`
    const text = readTextIfExists(this.#kernel, path)
    return text === null ? null : { path, text: restore === undefined ? text : restore(text) }
  }

  #write({ file, value }: Setting): number {
    if (file !== this.#name || this.#fd < 0) {
      this.close()
      this.#name = file
      this.#fd = syscall(
        this.#kernel,
        'openat',
        AT_FDCWD,
        `${this.#directory}/${file}`,
        O_WRONLY | O_CLOEXEC,
        0,
      )
      if (this.#fd < 0) return this.#fd
    }
    const bytes = this.#kernel.encodeText(value)
    // memory.limit_in_bytes gives up when any signal waits for this thread, and engines send themselves signals.
    for (;;) {
      const result = syscall(this.#kernel, 'write', this.#fd, bytes, bytes.length)
      if (result !== -ERRNO.EINTR) return result
    }
  }

  close(): void {
    if (this.#fd >= 0) closeFd(this.#kernel, this.#fd)
    this.#fd = -1
  }
}
