// Owns gathering what a plan needs to know of the host and of the image, before planning. It looks; it changes nothing.

import { O_DIRECTORY, O_PATH, S_IFDIR, S_IFMT } from '../abi/flags.ts'
import type { ValidConfig, ValidProcess } from '../config/container-config.ts'
import type { Mount } from '../config/mount.ts'
import type { CgroupFacts, HostFacts, MountFacts } from '../plan/host-facts.ts'
import { RLIMITS } from '../plan/steps/rlimits.ts'
import type { StateHead } from '../state/container-state.ts'
import { closeFd, openFd } from '../system/fd.ts'
import { readText } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { parseMountinfo } from '../system/mountinfo.ts'
import { resolveMissing, statInRoot } from '../system/paths.ts'
import { type FileStatus, statPath } from '../system/stat.ts'
import { syscall, systemError } from '../system/syscall.ts'
import type { Host } from './host.ts'
import { readMovedAddresses } from './moved-addresses.ts'
import { requireSecurityModules } from './require-security-modules.ts'
import { readUserdbOfImage, readUserdbOfRunning } from './userdb-facts.ts'

/** Facts for the first process. @throws ConfigInvalid, SystemError when a source of a bind is missing */
export function readCreateFacts(
  host: Host,
  id: string,
  config: ValidConfig,
  process: ValidProcess,
  cgroup: CgroupFacts | null,
  state: Pick<StateHead, 'host_interfaces' | 'resctrl'>,
): HostFacts {
  const { kernel } = host
  const root = openFd(kernel, config.rootfs, O_PATH | O_DIRECTORY[kernel.arch], {
    action: 'open the root',
    object: config.rootfs,
    field: 'rootfs',
  })
  try {
    return {
      ...commonFacts(host, id, config, process, cgroup, state),
      ...(config.noPivotRoot && { kernelViews: readKernelViews(kernel) }),
      mounts: config.mounts.map((mount, index) => readMountFacts(kernel, root, mount, index)),
      userdb: readUserdbOfImage(kernel, root, config, process),
      hostInterfaces: state.host_interfaces ?? [],
      movedAddresses: readMovedAddresses(kernel, config),
      hasMountSetattr: host.hasMountSetattr,
    }
  } finally {
    closeFd(kernel, root)
  }
}

/** Facts for a later process, beside the first one. */
export function readExecFacts(
  host: Host,
  id: string,
  config: ValidConfig,
  process: ValidProcess,
  cgroup: CgroupFacts | null,
  state: Pick<StateHead, 'init_process_pid' | 'resctrl'>,
): HostFacts {
  return {
    ...commonFacts(host, id, config, process, cgroup, state),
    mounts: [],
    userdb: readUserdbOfRunning(host.kernel, state.init_process_pid, config, process),
    hostInterfaces: [],
  }
}

function commonFacts(
  { kernel, caller, ignoredSignals, seccompFilters }: Host,
  id: string,
  config: ValidConfig,
  process: ValidProcess,
  cgroup: CgroupFacts | null,
  { resctrl }: Pick<StateHead, 'resctrl'>,
): Omit<HostFacts, 'mounts' | 'userdb' | 'hostInterfaces'> {
  requireSecurityModules(kernel, config, process)
  return {
    arch: kernel.arch,
    id,
    caller,
    ignoredSignals,
    seccomp: () => seccompFilters.filterOf(config),
    cgroup,
    ...(resctrl && { resctrl }),
    hardLimits: readHardLimits(kernel, config, process),
  }
}

function readMountFacts(kernel: Kernel, root: number, mount: Mount, index: number): MountFacts {
  if (mount.type === 'tmpfs') {
    const hasMode = 'data' in mount && /(?:^|,)mode=/.test(mount.data ?? '')
    const covered = hasMode ? -1 : statInRoot(kernel, root, mount.destination)
    return covered >= 0 ? { coveredMode: covered & 0o7777 } : {}
  }
  if (mount.type !== 'bind' || !('source' in mount) || mount.source === undefined) return {}
  const status = statPath(kernel, mount.source)
  if (typeof status === 'number') {
    throw systemError(status, 'statx', {
      action: 'bind',
      object: mount.source,
      field: `mounts[${index}].source`,
    })
  }
  const resolved = resolveMissing(kernel, root, mount.destination)
  const isDirectory = (status.mode & S_IFMT) === S_IFDIR
  return {
    sourceIsDirectory: isDirectory,
    ...(isDirectory && isRoot(kernel, status) && { sourceIsRoot: true }),
    ...(resolved === null ? {} : { destination: resolved }),
  }
}

function isRoot(kernel: Kernel, { identity }: FileStatus): boolean {
  const root = statPath(kernel, '/')
  return typeof root !== 'number' && root.identity === identity
}

/** The mount points of proc and sysfs, innermost first. */
function readKernelViews(kernel: Kernel): readonly string[] {
  return parseMountinfo(readText(kernel, '/proc/self/mountinfo'))
    .filter(({ filesystem }) => filesystem === 'proc' || filesystem === 'sysfs')
    .map(({ mountPoint }) => mountPoint)
    .reverse()
}

function readHardLimits(
  kernel: Kernel,
  config: ValidConfig,
  process: ValidProcess,
): Readonly<Record<number, bigint>> {
  const limits: Record<number, bigint> = {}
  for (const { type } of process.rlimits ?? config.rlimits) {
    const pair = new BigUint64Array(2)
    if (syscall(kernel, 'prlimit64', 0, RLIMITS[type], null, new Uint8Array(pair.buffer)) === 0)
      limits[RLIMITS[type]] = pair[1] as bigint
  }
  return limits
}
