// Owns where a container's processes go in resctrl, and the refusal of what this machine has not. It looks, and makes
// nothing. The default class and those that others made are never ours to remove.

import type { IntelRdt, ResctrlGroup } from '../config/intel-rdt.ts'
import { closIdAt } from '../config/validate/nouns/normalize-intel-rdt.ts'
import { LibcontainerError } from '../errors.ts'
import { readText } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { parseMountinfo } from '../system/mountinfo.ts'
import { readMode } from '../system/stat.ts'
import { linesOf } from './compare-schemata.ts'

/** Where resctrl is mounted; null: nowhere. */
export function findResctrl(kernel: Kernel): string | null {
  const mounts = parseMountinfo(readText(kernel, '/proc/self/mountinfo'))
  return mounts.find(({ filesystem }) => filesystem === 'resctrl')?.mountPoint ?? null
}

/** @param mount what findResctrl found @throws ConfigInvalid with the field */
export function chooseResctrlGroup(
  kernel: Kernel,
  mount: string | null,
  id: string,
  settings: IntelRdt,
): ResctrlGroup {
  if (mount === null)
    throw refuse(
      'intelRdt',
      'no resctrl file system is mounted on this machine',
      'where the CPU and the kernel have it: mount -t resctrl resctrl /sys/fs/resctrl',
    )
  const { closId, l3CacheSchema, memBwSchema, enableMonitoring } = settings
  requireInfo(kernel, mount, l3CacheSchema, 'l3CacheSchema', ['L3', 'L3CODE'])
  requireInfo(kernel, mount, memBwSchema, 'memBwSchema', ['MB'])
  requireInfo(kernel, mount, enableMonitoring || undefined, 'enableMonitoring', ['L3_MON'])
  const name = closId ?? closIdAt(id, 'id')
  const path = name === '/' ? mount : `${mount}/${name}`
  const isThere = readMode(kernel, path) >= 0
  if (closId !== undefined && !isThere && linesOf(settings).length === 0)
    throw refuse(
      'intelRdt.closId',
      `there is no class of service ${JSON.stringify(name)}`,
      'make it first, or give schemata for it to be made with',
    )
  return {
    mount,
    path,
    isOwn: closId === undefined && !isThere,
    ...(enableMonitoring && { monitor: `${path}/mon_groups/${id}` }),
  }
}

function requireInfo(
  kernel: Kernel,
  mount: string,
  asked: string | true | undefined,
  key: keyof IntelRdt,
  resources: readonly string[],
): void {
  if (asked === undefined || resources.some((name) => readMode(kernel, `${mount}/info/${name}`) >= 0)) return
  throw refuse(`intelRdt.${key}`, `${mount}/info has no ${resources[0]}: this machine cannot do that`)
}

function refuse(field: string, reason: string, hint?: string): LibcontainerError {
  return new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'use resctrl',
    field,
    reason,
    ...(hint && { hint }),
  })
}
