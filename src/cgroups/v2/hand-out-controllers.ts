// Owns cgroup.subtree_control of cgroup v2: making the controllers of the root reach a cgroup. A cgroup hands out
// controllers only while it holds no processes itself, the root excepted (cgroups(7), "no internal processes").

import { ERRNO, errnoName } from '../../abi/errno.ts'
import { AT_FDCWD } from '../../abi/flags.ts'
import { LibcontainerError } from '../../errors.ts'
import { readText, readTextIfExists } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import type { CgroupPlace } from '../hierarchies.ts'

const HINTS: Readonly<Record<string, string>> = {
  EBUSY:
    'it holds processes itself: move them into a cgroup below it, or give the container a path elsewhere',
  ENOTSUP: 'it is threaded: give the container a path below a domain cgroup',
  EACCES: "it is not the caller's, and does not hand the controller out: delegate it (cgroups(7))",
  EINVAL: 'the cpu controller takes no realtime processes outside of the root',
}

interface Refusal {
  readonly directory: string
  readonly errno: string
}

/**
 * Makes controllers reach a cgroup, as many as can. One read when they do already.
 * @param needed the controllers that a limit needs, and the field of that limit
 * @throws LibcontainerError SystemError when one of those is refused
 */
export function handOutControllers(
  kernel: Kernel,
  place: CgroupPlace,
  needed: ReadonlyMap<string, string>,
): void {
  const missing = missingFrom(kernel, `${place.directory}/cgroup.controllers`, place.controllers)
  if (missing.length === 0) return
  const refusals = new Map<string, Refusal>()
  for (const directory of ancestors(place)) {
    // What is not handed out here reaches nothing below.
    const left = missing.filter((controller) => !refusals.has(controller))
    if (left.length === 0) break
    const wanted = missingFrom(kernel, `${directory}/cgroup.subtree_control`, left)
    for (const [controller, result] of enable(kernel, directory, wanted)) {
      refusals.set(controller, { directory, errno: errnoName(result) })
    }
  }
  for (const [controller, field] of needed) {
    const refusal = refusals.get(controller)
    if (refusal !== undefined) throw refuseController(controller, field, refusal)
  }
}

function missingFrom(kernel: Kernel, file: string, wanted: readonly string[]): readonly string[] {
  const present = readText(kernel, file).trim().split(' ')
  return wanted.filter((controller) => !present.includes(controller))
}

// Returns those that were refused, with the negated errno.
function enable(
  kernel: Kernel,
  directory: string,
  controllers: readonly string[],
): readonly (readonly [controller: string, errno: number])[] {
  if (controllers.length === 0) return []
  // Some controllers (cpu, pids) would be handed out all the same, and make a threaded domain of the cgroup, below
  // which no container can be.
  if (holdsProcesses(kernel, directory)) return controllers.map((controller) => [controller, -ERRNO.EBUSY])
  const write = (text: string) => kernel.writeFile(AT_FDCWD, `${directory}/cgroup.subtree_control`, 0, text)
  if (write(controllers.map((controller) => `+${controller}`).join(' ')) === 0) return []
  // One that is refused takes the others with it: each by itself.
  return controllers
    .map((controller) => [controller, write(`+${controller}`)] as const)
    .filter(([, result]) => result < 0)
}

// The root has no type, and may hold what it likes.
function holdsProcesses(kernel: Kernel, directory: string): boolean {
  const isRoot = readTextIfExists(kernel, `${directory}/cgroup.type`) === null
  return !isRoot && readText(kernel, `${directory}/cgroup.procs`) !== ''
}

// From the mount point down to the cgroup above the place.
function ancestors({ mountPoint, directory }: CgroupPlace): readonly string[] {
  const parts = directory.slice(mountPoint.length + 1).split('/')
  return parts.map((_, index) => [mountPoint, ...parts.slice(0, index)].join('/'))
}

function refuseController(
  controller: string,
  field: string,
  { directory, errno }: Refusal,
): LibcontainerError {
  const hint = HINTS[errno]
  return new LibcontainerError({
    code: 'SystemError',
    action: `hand out the ${controller} controller from cgroup`,
    object: directory,
    reason: errno,
    field,
    errno,
    syscall: 'write',
    ...(hint === undefined ? {} : { hint }),
  })
}
