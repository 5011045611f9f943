// Owns how a change of limits and the limits before become the limits after. Pure; the result is checked by
// validateConfig as every configuration is.

import type { BlkioLimits, CgroupConfig, CgroupLimits, NetPrioLimits } from './cgroup.ts'

/**
 * The cgroup with limits changed: a limit that was given takes the place of the one before, all others stay. In lists
 * and maps that holds for each device, page size, interface, resource and file. Device rules are one thing, as their
 * order counts.
 */
export function mergeLimits(cgroup: CgroupConfig, given: CgroupLimits): CgroupConfig {
  const { blkio, hugetlb, netPrio, rdma, devices, ...records } = given
  const merged: Record<string, unknown> = { ...cgroup }
  for (const [name, limits] of Object.entries(records)) {
    merged[name] = { ...(cgroup[name as keyof CgroupConfig] as object | undefined), ...(limits as object) }
  }
  if (blkio !== undefined) merged.blkio = mergeBlkio(cgroup.blkio, blkio)
  if (hugetlb !== undefined) merged.hugetlb = mergeBy(cgroup.hugetlb, hugetlb, ({ pageSize }) => pageSize)
  if (netPrio !== undefined) merged.netPrio = mergeNetPrio(cgroup.netPrio, netPrio)
  if (rdma !== undefined) merged.rdma = mergeBy(cgroup.rdma, rdma, ({ device }) => device)
  if (devices !== undefined) merged.devices = devices
  const { cpu, unified } = mergeIdle(cgroup, given, merged)
  return { ...(merged as unknown as CgroupConfig), ...(cpu && { cpu }), ...(unified && { unified }) }
}

/**
 * Of cpu.idle, which two limits have, the one that was given counts. A weight that is given without a word of it ends
 * it, as systemd has it: an idle cgroup has none.
 */
function mergeIdle(before: CgroupConfig, given: CgroupLimits, { cpu, unified }: CgroupLimits): CgroupLimits {
  const { idle, ...otherCpu } = cpu ?? {}
  const { 'cpu.idle': file, ...otherFiles } = unified ?? {}
  const isGiven = given.cpu?.idle !== undefined
  const isFileGiven = given.unified?.['cpu.idle'] !== undefined
  if (isGiven || isFileGiven) {
    return {
      ...(cpu && { cpu: isGiven ? cpu : otherCpu }),
      ...(unified && { unified: isFileGiven ? unified : otherFiles }),
    }
  }
  if (given.cpu?.shares === undefined && given.unified?.['cpu.weight'] === undefined) return {}
  return {
    ...(before.cpu?.idle && { cpu: { ...otherCpu, idle: false } }),
    ...(before.unified?.['cpu.idle'] && { unified: { ...unified, 'cpu.idle': '0' } }),
  }
}

function mergeBlkio(before: BlkioLimits | undefined, given: BlkioLimits): BlkioLimits {
  const merged = { ...before, ...given }
  if (given.devices === undefined) return merged
  const devices = mergeBy(before?.devices, given.devices, ({ major, minor }) => `${major}:${minor}`)
  return { ...merged, devices }
}

function mergeNetPrio(before: NetPrioLimits | undefined, given: NetPrioLimits): NetPrioLimits {
  return { priorities: { ...before?.priorities, ...given.priorities } }
}

// What was given comes first: so the fields of an error have the caller's own indices.
function mergeBy<T extends object>(
  before: readonly T[] | undefined,
  given: readonly T[],
  keyOf: (item: T) => string,
): readonly T[] {
  const known = new Map((before ?? []).map((item) => [keyOf(item), item]))
  const merged = given.map((item) => ({ ...known.get(keyOf(item)), ...item }))
  for (const item of given) known.delete(keyOf(item))
  return [...merged, ...known.values()]
}
