// Owns what systemd is told of a container's limits, so that it does not undo them when it looks its units over
// (systemd.resource-control(5)). All limits are in the files of the cgroup too: this is the part that systemd knows.

import type { CgroupConfig } from '../../config/cgroup.ts'
import { ioWeightOf } from '../v2/io.ts'
import { planSettings } from '../v2/plan-settings.ts'
import { fileProperties, INFINITY, type Property, quotaPerSecond } from './file-properties.ts'

const number = (name: string, value: bigint): Property => [
  name,
  { signature: 't', value: value < 0n ? INFINITY : value },
]
const flag = (name: string, value: boolean): Property => [name, { signature: 'b', value }]

/** What a new unit is, whatever its limits: a scope of one process, handed over to us. */
export function unitProperties(
  version: 1 | 2,
  id: string,
  slice: string,
  isScope: boolean,
  pid: number,
): readonly Property[] {
  return [
    ['Description', { signature: 's', value: `libcontainer container ${id}` }],
    isScope ? ['Slice', { signature: 's', value: slice }] : ['Wants', { signature: 'as', value: [slice] }],
    ...(isScope ? [flag('Delegate', true), ['PIDs', { signature: 'au', value: [pid] }] as Property] : []),
    ...['MemoryAccounting', 'CPUAccounting', 'TasksAccounting'].map((name) => flag(name, true)),
    flag(version === 2 ? 'IOAccounting' : 'BlockIOAccounting', true),
    flag('DefaultDependencies', false),
  ]
}

/** All but the weight of block devices on v2. */
export function limitProperties(version: 1 | 2, config: CgroupConfig): readonly Property[] {
  return version === 1 ? limitsV1(config) : fileProperties(planSettings(config))
}

/**
 * The weight of block devices on v2. systemd writes it to `io.weight`, and to BFQ's file on a scale of its own, where
 * 100 is 100 and 10000 is 1000. So what is told is the weight that comes out as ours in the file that we write.
 */
export function ioWeightProperty({ blkio }: CgroupConfig, isBfq: boolean): readonly Property[] {
  const weight = blkio?.weight
  if (weight === undefined) return []
  const ofBfq = weight <= 100 ? weight : 100 + (weight - 100) * 11
  return [number('IOWeight', BigInt(isBfq ? ofBfq : ioWeightOf(weight)))]
}

function limitsV1({ memory = {}, cpu = {}, pids, blkio }: CgroupConfig): readonly Property[] {
  const { limitBytes } = memory
  const { shares, quotaMicros, periodMicros } = cpu
  return [
    ...(limitBytes === undefined ? [] : [number('MemoryLimit', limitBytes)]),
    ...(shares === undefined ? [] : [number('CPUShares', BigInt(shares))]),
    ...(quotaMicros === undefined
      ? []
      : [number('CPUQuotaPerSecUSec', quotaPerSecond(quotaMicros, periodMicros))]),
    ...(periodMicros === undefined ? [] : [number('CPUQuotaPeriodUSec', BigInt(periodMicros))]),
    ...(pids === undefined ? [] : [number('TasksMax', BigInt(pids.limit))]),
    ...(blkio?.weight === undefined ? [] : [number('BlockIOWeight', BigInt(blkio.weight))]),
  ]
}
