// Owns what a container knows of its socket of sd_notify(3): a directory of the state, bound where runc binds it, and
// the variable that leads there. The container may send, and change nothing. Pure.

import type { ValidConfig, ValidProcess } from '../config/container-config.ts'
import type { BindMount } from '../config/mount.ts'
import { validateConfig } from '../config/validate/validate-config.ts'
import { NOTIFY_DIRECTORY } from '../state/state-directory.ts'
import type { Instance } from './instance.ts'

/** Its name in the directory. */
export const NOTIFY_SOCKET = 'notify.sock'
const DESTINATION = '/run/notify'

/** The configuration with the directory, behind all other mounts: one of them may be at /run. */
export function withNotifySocket(config: ValidConfig, root: string, id: string): ValidConfig {
  const mount: BindMount = {
    type: 'bind',
    source: `${root}/${id}/${NOTIFY_DIRECTORY}`,
    destination: DESTINATION,
    attributes: ['nosuid', 'noexec', 'nodev', 'ro'],
  }
  return validateConfig({ ...config, mounts: [...config.mounts, mount] })
}

/** The first process, which is told where the socket is, if there is one; over what else it was told. */
export function toldOfNotifySocket({ state }: Instance, process: ValidProcess): ValidProcess {
  if (!state.notify_socket) return process
  return { ...process, env: [...process.env, `NOTIFY_SOCKET=${DESTINATION}/${NOTIFY_SOCKET}`] }
}
