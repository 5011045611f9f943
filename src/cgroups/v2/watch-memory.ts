// Owns the events of memory on cgroup v2: memory.events by inotify (Documentation/admin-guide/cgroup-v2.rst, "Memory
// Interface Files"), and triggers on memory.pressure (Documentation/accounting/psi.rst).

import { O_CLOEXEC, O_NONBLOCK, O_RDWR, POLLERR, POLLIN } from '../../abi/flags.ts'
import { closeFd, openFd, pollNow } from '../../system/fd.ts'
import type { Kernel } from '../../system/kernel.ts'
import { type Attempt, checked, syscall } from '../../system/syscall.ts'
import { type EventSource, WatchedFile } from '../event-source.ts'
import type { MemoryPressureLevel } from '../manager.ts'
import { refuseLimit } from '../settings.ts'

const IN_MODIFY = 2
/** poll(2): a trigger fired. */
const POLLPRI = 2
const BUFFER_BYTES = 4096

/**
 * Microseconds of waiting for memory in a window of 2 s, the least that callers without CAP_SYS_RESOURCE may ask for:
 * 5 % and 15 % of the time for some task, 15 % for all of them at once.
 */
const TRIGGERS: Readonly<Record<MemoryPressureLevel, string>> = {
  low: 'some 100000 2000000',
  medium: 'some 300000 2000000',
  critical: 'full 300000 2000000',
}

/** Counts what is killed in the cgroup and in those below it. @throws LibcontainerError SystemError */
export function watchOomV2(kernel: Kernel, directory: string): EventSource<{ readonly kills: bigint }> {
  const changes = new ChangeWatch(kernel, directory, 'memory.events')
  let memory: WatchedFile
  try {
    memory = changes.open('memory.events')
  } catch (error) {
    changes.close()
    throw error
  }
  let known = memory.read()?.oom_kill ?? 0n
  return {
    fd: changes.fd,
    events: POLLIN,
    take: () => {
      changes.drain()
      const kills = memory.read()?.oom_kill ?? known
      if (kills <= known) return null
      known = kills
      return { kills }
    },
    isGone: () => changes.isGone(),
    close: () => changes.close(),
  }
}

/**
 * The descriptor of a trigger forgets its event when it is asked, and the reactor, an epoll within an epoll, asks
 * twice. So the change of the file is waited for, and the trigger is asked once, by us.
 * @throws LibcontainerError ConfigInvalid before Linux 6.5, where a trigger does not change the file; SystemError
 */
export function watchMemoryPressureV2(
  kernel: Kernel,
  directory: string,
  level: MemoryPressureLevel,
): EventSource<{ readonly level: MemoryPressureLevel }> {
  if (isOlderThan(kernel, 6, 5)) throw refuseLimit('cgroup', 'triggers of memory pressure need Linux 6.5')
  const path = `${directory}/memory.pressure`
  const hint = 'the kernel keeps no figures of pressure: boot it with psi=1'
  const attempt = { action: 'watch', object: path, hint }
  const trigger = openFd(kernel, path, O_RDWR | O_NONBLOCK, attempt)
  try {
    const text = kernel.encodeText(`${TRIGGERS[level]}\0`)
    checked(syscall(kernel, 'write', trigger, text, text.length), 'write', attempt)
    const changes = new ChangeWatch(kernel, directory, 'memory.pressure')
    return {
      fd: changes.fd,
      events: POLLIN,
      take: () => {
        changes.drain()
        return hasFired(kernel, trigger) ? { level } : null
      },
      isGone: () => changes.isGone(),
      close: () => {
        closeFd(kernel, trigger)
        changes.close()
      },
    }
  } catch (error) {
    closeFd(kernel, trigger)
    throw error
  }
}

/** Whether a trigger fired since it was asked last. That the cgroup is gone is an error, and no event. */
function hasFired(kernel: Kernel, trigger: number): boolean {
  const ready = pollNow(kernel, trigger, POLLPRI)
  return (ready & POLLPRI) !== 0 && (ready & POLLERR) === 0
}

const UTSNAME_BYTES = 390
const UTSNAME_RELEASE = 130

function isOlderThan(kernel: Kernel, major: number, minor: number): boolean {
  const utsname = new Uint8Array(UTSNAME_BYTES)
  syscall(kernel, 'uname', utsname)
  const release = kernel.decodeText(utsname.subarray(UTSNAME_RELEASE, UTSNAME_RELEASE + 65))
  const [ownMajor = 0, ownMinor = 0] = release.split('.').map(Number.parseFloat)
  return ownMajor < major || (ownMajor === major && ownMinor < minor)
}

/** Tells when a file of a cgroup, or cgroup.events, changes (inotify(7)), and when the cgroup has nobody left. */
class ChangeWatch {
  readonly fd: number
  readonly #kernel: Kernel
  readonly #directory: string
  readonly #attempt: Attempt
  readonly #files: WatchedFile[] = []

  /** @throws LibcontainerError SystemError */
  constructor(kernel: Kernel, directory: string, file: string) {
    this.#kernel = kernel
    this.#directory = directory
    this.#attempt = { action: 'watch', object: `${directory}/${file}` }
    this.fd = checked(
      syscall(kernel, 'inotify_init1', O_NONBLOCK | O_CLOEXEC),
      'inotify_init1',
      this.#attempt,
    )
    try {
      for (const name of [file, 'cgroup.events']) {
        const watched = syscall(kernel, 'inotify_add_watch', this.fd, `${directory}/${name}`, IN_MODIFY)
        checked(watched, 'inotify_add_watch', this.#attempt)
      }
      this.open('cgroup.events')
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Opens a file that is closed with this. @throws LibcontainerError SystemError */
  open(file: string): WatchedFile {
    const opened = new WatchedFile(this.#kernel, `${this.#directory}/${file}`, this.#attempt)
    this.#files.push(opened)
    return opened
  }

  /** Forgets the changes so far: what they are is read from the files. */
  drain(): void {
    const buffer = new Uint8Array(BUFFER_BYTES)
    while (syscall(this.#kernel, 'read', this.fd, buffer, BUFFER_BYTES) > 0);
  }

  isGone(): boolean {
    return this.#files[0]?.read()?.populated !== 1n
  }

  close(): void {
    closeFd(this.#kernel, this.fd)
    for (const file of this.#files) file.close()
  }
}
