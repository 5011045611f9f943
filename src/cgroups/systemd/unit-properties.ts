// Owns what systemd is told of a container's limits, so that it does not undo them when it looks its units over
// (systemd.resource-control(5)). All limits are in the files of the cgroup too: this is the part that systemd knows.

import type { CgroupConfig, CpuLimits, MemoryLimits } from '../../config/cgroup.ts'
import { weightOfShares } from '../v2/cpu.ts'
import type { Variant } from './dbus-value.ts'

export type Property = readonly [name: string, value: Variant]

const INFINITY = 0xffffffffffffffffn
const DEFAULT_PERIOD_MICROS = 100_000
/** systemd keeps the time of a second to 10 ms. */
const STEP_MICROS = 10_000

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

export function limitProperties(version: 1 | 2, config: CgroupConfig): readonly Property[] {
  const { memory = {}, cpu = {}, pids, blkio } = config
  return [
    ...(version === 2 ? memoryV2(memory) : memoryV1(memory)),
    ...cpuProperties(version, cpu),
    ...(pids === undefined ? [] : [number('TasksMax', BigInt(pids.limit))]),
    ...(blkio?.weight === undefined
      ? []
      : [number(version === 2 ? 'IOWeight' : 'BlockIOWeight', BigInt(blkio.weight))]),
  ]
}

function memoryV1({ limitBytes }: MemoryLimits): readonly Property[] {
  return limitBytes === undefined ? [] : [number('MemoryLimit', limitBytes)]
}

function memoryV2({ limitBytes, swapBytes, reservationBytes }: MemoryLimits): readonly Property[] {
  const swap = swapBytes !== undefined && swapBytes >= 0n ? swapBytes - (limitBytes ?? 0n) : swapBytes
  return [
    ...(limitBytes === undefined ? [] : [number('MemoryMax', limitBytes)]),
    ...(reservationBytes === undefined ? [] : [number('MemoryLow', reservationBytes)]),
    ...(swap === undefined ? [] : [number('MemorySwapMax', swap)]),
  ]
}

function cpuProperties(
  version: 1 | 2,
  { shares, quotaMicros, periodMicros }: CpuLimits,
): readonly Property[] {
  const properties: Property[] = []
  if (shares !== undefined) {
    properties.push(
      version === 2
        ? number('CPUWeight', BigInt(weightOfShares(shares)))
        : number('CPUShares', BigInt(shares)),
    )
  }
  if (quotaMicros !== undefined) {
    const perSecond = (quotaMicros * 1e6) / (periodMicros ?? DEFAULT_PERIOD_MICROS)
    const rounded = Math.ceil(perSecond / STEP_MICROS) * STEP_MICROS
    properties.push(number('CPUQuotaPerSecUSec', quotaMicros < 0 ? -1n : BigInt(rounded)))
  }
  if (periodMicros !== undefined) properties.push(number('CPUQuotaPeriodUSec', BigInt(periodMicros)))
  return properties
}
