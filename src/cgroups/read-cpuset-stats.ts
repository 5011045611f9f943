// Owns reading on which CPUs and memory nodes a cgroup may be. The effective ones: what was asked for and is there.

import { readText, readTextIfExists } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import type { CpusetStats } from './cgroup-stats.ts'

/** What v1 has in a file each (Documentation/admin-guide/cgroup-v1/cpusets.rst). */
const SETTINGS = [
  ...['cpu_exclusive', 'mem_hardwall', 'mem_exclusive', 'memory_migrate', 'memory_spread_page'],
  ...['memory_spread_slab', 'memory_pressure', 'sched_load_balance', 'sched_relax_domain_level'],
] as const

export function readCpusetV1(kernel: Kernel, directory: string): CpusetStats {
  const settings = SETTINGS.map(
    (name) => [name, readTextIfExists(kernel, `${directory}/cpuset.${name}`)] as const,
  )
  const there = settings.filter(([, text]) => text !== null)
  return {
    ...readEffective(kernel, directory, ['effective_cpus', 'effective_mems']),
    settings: Object.fromEntries(there.map(([name, text]) => [name, Number(text)])),
  }
}

export function readCpusetV2(kernel: Kernel, directory: string): CpusetStats {
  return readEffective(kernel, directory, ['cpus.effective', 'mems.effective'])
}

function readEffective(
  kernel: Kernel,
  directory: string,
  [cpus, mems]: readonly [string, string],
): Pick<CpusetStats, 'cpus' | 'mems'> {
  const read = (name: string) => parseNumberList(readText(kernel, `${directory}/cpuset.${name}`))
  return { cpus: read(cpus), mems: read(mems) }
}

/** A list as the kernel writes it: `0-2,7` (cpuset(7), "List format"). */
function parseNumberList(text: string): readonly number[] {
  const numbers: number[] = []
  for (const part of text.trim().split(',')) {
    if (part === '') continue
    const [first, last = first] = part.split('-').map(Number)
    for (let number = first ?? 0; number <= (last ?? 0); number++) numbers.push(number)
  }
  return numbers
}
