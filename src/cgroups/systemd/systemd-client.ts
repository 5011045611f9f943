// Owns what we ask of systemd: to start a unit around a process, to change it, to stop it (org.freedesktop.systemd1(5)).

import { isLibcontainerError, LibcontainerError } from '../../errors.ts'
import type { Kernel } from '../../system/kernel.ts'
import { DbusConnection, DbusRefusal } from './dbus-connection.ts'
import type { DbusValue, Variant } from './dbus-value.ts'
import type { Property } from './file-properties.ts'
import { userOfBus } from './user-of-bus.ts'

const MANAGER = {
  destination: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
} as const
const ERRORS = 'org.freedesktop.systemd1.'

/** The version that knows a property; older ones refuse the whole request. */
const SINCE: Readonly<Record<string, number>> = {
  CPUQuotaPeriodUSec: 242,
  AllowedCPUs: 244,
  AllowedMemoryNodes: 244,
}
/** The version in which a weight of 0 is idle. */
const IDLE_SINCE = 252

/** What systemd takes at most for a unit, by its own count. */
const JOB_TIMEOUT_MS = 30_000

/** The manager of the machine, or that of a user. */
export type Bus = 'system' | 'user'

function socketOf(kernel: Kernel, bus: Bus): string {
  return bus === 'system' ? '/run/dbus/system_bus_socket' : `/run/user/${userOfBus(kernel)}/bus`
}

/** Runs on a connection of its own. @throws LibcontainerError SystemError */
async function withManager<T>(
  kernel: Kernel,
  bus: Bus,
  run: (
    call: (member: string, signature: string, body: readonly DbusValue[]) => Promise<readonly DbusValue[]>,
    connection: DbusConnection,
  ) => Promise<T>,
): Promise<T> {
  const connection = await DbusConnection.open(kernel, socketOf(kernel, bus), JOB_TIMEOUT_MS)
  try {
    return await run(
      (member, signature, body) => connection.call({ ...MANAGER, member, signature, body }),
      connection,
    )
  } finally {
    connection.close()
  }
}

/**
 * Starts a transient unit and waits until its job is done. A failed unit of that name, left by somebody who is gone,
 * is let go of first.
 * @param begun called once there is a unit that is ours to stop; a name that another has is refused before that
 * @throws LibcontainerError SystemError
 */
export async function startUnit(
  kernel: Kernel,
  bus: Bus,
  unit: string,
  given: readonly Property[],
  begun: () => void,
): Promise<void> {
  await withManager(kernel, bus, async (call, connection) => {
    const properties = await understood(connection, given)
    await connection.subscribe(`type='signal',interface='${MANAGER.interface}',member='JobRemoved'`)
    const start = (): Promise<readonly DbusValue[]> =>
      call('StartTransientUnit', 'ssa(sv)a(sa(sv))', [unit, 'replace', properties, []])
    const [job] = await start().catch(async (error: unknown) => {
      if (!isRefusal(error, 'UnitExists')) throw error
      await call('ResetFailedUnit', 's', [unit])
      return start()
    })
    begun()
    const { body } = await connection.signal(
      ({ member, body: [, path] }) => member === 'JobRemoved' && path === job,
      JOB_TIMEOUT_MS,
    )
    if (body[3] === 'done') return
    throw new LibcontainerError({
      code: 'SystemError',
      action: 'start unit',
      object: unit,
      reason: `systemd says that its job is ${JSON.stringify(body[3])}`,
      hint: `systemctl ${bus === 'user' ? '--user ' : ''}status ${unit} tells more`,
      field: 'cgroup.path',
    })
  })
}

/** Changes properties until the unit ends. @throws LibcontainerError SystemError */
export async function setUnitProperties(
  kernel: Kernel,
  bus: Bus,
  unit: string,
  properties: readonly Property[],
): Promise<void> {
  if (properties.length === 0) return
  await withManager(kernel, bus, async (call, connection) =>
    call('SetUnitProperties', 'sba(sv)', [unit, true, await understood(connection, properties)]),
  )
}

/** Moves a process into a unit that runs. @param below `/`, or a cgroup below it @throws LibcontainerError SystemError */
export async function attachToUnit(
  kernel: Kernel,
  bus: Bus,
  unit: string,
  below: string,
  pid: number,
): Promise<void> {
  await withManager(kernel, bus, (call) => call('AttachProcessesToUnit', 'ssau', [unit, below, [pid]]))
}

/**
 * Stops a unit and lets its failure be forgotten; one that is gone already is fine, and so is a systemd that is not
 * there, as no unit is then either.
 * @throws LibcontainerError SystemError
 */
export async function stopUnit(kernel: Kernel, bus: Bus, unit: string): Promise<void> {
  const stop = withManager(kernel, bus, async (call) => {
    for (const [member, signature, body] of [
      ['StopUnit', 'ss', [unit, 'replace']],
      ['ResetFailedUnit', 's', [unit]],
    ] as const) {
      await call(member, signature, body).catch((error: unknown) => {
        if (!isRefusal(error, 'NoSuchUnit')) throw error
      })
    }
  })
  await stop.catch((error: unknown) => {
    const isAway = isLibcontainerError(error) && error.syscall === 'connect'
    if (!isAway) throw error
  })
}

/** Those that this systemd knows: the others hold in the files all the same. */
async function understood(
  connection: DbusConnection,
  properties: readonly Property[],
): Promise<readonly Property[]> {
  if (properties.every((property) => sinceOf(property) === 0)) return properties
  const [version] = await connection.call({
    ...MANAGER,
    interface: 'org.freedesktop.DBus.Properties',
    member: 'Get',
    signature: 'ss',
    body: [MANAGER.interface, 'Version'],
  })
  // 257.13-1~deb13u1
  const major = Number.parseInt(String((version as Variant).value).replace(/^v/, ''), 10)
  return properties.filter((property) => !(sinceOf(property) > major))
}

function sinceOf([name, { value }]: Property): number {
  return name === 'CPUWeight' && value === 0n ? IDLE_SINCE : (SINCE[name] ?? 0)
}

function isRefusal(error: unknown, name: string): boolean {
  return error instanceof DbusRefusal && error.refusal === `${ERRORS}${name}`
}
