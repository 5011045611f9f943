// Owns the check of a factory's options, its own and those of what it creates. It touches nothing, and reads each
// option once.

import type { ValidConfig } from '../config/container-config.ts'
import { recordAt, type Shape } from '../config/validate/values/record-at.ts'
import { refuseValue } from '../config/validate/values/refuse.ts'
import { booleanAt, filledTextAt, nameOf } from '../config/validate/values/scalar-at.ts'
import type { Trace } from '../launch/trace.ts'
import type { CreateOptions, FactoryOptions } from './host.ts'

const CGROUP_MANAGERS = ['cgroupfs', 'systemd', 'none'] as const
const ID_GRAMMARS = ['libcontainer', 'oci'] as const

const OPTIONS: Shape<FactoryOptions> = {
  what: 'the options of a factory',
  readers: {
    tmpfsRoot: booleanAt,
    cgroupManager: nameOf(CGROUP_MANAGERS, 'who makes cgroups'),
    criuPath: filledTextAt,
    validator: functionAt<(config: ValidConfig) => void>,
    hookEnv: listAt,
    trace: functionAt<Trace>,
    idGrammar: nameOf(ID_GRAMMARS, 'a grammar of ids'),
  },
  required: [],
}

/** @throws ConfigInvalid, with the option as its field */
export function validateFactoryOptions(options: unknown): FactoryOptions {
  return recordAt(options, 'options', OPTIONS)
}

/** @throws ConfigInvalid, with the option as its field */
export function validateCreateOptions(options: unknown): CreateOptions {
  return recordAt<CreateOptions>(options, 'options', {
    what: 'the options of a container',
    readers: { bundle: filledTextAt, notifySocket: booleanAt },
    required: [],
  })
}

/** Its texts are read when a hook needs them: an environment is long, and most containers have no hooks. */
function listAt(value: unknown, at: string): readonly string[] {
  if (!Array.isArray(value)) refuseValue(at, 'a list of texts', value)
  return value
}

function functionAt<F>(value: unknown, at: string): F {
  if (typeof value !== 'function') refuseValue(at, 'a function', value)
  return value as F
}
