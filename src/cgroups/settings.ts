// Owns writing limits into the files of a cgroup, and the words for a refusal. What to write is a value, made by the
// controllers without the kernel.

import { ERRNO, errnoName } from '../abi/errno.ts'
import { AT_FDCWD, O_CLOEXEC, O_WRONLY } from '../abi/flags.ts'
import { LibcontainerError } from '../errors.ts'
import { closeFd } from '../system/fd.ts'
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
}

/**
 * Writes settings in their order. Two limits may bind each other (memory and memory with swap; quota and period): no
 * order is right for raising and for lowering both. So what is refused with EINVAL is tried again after the others.
 * @throws LibcontainerError SystemError with the field
 */
export function writeSettings(kernel: Kernel, directory: string, settings: readonly Setting[]): void {
  const early: Setting[] = []
  const file = new SettingFile(kernel, directory)
  try {
    for (const setting of settings) {
      const result = file.write(setting)
      if (result === -ERRNO.EINVAL) early.push(setting)
      else checkWritten(directory, setting, result)
    }
    for (const setting of early) checkWritten(directory, setting, file.write(setting))
  } finally {
    file.close()
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
  #name = ''
  #fd = -1

  constructor(kernel: Kernel, directory: string) {
    this.#kernel = kernel
    this.#directory = directory
  }

  write({ file, value }: Setting): number {
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
