// Owns cgroup.subtree_control of cgroup v2: making the controllers of the root reach a cgroup. A cgroup hands out
// controllers only while it holds no processes itself, the root excepted (cgroups(7), "no internal processes").

import { errnoName } from '../../abi/errno.ts'
import { AT_FDCWD } from '../../abi/flags.ts'
import { LibcontainerError } from '../../errors.ts'
import { readText } from '../../system/files.ts'
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
    const wanted = missingFrom(kernel, `${directory}/cgroup.subtree_control`, missing)
    if (wanted.length === 0 || enable(kernel, directory, wanted) === 0) continue
    // One that is refused takes the others with it.
    for (const controller of wanted) {
      const result = enable(kernel, directory, [controller])
      if (result < 0 && !refusals.has(controller))
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

function enable(kernel: Kernel, directory: string, controllers: readonly string[]): number {
  const text = controllers.map((controller) => `+${controller}`).join(' ')
  return kernel.writeFile(AT_FDCWD, `${directory}/cgroup.subtree_control`, 0, text)
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
