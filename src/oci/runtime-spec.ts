// Owns the types of config.json (OCI runtime specification 1.3) as far as it is applied, with the names of the
// specification. Types only. What is absent here is refused by convertSpec, or is for other platforms.

import type { Hooks } from '../config/command.ts'
import type { NamespaceType } from '../config/namespace.ts'
import type { CapabilitySets } from '../config/process.ts'
import type {
  CpuAffinity,
  IoPriority,
  MemoryPolicy,
  Personality,
  SchedulerFlag,
  SchedulerPolicy,
} from '../config/scheduling.ts'
import type { SeccompAction, SeccompArchitecture, SeccompFlag, SeccompOperator } from '../config/seccomp.ts'

/** An integer of 64 bits as parseJson returns it: a bigint beyond 2^53. */
export type Int64 = number | bigint

export interface RuntimeSpec {
  readonly ociVersion: string
  readonly root: SpecRoot
  readonly process: SpecProcess
  readonly hostname?: string
  readonly domainname?: string
  readonly mounts?: readonly SpecMount[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly hooks?: SpecHooks
  readonly linux?: SpecLinux
}

export interface SpecRoot {
  /** Absolute, or relative to the bundle. */
  readonly path: string
  readonly readonly?: boolean
}

/** In characters. */
export interface SpecConsoleSize {
  readonly height: number
  readonly width: number
}

export interface SpecProcess {
  readonly terminal?: boolean
  /** Means something with a terminal only. */
  readonly consoleSize?: SpecConsoleSize
  readonly user?: SpecUser
  readonly args: readonly string[]
  readonly env?: readonly string[]
  readonly cwd: string
  readonly capabilities?: SpecCapabilities
  readonly rlimits?: readonly SpecRlimit[]
  readonly noNewPrivileges?: boolean
  readonly apparmorProfile?: string
  readonly selinuxLabel?: string
  readonly oomScoreAdj?: number
  readonly scheduler?: SpecScheduler
  readonly ioPriority?: IoPriority
  readonly execCPUAffinity?: CpuAffinity
}

/** 0 is unset. */
export interface SpecScheduler {
  readonly policy: SchedulerPolicy
  readonly nice?: number
  readonly priority?: number
  readonly flags?: readonly SchedulerFlag[]
  /** Nanoseconds. */
  readonly runtime?: Int64
  readonly deadline?: Int64
  readonly period?: Int64
}

/** The names may be unknown to us: the specification wants a warning then. */
export type SpecCapabilities = { readonly [S in keyof CapabilitySets]: readonly string[] }

export interface SpecUser {
  readonly uid?: number
  readonly gid?: number
  readonly umask?: number
  readonly additionalGids?: readonly number[]
}

export interface SpecRlimit {
  /** `RLIMIT_NOFILE` and the like. */
  readonly type: string
  readonly soft: Int64
  readonly hard: Int64
}

export interface SpecMount {
  readonly destination: string
  readonly type?: string
  readonly source?: string
  readonly options?: readonly string[]
  readonly uidMappings?: readonly SpecIdMapping[]
  readonly gidMappings?: readonly SpecIdMapping[]
}

export interface SpecHook {
  readonly path: string
  /** From `argv[0]` on. */
  readonly args?: readonly string[]
  readonly env?: readonly string[]
  /** Seconds. */
  readonly timeout?: number
}

export type SpecHooks = {
  readonly [K in keyof Hooks]: readonly SpecHook[]
}

export interface SpecNamespace {
  readonly type: NamespaceType
  readonly path?: string
}

export interface SpecIdMapping {
  readonly containerID: number
  readonly hostID: number
  readonly size: number
}

export interface SpecTimeOffset {
  readonly secs?: Int64
  readonly nanosecs?: number
}

export interface SpecLinux {
  readonly namespaces?: readonly SpecNamespace[]
  readonly uidMappings?: readonly SpecIdMapping[]
  readonly gidMappings?: readonly SpecIdMapping[]
  readonly timeOffsets?: Readonly<Record<'monotonic' | 'boottime', SpecTimeOffset | undefined>>
  readonly devices?: readonly SpecDevice[]
  readonly cgroupsPath?: string
  readonly resources?: SpecResources
  readonly rootfsPropagation?: string
  readonly maskedPaths?: readonly string[]
  readonly readonlyPaths?: readonly string[]
  readonly sysctl?: Readonly<Record<string, string>>
  readonly mountLabel?: string
  readonly seccomp?: SpecSeccomp
  /** By name on the host. */
  readonly netDevices?: Readonly<Record<string, SpecNetDevice>>
  readonly personality?: SpecPersonality
  readonly memoryPolicy?: MemoryPolicy
  readonly intelRdt?: SpecIntelRdt
}

export interface SpecIntelRdt {
  readonly closID?: string
  readonly schemata?: readonly string[]
  readonly l3CacheSchema?: string
  readonly memBwSchema?: string
  readonly enableMonitoring?: boolean
  /** 1.1.0 to 1.2.1 had monitoring in two halves, which no hardware has apart. */
  readonly enableCMT?: boolean
  readonly enableMBM?: boolean
}

export interface SpecNetDevice {
  /** In the container. */
  readonly name?: string
}

export interface SpecPersonality {
  readonly domain: Personality
  /** The specification knows none. */
  readonly flags?: readonly string[]
}

/** With the kernel's names; what means nothing on our machines is left out. */
export interface SpecSeccomp {
  readonly defaultAction: SeccompAction
  readonly defaultErrnoRet?: number
  readonly architectures?: readonly SeccompArchitecture[]
  readonly flags?: readonly SeccompFlag[]
  readonly syscalls?: readonly SpecSyscall[]
  readonly listenerPath?: string
  readonly listenerMetadata?: string
}

export interface SpecSyscall {
  readonly names: readonly string[]
  readonly action: SeccompAction
  readonly errnoRet?: number
  readonly args?: readonly SpecSeccompArg[]
}

export interface SpecSeccompArg {
  readonly index: number
  readonly value: Int64
  readonly valueTwo?: Int64
  readonly op: SeccompOperator
}

export interface SpecDevice {
  readonly type: 'c' | 'b' | 'u' | 'p'
  readonly path: string
  readonly major?: number
  readonly minor?: number
  readonly fileMode?: number
  readonly uid?: number
  readonly gid?: number
}

export interface SpecResources {
  readonly devices?: readonly SpecDeviceRule[]
  readonly memory?: SpecMemory
  readonly cpu?: SpecCpu
  readonly pids?: { readonly limit?: Int64 }
  readonly blockIO?: SpecBlockIo
  readonly hugepageLimits?: readonly SpecHugepageLimit[]
  readonly network?: SpecNetworkClasses
  readonly rdma?: Readonly<Record<string, SpecRdma>>
  readonly unified?: Readonly<Record<string, string>>
}

export interface SpecBlockIo {
  /** 0 is unset. */
  readonly weight?: number
  readonly leafWeight?: number
  readonly weightDevice?: readonly SpecWeightDevice[]
  readonly throttleReadBpsDevice?: readonly SpecThrottleDevice[]
  readonly throttleWriteBpsDevice?: readonly SpecThrottleDevice[]
  readonly throttleReadIOPSDevice?: readonly SpecThrottleDevice[]
  readonly throttleWriteIOPSDevice?: readonly SpecThrottleDevice[]
}

export interface SpecWeightDevice {
  readonly major: number
  readonly minor: number
  readonly weight?: number
  readonly leafWeight?: number
}

export interface SpecThrottleDevice {
  readonly major: number
  readonly minor: number
  /** 0 is no limit. */
  readonly rate: Int64
}

export interface SpecHugepageLimit {
  readonly pageSize: string
  readonly limit: Int64
}

export interface SpecNetworkClasses {
  /** 0 is unset. */
  readonly classID?: number
  readonly priorities?: readonly { readonly name: string; readonly priority: number }[]
}

export interface SpecRdma {
  readonly hcaHandles?: number
  readonly hcaObjects?: number
}

export interface SpecDeviceRule {
  readonly allow: boolean
  readonly type?: string
  /** -1 is every number. */
  readonly major?: number
  readonly minor?: number
  readonly access?: string
}

/** Bytes; 0 is unset, -1 is no limit. */
export interface SpecMemory {
  readonly limit?: Int64
  readonly reservation?: Int64
  readonly swap?: Int64
  readonly kernel?: Int64
  readonly kernelTCP?: Int64
  /** -1, written as an unsigned number of 64 bits, is unset. */
  readonly swappiness?: Int64
  readonly disableOOMKiller?: boolean
  readonly useHierarchy?: boolean
  readonly checkBeforeUpdate?: boolean
}

/** 0 is unset. */
export interface SpecCpu {
  readonly shares?: number
  readonly quota?: number
  readonly period?: number
  readonly realtimeRuntime?: number
  readonly realtimePeriod?: number
  readonly burst?: Int64
  readonly cpus?: string
  readonly mems?: string
  readonly idle?: number
}
