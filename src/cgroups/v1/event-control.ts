// Owns the events of the memory controller of cgroup v1: an eventfd that is registered in cgroup.event_control
// (Documentation/admin-guide/cgroup-v1/memory.rst, "OOM Control" and "Memory Pressure"). The kernel fires it once
// more when the cgroup is removed.

import { O_CLOEXEC, O_NONBLOCK, POLLIN } from '../../abi/flags.ts'
import { closeFd, openFd } from '../../system/fd.ts'
import { writeText } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { checked, syscall } from '../../system/syscall.ts'
import { type EventSource, WatchedFile } from '../event-source.ts'
import type { MemoryPressureLevel } from '../manager.ts'

/** EFD_CLOEXEC and EFD_NONBLOCK are these (include/linux/eventfd.h). */
const EVENTFD_FLAGS = O_CLOEXEC | O_NONBLOCK
const COUNTER_BYTES = 8

/** @throws LibcontainerError SystemError */
export function watchOomV1(kernel: Kernel, directory: string): EventSource<{ readonly kills: bigint }> {
  return openEventControl(kernel, directory, 'memory.oom_control', '', (counters) => ({
    kills: counters.oom_kill ?? 0n,
  }))
}

/** @throws LibcontainerError SystemError */
export function watchMemoryPressureV1(
  kernel: Kernel,
  directory: string,
  level: MemoryPressureLevel,
): EventSource<{ readonly level: MemoryPressureLevel }> {
  return openEventControl(kernel, directory, 'memory.pressure_level', ` ${level}`, () => ({ level }))
}

function openEventControl<T>(
  kernel: Kernel,
  directory: string,
  file: string,
  args: string,
  toEvent: (counters: Readonly<Record<string, bigint>>) => T,
): EventSource<T> {
  const attempt = { action: 'watch', object: `${directory}/${file}` }
  const counters = new WatchedFile(kernel, `${directory}/memory.oom_control`, attempt)
  let fd = -1
  try {
    fd = checked(syscall(kernel, 'eventfd2', 0, EVENTFD_FLAGS), 'eventfd2', attempt)
    // Only the registration needs this one.
    const watched = openFd(kernel, `${directory}/${file}`, 0, attempt)
    try {
      writeText(kernel, `${directory}/cgroup.event_control`, `${fd} ${watched}${args}`, attempt)
    } finally {
      closeFd(kernel, watched)
    }
  } catch (error) {
    closeFd(kernel, fd)
    counters.close()
    throw error
  }
  return {
    fd,
    events: POLLIN,
    take: () => {
      // Events that came together are one: the counter only says how many.
      if (syscall(kernel, 'read', fd, new Uint8Array(COUNTER_BYTES), COUNTER_BYTES) < 0) return null
      const now = counters.read()
      return now === null ? null : toEvent(now)
    },
    isGone: () => counters.read() === null,
    close: () => {
      closeFd(kernel, fd)
      counters.close()
    },
  }
}
