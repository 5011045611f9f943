// Owns the events of memory on cgroup v2: memory.events by inotify (Documentation/admin-guide/cgroup-v2.rst, "Memory
// Interface Files"), and triggers on memory.pressure (Documentation/accounting/psi.rst).

import { O_CLOEXEC, O_NONBLOCK, O_RDWR, POLLERR, POLLIN } from '../../abi/flags.ts'
import { closeFd, openFd } from '../../system/fd.ts'
import type { Kernel } from '../../system/kernel.ts'
import { checked, syscall } from '../../system/syscall.ts'
import { type EventSource, WatchedFile } from '../event-source.ts'
import type { MemoryPressureLevel } from '../manager.ts'

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
  const attempt = { action: 'watch', object: `${directory}/memory.events` }
  const memory = new WatchedFile(kernel, `${directory}/memory.events`, attempt)
  const files = [memory]
  let fd = -1
  try {
    const cgroup = new WatchedFile(kernel, `${directory}/cgroup.events`, attempt)
    files.push(cgroup)
    fd = checked(syscall(kernel, 'inotify_init1', O_NONBLOCK | O_CLOEXEC), 'inotify_init1', attempt)
    for (const file of ['memory.events', 'cgroup.events']) {
      const watched = syscall(kernel, 'inotify_add_watch', fd, `${directory}/${file}`, IN_MODIFY)
      checked(watched, 'inotify_add_watch', attempt)
    }
    let known = memory.read()?.oom_kill ?? 0n
    return {
      fd,
      events: POLLIN,
      take: () => {
        const buffer = new Uint8Array(BUFFER_BYTES)
        while (syscall(kernel, 'read', fd, buffer, BUFFER_BYTES) > 0);
        const kills = memory.read()?.oom_kill ?? known
        if (kills <= known) return null
        known = kills
        return { kills }
      },
      isGone: () => cgroup.read()?.populated !== 1n,
      close: () => closeWatch(kernel, fd, files),
    }
  } catch (error) {
    closeWatch(kernel, fd, files)
    throw error
  }
}

/** @throws LibcontainerError SystemError */
export function watchMemoryPressureV2(
  kernel: Kernel,
  directory: string,
  level: MemoryPressureLevel,
): EventSource<{ readonly level: MemoryPressureLevel }> {
  const path = `${directory}/memory.pressure`
  const hint = 'the kernel keeps no figures of pressure: boot it with psi=1'
  const attempt = { action: 'watch', object: path, hint }
  const cgroup = new WatchedFile(kernel, `${directory}/cgroup.events`, attempt)
  let fd = -1
  try {
    fd = openFd(kernel, path, O_RDWR | O_NONBLOCK, attempt)
    const trigger = kernel.encodeText(`${TRIGGERS[level]}\0`)
    checked(syscall(kernel, 'write', fd, trigger, trigger.length), 'write', attempt)
  } catch (error) {
    closeWatch(kernel, fd, [cgroup])
    throw error
  }
  return {
    fd,
    events: POLLPRI,
    // The kernel reports the end of the cgroup as an error.
    take: (ready) => ((ready & POLLPRI) !== 0 && (ready & POLLERR) === 0 ? { level } : null),
    isGone: () => cgroup.read()?.populated !== 1n,
    close: () => closeWatch(kernel, fd, [cgroup]),
  }
}

function closeWatch(kernel: Kernel, fd: number, files: readonly WatchedFile[]): void {
  closeFd(kernel, fd)
  for (const file of files) file.close()
}
