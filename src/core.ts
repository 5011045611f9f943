// The public surface of the core: the objects with descriptors in place of streams, for any host that provides a
// Kernel. Nothing here knows Node.

export { SIGNALS, type SignalName, signalName, signalNumber } from './abi/signals.ts'
export type {
  BlkioEntry,
  BlkioStats,
  CgroupStats,
  CpuStats,
  CpusetStats,
  HugetlbStats,
  MemoryStats,
  MiscStats,
  PidsStats,
  Pressure,
  PressureShare,
  RdmaStats,
  StatsName,
  UsageStats,
} from './cgroups/cgroup-stats.ts'
export type { MemoryPressureLevel } from './cgroups/manager.ts'
export { CAPABILITIES, type Capability, type CapabilityName } from './config/capability.ts'
export type {
  BlkioDeviceLimits,
  BlkioLimits,
  CgroupConfig,
  CgroupLimits,
  CpuLimits,
  CpusetLimits,
  HugetlbLimits,
  MemoryLimits,
  NetClsLimits,
  NetPrioLimits,
  PidsLimits,
  RdmaLimits,
} from './config/cgroup.ts'
export type { Command, Hook, Hooks, MountCommand } from './config/command.ts'
export type { ContainerConfig, ValidConfig, ValidProcess } from './config/container-config.ts'
export { DEFAULT_SECCOMP } from './config/default-seccomp.ts'
export {
  DEFAULT_CAPABILITIES,
  DEFAULT_DEVICE_RULES,
  DEFAULT_DEVICES,
  DEFAULT_MASKED_PATHS,
  DEFAULT_MOUNTS,
  DEFAULT_NAMESPACES,
  DEFAULT_NETWORKS,
  DEFAULT_READONLY_PATHS,
} from './config/defaults.ts'
export type { Device, DeviceRule } from './config/device.ts'
export type { IntelRdt, IntelRdtSchemas } from './config/intel-rdt.ts'
export type {
  BindMount,
  CgroupMount,
  FilesystemMount,
  Mount,
  MountAttribute,
  MountIdMap,
  Propagation,
  Remount,
} from './config/mount.ts'
export type { IdMapping, Namespace, NamespaceType, TimeOffset, TimeOffsets } from './config/namespace.ts'
export type { DeviceNetwork, LoopbackNetwork, Network, Route, VethNetwork } from './config/network.ts'
export type {
  CapabilitySets,
  ProcessSpec,
  Rlimit,
  RlimitType,
  TerminalOptions,
  TerminalSize,
} from './config/process.ts'
export type {
  CpuAffinity,
  IoPriority,
  MemoryPolicy,
  Personality,
  Scheduler,
  SchedulerFlag,
  SchedulerPolicy,
} from './config/scheduling.ts'
export type {
  SeccompAction,
  SeccompArchitecture,
  SeccompArgument,
  SeccompConfig,
  SeccompFlag,
  SeccompOperator,
  SeccompRule,
} from './config/seccomp.ts'
export { validateConfig } from './config/validate/validate-config.ts'
export { validateProcess } from './config/validate/validate-process.ts'
export { describeValue } from './config/validate/values/describe-value.ts'
export { objectAt } from './config/validate/values/object-at.ts'
export { chooseSelinuxLabels, type SelinuxOptions } from './container/choose-selinux-labels.ts'
export { CoreContainer } from './container/container.ts'
export { defaultCgroupPath } from './container/default-cgroup-path.ts'
export type { MemoryPressureEvent, OomEvent } from './container/events.ts'
export type { ExecOptions } from './container/exec.ts'
export { explain } from './container/explain.ts'
export { CoreFactory } from './container/factory.ts'
export type { CreateOptions, FactoryOptions } from './container/host.ts'
export { readDevice, readHostDevices } from './container/host-devices.ts'
export type { ContainerStatus } from './container/instance.ts'
export type { OciState, OciStatus } from './container/oci-state.ts'
export { sendPidfd } from './container/pidfd-socket.ts'
export { type ExitStatus, ProcessHandle } from './container/process.ts'
export type { ProcessIo, Stdio } from './container/process-io.ts'
export type { Readiness, ReadinessSocket } from './container/readiness-socket.ts'
export type { SeccompRequest } from './container/seccomp-request.ts'
export type { LimitChanges } from './container/set.ts'
export type { StartOptions } from './container/start.ts'
export type { StatsOptions } from './container/stats.ts'
export type { TerminalHandle } from './container/terminal.ts'
export { becomeWaiter, type ComeBack, type Waiting, waitBriefly } from './container/waiter.ts'
export type { WatchStatsOptions } from './container/watch-stats.ts'
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorFacts,
  isLibcontainerError,
  LibcontainerError,
} from './errors.ts'
export { formatJson } from './json/format-json.ts'
export { parseJson } from './json/parse-json.ts'
export type { SelinuxLabels } from './labels/container-labels.ts'
export { parseSelinuxContext, type SelinuxContext } from './labels/selinux-context.ts'
export type { Cancellation } from './launch/cancellation.ts'
export {
  type Converted2015,
  convertLibcontainer2015,
} from './libcontainer-2015/convert-libcontainer-2015.ts'
export type { InterfaceAddress, InterfaceRoute } from './network/netlink/address.ts'
export type {
  Link,
  LinkChange,
  LinkNamespace,
  LinkSettings,
  LinkStats,
  MacvlanMode,
  NewLink,
  VethPeer,
} from './network/netlink/link.ts'
export { Netlink } from './network/netlink/netlink.ts'
export type { NetworkStats } from './network/stats.ts'
export { type ConvertedProcess, convertProcess } from './oci/convert-process.ts'
export { type ConvertedSpec, type ConvertOptions, convertSpec } from './oci/convert-spec.ts'
export { type ConvertedUpdate, convertUpdate } from './oci/convert-update.ts'
export { type DefaultSpecOptions, defaultSpec } from './oci/default-spec.ts'
export { type Features, specFeatures } from './oci/features.ts'
export { OCI_VERSION } from './oci/oci-version.ts'
export { inSpecTerms } from './oci/spec-field.ts'
export type { ExplainOptions } from './plan/explain.ts'
export type { IntelRdtCounters, IntelRdtInfo, IntelRdtStats } from './resctrl/read-intel-rdt.ts'
export type { ContainerState } from './state/container-state.ts'
export { closeAll, closeFd, duplicateFd, isOpenFd, openPipe, pollNow, setNonBlocking } from './system/fd.ts'
export { readText } from './system/files.ts'
export type { Kernel, Spawned, SpawnRequest, SyscallArg } from './system/kernel.ts'
export { readSome, writeAll } from './system/stream.ts'
export { checked, syscall } from './system/syscall.ts'
export { readXattr, readXattrNames, writeXattr } from './system/xattr.ts'
