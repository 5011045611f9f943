// Owns making, joining and removing groups of resctrl, and writing their schemata. Paths are those of the state; the
// kernel fills a directory that is made, and empties one that is removed, its processes going to the class above.

import type { IntelRdt, IntelRdtSchemas, ResctrlGroup } from '../config/intel-rdt.ts'
import { isLibcontainerError, LibcontainerError } from '../errors.ts'
import { makeDirectory, readText, readTextIfExists, removeDirectory, writeText } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { checked } from '../system/syscall.ts'
import { hasLine, linesOf } from './compare-schemata.ts'
import type { ResctrlDriver } from './driver.ts'

export function createResctrlDriver(kernel: Kernel): ResctrlDriver {
  return {
    make: (group, settings) => makeGroups(kernel, group, settings),
    join: ({ mount, path, monitor }, pid) => {
      for (const directory of monitor === undefined ? [path] : [path, monitor])
        withStatus(kernel, mount, () =>
          writeText(kernel, `${directory}/tasks`, String(pid), {
            action: 'put the process into',
            object: directory,
            field: 'intelRdt',
          }),
        )
    },
  }
}

function makeGroups(kernel: Kernel, group: ResctrlGroup, settings: IntelRdt): () => void {
  const { mount, path, monitor } = group
  const undo: (() => void)[] = []
  const takeBack = (): void => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) step()
  }
  try {
    withStatus(kernel, mount, () => {
      const isNew = path !== mount && makeDirectory(kernel, path, 0o755)
      if (isNew) undo.push(() => removeGroup(kernel, path))
      else requireSame(kernel, group, settings)
      if (linesOf(settings).length > 0) undo.push(writeSchemata(kernel, group, settings))
      if (monitor === undefined) return
      if (!makeDirectory(kernel, monitor, 0o755)) throw refuseMonitor(monitor)
      undo.push(() => removeGroup(kernel, monitor))
    })
  } catch (error) {
    takeBack()
    throw error
  }
  return takeBack
}

/** A class that others use keeps what they gave it (OCI config-linux.md, IntelRdt). */
function requireSame(kernel: Kernel, { mount, path }: ResctrlGroup, settings: IntelRdt): void {
  const text = readText(kernel, `${path}/schemata`)
  const step = Number(readTextIfExists(kernel, `${mount}/info/MB/bandwidth_gran`) ?? 1)
  for (const key of ['l3CacheSchema', 'memBwSchema'] as const) {
    const line = settings[key]
    if (line === undefined || hasLine(text, line, key === 'memBwSchema' ? step : 1)) continue
    throw new LibcontainerError({
      code: 'ConfigInvalid',
      action: 'use the class of service',
      object: path,
      field: `intelRdt.${key}`,
      reason: `it is there, and has not ${line}`,
      hint: 'what others use is not changed: take its schemata, or another closId',
    })
  }
}

/** Writes all lines at once, as the kernel applies all or none of a write. @returns how to write back what was there */
export function writeSchemata(
  kernel: Kernel,
  { mount, path }: ResctrlGroup,
  schemas: IntelRdtSchemas,
): () => void {
  const file = `${path}/schemata`
  const before = readText(kernel, file)
  const text = linesOf(schemas)
    .map((line) => `${line}\n`)
    .join('')
  withStatus(kernel, mount, () =>
    writeText(kernel, file, text, {
      action: `write ${JSON.stringify(text)} to`,
      object: file,
      field: 'intelRdt',
    }),
  )
  return () => writeText(kernel, file, before)
}

/** Removes what goes with the container. Nothing there is no error. @throws LibcontainerError SystemError */
export function removeGroups(kernel: Kernel, { path, isOwn, monitor }: ResctrlGroup): void {
  if (monitor !== undefined) removeGroup(kernel, monitor)
  if (isOwn) removeGroup(kernel, path)
}

function removeGroup(kernel: Kernel, path: string): void {
  checked(removeDirectory(kernel, path), 'unlinkat', { action: 'remove the resctrl group', object: path })
}

function refuseMonitor(path: string): LibcontainerError {
  return new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'make the resctrl group',
    object: path,
    field: 'intelRdt.enableMonitoring',
    reason: 'it is there already, and counts for somebody else',
  })
}

/** Of its last refusal the kernel says in words why. */
function withStatus(kernel: Kernel, mount: string, act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!isLibcontainerError(error) || error.errno === undefined || error.hint !== undefined) throw error
    const status = (readTextIfExists(kernel, `${mount}/info/last_cmd_status`) ?? '').trim()
    if (status === '' || status === 'ok') throw error
    const { code, action, object, field, reason, errno, syscall } = error
    throw new LibcontainerError({
      code,
      action,
      ...(object !== undefined && { object }),
      field: field ?? 'intelRdt',
      reason,
      errno,
      ...(syscall !== undefined && { syscall }),
      hint: `resctrl says: ${status}`,
    })
  }
}
