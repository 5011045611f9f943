// Owns freezing and thawing a container.

import { type Instance, lockInstance, requireCgroup, requireRunning } from './instance.ts'

/** Freezes every process; returns when the kernel says so. @throws ContainerNotRunning, ConfigInvalid, SystemError */
export async function pauseContainer(instance: Instance): Promise<void> {
  const cgroup = requireCgroup(instance, 'pause')
  const unlock = await lockInstance(instance, 'exclusive', 'pause')
  try {
    requireRunning(instance, 'pause')
    await cgroup.freeze()
  } finally {
    unlock()
  }
}

/** Lets every process go on. @throws ContainerNotRunning, ConfigInvalid, SystemError */
export async function resumeContainer(instance: Instance): Promise<void> {
  const cgroup = requireCgroup(instance, 'resume')
  const unlock = await lockInstance(instance, 'exclusive', 'resume')
  try {
    requireRunning(instance, 'resume')
    await cgroup.thaw()
  } finally {
    unlock()
  }
}
