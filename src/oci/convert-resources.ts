// Owns how the resources of config.json become the limits of a cgroup: where the specification has 0 for unset, we
// have nothing.

import type {
  CgroupConfig,
  CgroupLimits,
  CpuLimits,
  CpusetLimits,
  MemoryLimits,
  PidsLimits,
} from '../config/cgroup.ts'
import { DEFAULT_DEVICE_RULES } from '../config/defaults.ts'
import type { DeviceRule } from '../config/device.ts'
import {
  convertBlockIo,
  convertHugepages,
  convertNetworkClasses,
  convertRdma,
} from './convert-io-resources.ts'
import type { Int64, SpecCpu, SpecDeviceRule, SpecMemory, SpecResources } from './runtime-spec.ts'

/** Converts resources to a cgroup at a path. */
export function convertResources(
  path: string,
  resources: SpecResources,
  warn: (text: string) => void,
): CgroupConfig {
  const { devices = [] } = resources
  return {
    path,
    ...convertLimits(resources, warn),
    ...(devices.every(isDenyAll) ? {} : { devices: convertDeviceRules(devices, warn) }),
  }
}

/** Converts all but the device rules. */
export function convertLimits(resources: SpecResources, warn: (text: string) => void): CgroupLimits {
  const { memory, cpu, pids, blockIO, network, unified } = resources
  return {
    ...(memory && { memory: convertMemory(memory, warn) }),
    ...(cpu && { cpu: convertCpu(cpu, warn), cpuset: convertCpuset(cpu) }),
    ...(pids?.limit !== undefined && { pids: convertPids(pids.limit) }),
    ...(blockIO && { blkio: convertBlockIo(blockIO) }),
    ...convertHugepages(resources.hugepageLimits ?? []),
    ...(network && convertNetworkClasses(network)),
    ...convertRdma(resources.rdma ?? {}),
    ...convertUnified(unified ?? {}, warn),
  }
}

function convertMemory(memory: SpecMemory, warn: (text: string) => void): MemoryLimits {
  // The specification discourages it, and says nothing of kernels that took it away.
  if (memory.kernel)
    warn('linux.resources.memory.kernel: kernels since 5.16 have no such limit, and it is not set')
  if (memory.useHierarchy === false)
    warn(
      'linux.resources.memory.useHierarchy: kernels since 5.11 always count what is below, and so does this one',
    )
  return {
    ...(memory.limit && { limitBytes: BigInt(memory.limit) }),
    ...(memory.swap && { swapBytes: BigInt(memory.swap) }),
    ...(memory.reservation && { reservationBytes: BigInt(memory.reservation) }),
    ...(isSet(memory.swappiness) && { swappiness: Number(memory.swappiness) }),
    ...(memory.disableOOMKiller && { oomKillDisable: true }),
    ...(memory.kernelTCP && { kernelTcpBytes: BigInt(memory.kernelTCP) }),
    ...(memory.checkBeforeUpdate && { checkBeforeUpdate: true }),
  }
}

/** Callers in Go write -1 into an unsigned field. */
function isSet(swappiness: Int64 | undefined): boolean {
  return swappiness !== undefined && BigInt(swappiness) !== 2n ** 64n - 1n
}

function convertCpu(cpu: SpecCpu, warn: (text: string) => void): CpuLimits {
  if (cpu.idle === 1 && cpu.shares)
    warn(`linux.resources.cpu.shares: unable to apply both this and idle, ${NO_WEIGHT}`)
  return {
    ...(cpu.shares && { shares: cpu.shares }),
    ...(cpu.quota && { quotaMicros: Math.max(cpu.quota, -1) }),
    ...(cpu.period && { periodMicros: cpu.period }),
    ...(cpu.burst !== undefined && { burstMicros: Number(cpu.burst) }),
    ...(cpu.idle !== undefined && { idle: cpu.idle === 1 }),
    ...(cpu.realtimeRuntime && { realtimeRuntimeMicros: cpu.realtimeRuntime }),
    ...(cpu.realtimePeriod && { realtimePeriodMicros: cpu.realtimePeriod }),
  }
}

const NO_WEIGHT = 'and it is not set: an idle cgroup has no weight'

/** As for `cpu`: what the kernel would refuse beside the other one is left out. */
function convertUnified(
  unified: Readonly<Record<string, string>>,
  warn: (text: string) => void,
): Pick<CgroupLimits, 'unified'> {
  const { 'cpu.weight': weight, ...rest } = unified
  const isIdle = unified['cpu.idle']?.trim() === '1' && weight !== undefined
  if (isIdle)
    warn(`linux.resources.unified["cpu.weight"]: unable to apply both this and cpu.idle, ${NO_WEIGHT}`)
  return Object.keys(unified).length === 0 ? {} : { unified: isIdle ? rest : unified }
}

function convertCpuset(cpu: SpecCpu): CpusetLimits {
  return { ...(cpu.cpus && { cpus: cpu.cpus }), ...(cpu.mems && { mems: cpu.mems }) }
}

/** Negative is no limit; 0 would keep the first process from existing, and is 1 as in runc. */
function convertPids(limit: Int64): PidsLimits {
  return { limit: limit < 0 ? -1 : Math.max(1, Number(limit)) }
}

/**
 * The rules of the specification between ours: nothing is allowed at first, and at last the devices that every
 * container has are, as runc does it. Docker's and podman's "allow all" stays that.
 */
function convertDeviceRules(
  rules: readonly SpecDeviceRule[],
  warn: (text: string) => void,
): readonly DeviceRule[] {
  const [denyAll, ...allowed] = DEFAULT_DEVICE_RULES
  const converted = rules.flatMap((rule, index) => {
    const at = `linux.resources.devices[${index}].access`
    return convertDeviceRule(rule, rule.access && convertAccess(rule.access, at, warn))
  })
  return [...(denyAll ? [denyAll] : []), ...converted, ...allowed]
}

/** A letter that is none of the specification's is passed over, as in runc; alone, it is left to be refused. */
function convertAccess(access: string, at: string, warn: (text: string) => void): string {
  const known = access.replace(/[^rwm]/g, '')
  if (known === access || known === '') return access
  warn(`${at}: ${JSON.stringify(access)} is taken as ${JSON.stringify(known)}: there are r, w and m`)
  return known
}

/** What every specification begins with, and our own default too, which is let go where nobody may set rules. */
function isDenyAll({ allow, type, major, minor, access }: SpecDeviceRule): boolean {
  const isAny = (number: Int64 | undefined): boolean => number === undefined || number < 0
  return !allow && (!type || type === 'a') && isAny(major) && isAny(minor) && (!access || access === 'rwm')
}

function isEveryAccess(access: string): boolean {
  return ['r', 'w', 'm'].every((letter) => access.includes(letter))
}

/**
 * One rule, or two: of type `a` with a number or an access of its own it is for devices of both types. The v1 controller
 * would pass over all but the type, and allow every device.
 */
function convertDeviceRule(rule: SpecDeviceRule, access: string | undefined): readonly DeviceRule[] {
  const rest = {
    ...(rule.major !== undefined && rule.major !== -1 && { major: rule.major }),
    ...(rule.minor !== undefined && rule.minor !== -1 && { minor: rule.minor }),
    ...(access && { access }),
  }
  const { allow } = rule
  const type = (rule.type || 'a') as 'a' | 'c' | 'b'
  const isForEvery = rest.major === undefined && rest.minor === undefined && isEveryAccess(access ?? 'rwm')
  if (type !== 'a' || isForEvery) return [{ allow, type, ...rest }]
  return [
    { allow, type: 'c', ...rest },
    { allow, type: 'b', ...rest },
  ]
}
