// Owns reading the figures of a container again and again, as an async iterable that ends with the container.

import { POLLIN } from '../abi/flags.ts'
import type { CgroupStats } from '../cgroups/cgroup-stats.ts'
import { recordAt, type Shape } from '../config/validate/values/record-at.ts'
import { refuseValue } from '../config/validate/values/refuse.ts'
import { isLibcontainerError } from '../errors.ts'
import { closeFd } from '../system/fd.ts'
import { syscall } from '../system/syscall.ts'
import { openTimer } from '../system/timer.ts'
import { watchContainer } from './events.ts'
import { type Instance, isInitAlive } from './instance.ts'
import { controllersAt, readContainerStats, type StatsOptions } from './stats.ts'

export interface WatchStatsOptions extends StatsOptions {
  /** How long after the beginning, and after that, the figures are read. Intervals that nobody waited through become one. */
  readonly intervalMs: number
}

const SHAPE: Shape<WatchStatsOptions> = {
  what: 'a way to watch statistics',
  readers: { controllers: controllersAt, intervalMs: intervalAt },
  required: ['intervalMs'],
}

/** @throws ConfigInvalid for what is no interval or controller; iterating throws as `stats`, and ContainerNotRunning */
export function watchStats(instance: Instance, options: WatchStatsOptions): AsyncIterable<CgroupStats> {
  const { intervalMs, ...statsOptions } = recordAt(options, '', SHAPE)
  const { kernel } = instance.host
  return watchContainer(instance, 'watch the statistics of', () => {
    const fd = openTimer(kernel, intervalMs, 'again')
    const expirations = new Uint8Array(8)
    return {
      fd,
      events: POLLIN,
      take: (ready) => {
        if (ready === 0) return null
        syscall(kernel, 'read', fd, expirations, expirations.length)
        return readIfThere(instance, statsOptions)
      },
      isGone: () => false,
      close: () => closeFd(kernel, fd),
    }
  })
}

/** The cgroup goes after the container has ended, and may go while it is read. */
function readIfThere(instance: Instance, options: StatsOptions): CgroupStats | null {
  try {
    return readContainerStats(instance, options)
  } catch (error) {
    if (isLibcontainerError(error) && !isInitAlive(instance)) return null
    throw error
  }
}

function intervalAt(value: unknown, at: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
  return refuseValue(at, 'a number of milliseconds above 0', value)
}
