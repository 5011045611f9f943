// Owns choosing the SELinux labels of a new container, for callers who leave that to the policy: the contexts that it
// has for containers, and two categories of its 1024 that tell this container from others.

import { selinuxLabelAt } from '../config/validate/nouns/normalize-security-labels.ts'
import { listAt } from '../config/validate/values/list-at.ts'
import { recordAt, type Shape } from '../config/validate/values/record-at.ts'
import { filledTextAt } from '../config/validate/values/scalar-at.ts'
import { LibcontainerError } from '../errors.ts'
import {
  makeSelinuxLabels,
  type PolicyContexts,
  parsePolicyContexts,
  type SelinuxLabels,
} from '../labels/container-labels.ts'
import { parseSelinuxContext } from '../labels/selinux-context.ts'
import { readTextIfExists } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { missingSelinux } from '../system/security-modules.ts'
import { checked, syscall } from '../system/syscall.ts'

/** Parts that take the place of the policy's, and labels whose categories are not to be used again. */
export interface SelinuxOptions {
  readonly user?: string
  readonly role?: string
  readonly type?: string
  /** `s0:c1,c2`. @default two categories that nobody in `taken` has */
  readonly level?: string
  /** Labels of other containers, of processes or of files. @default [] */
  readonly taken?: readonly string[]
}

const OPTIONS: Shape<SelinuxOptions> = {
  what: 'a set of options',
  readers: {
    user: filledTextAt,
    role: filledTextAt,
    type: filledTextAt,
    level: filledTextAt,
    taken: (value, at) => listAt(value, at, filledTextAt),
  },
  required: [],
}

/**
 * Labels for a container, to be spread into its configuration; null on a kernel without SELinux. They are reserved
 * nowhere: whoever keeps containers knows what is taken.
 * @throws `ConfigInvalid` for a part that makes no context; `SystemError` where the policy says nothing of containers
 */
export function chooseSelinuxLabels(kernel: Kernel, options: SelinuxOptions = {}): SelinuxLabels | null {
  const { taken = [], ...asked } = recordAt(options, '', OPTIONS)
  if (missingSelinux(kernel) !== null) return null
  const policy = readPolicyContexts(kernel)
  const drawn = asked.level === undefined && policy.process.level !== undefined
  const level = drawn ? { level: drawLevel(kernel, taken) } : {}
  const labels = makeSelinuxLabels(policy, { ...level, ...asked })
  selinuxLabelAt(labels.selinuxLabel, 'selinuxLabel')
  selinuxLabelAt(labels.mountLabel, 'mountLabel')
  return labels
}

function readPolicyContexts(kernel: Kernel): PolicyContexts {
  const config = readTextIfExists(kernel, '/etc/selinux/config') ?? ''
  const policy = /^\s*SELINUXTYPE\s*=\s*(\w[\w.-]*)\s*$/m.exec(config)?.[1] ?? 'targeted'
  const object = `/etc/selinux/${policy}/contexts/lxc_contexts`
  const contexts = parsePolicyContexts(readTextIfExists(kernel, object) ?? '')
  if (contexts !== null) return contexts
  const reason = 'it does not say what contexts processes and files of containers have'
  throw new LibcontainerError({ code: 'SystemError', action: 'choose SELinux labels by', object, reason })
}

const CATEGORIES = 1024
const TRIES = 1000

/** `s0:cA,cB`, A below B. */
function drawLevel(kernel: Kernel, taken: readonly string[]): string {
  const levels = new Set(taken.map((label) => parseSelinuxContext(label)?.level))
  const random = new Uint16Array(2)
  for (let left = TRIES; left > 0; left--) {
    const bytes = new Uint8Array(random.buffer)
    checked(syscall(kernel, 'getrandom', bytes, bytes.length, 0), 'getrandom', { action: 'draw categories' })
    const [low = 0, high = 0] = [...random].map((number) => number % CATEGORIES).sort((a, b) => a - b)
    const level = `s0:c${low},c${high}`
    if (low !== high && !levels.has(level)) return level
  }
  const reason = 'all that were drawn are taken'
  throw new LibcontainerError({ code: 'SystemError', action: 'choose SELinux labels', reason })
}
