// Owns what a process may say in place of its container's configuration: the value in force, and the field it is in.

import type { ValidConfig, ValidProcess } from '../config/container-config.ts'

type Overridable =
  | 'additionalGroups'
  | 'apparmorProfile'
  | 'capabilities'
  | 'ioPriority'
  | 'noNewPrivileges'
  | 'rlimits'
  | 'scheduler'
  | 'selinuxLabel'

/** A value, and the path of its field, for errors. */
export interface Chosen<T> {
  readonly value: T
  readonly field: string
}

/** What the process says, or else what the configuration says. */
export function chooseOverride<K extends Overridable>(
  key: K,
  process: ValidProcess,
  config: ValidConfig,
): Chosen<ValidConfig[K]> {
  const own = process[key] as ValidConfig[K] | undefined
  return own === undefined ? { value: config[key], field: key } : { value: own, field: `process.${key}` }
}
