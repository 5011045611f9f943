// Owns the way from what a caller hands in to a ValidConfig: each field by itself, the defaults, then, in order, what
// the fields say together. Pure: whether paths exist is asked by those who open them.

import type { ContainerConfig, FilledConfig, ValidConfig } from '../container-config.ts'
import {
  DEFAULT_CAPABILITIES,
  DEFAULT_DEVICES,
  DEFAULT_MASKED_PATHS,
  DEFAULT_NAMESPACES,
  DEFAULT_NETWORKS,
  DEFAULT_READONLY_PATHS,
  defaultMounts,
} from '../defaults.ts'
import type { ExactRlimit, FullCapabilitySets } from '../process.ts'
import type { ExactSeccomp } from '../seccomp.ts'
import { validateDevptsGroup } from './checks/validate-devpts-group.ts'
import { validateInterfaces } from './checks/validate-interfaces.ts'
import { validateMountsOnProc } from './checks/validate-mounts-on-proc.ts'
import { validateNamespaceNeeds } from './checks/validate-namespace-needs.ts'
import { validateRelabel } from './checks/validate-relabel.ts'
import { validateSysctl } from './checks/validate-sysctl.ts'
import { validateTimeNamespace } from './checks/validate-time-namespace.ts'
import { validateUserNamespace } from './checks/validate-user-namespace.ts'
import { normalizeCapabilities } from './nouns/normalize-capabilities.ts'
import { normalizeCgroup } from './nouns/normalize-cgroup.ts'
import { normalizeDevices } from './nouns/normalize-devices.ts'
import { normalizeGroups } from './nouns/normalize-groups.ts'
import { normalizeHooks } from './nouns/normalize-hooks.ts'
import { hostnameAt } from './nouns/normalize-hostname.ts'
import { normalizeIdMappings } from './nouns/normalize-id-mappings.ts'
import { normalizeIntelRdt } from './nouns/normalize-intel-rdt.ts'
import { normalizeLabels } from './nouns/normalize-labels.ts'
import { normalizeMounts, propagationAt } from './nouns/normalize-mounts.ts'
import { normalizeNamespaces } from './nouns/normalize-namespaces.ts'
import { normalizeNetworks } from './nouns/normalize-networks.ts'
import { normalizePaths } from './nouns/normalize-paths.ts'
import { normalizeRlimits } from './nouns/normalize-rlimits.ts'
import { normalizeRoutes } from './nouns/normalize-routes.ts'
import {
  normalizeCpuAffinity,
  normalizeIoPriority,
  normalizeMemoryPolicy,
  normalizeScheduler,
  personalityAt,
} from './nouns/normalize-scheduling.ts'
import { normalizeSeccomp } from './nouns/normalize-seccomp.ts'
import { apparmorProfileAt, selinuxLabelAt } from './nouns/normalize-security-labels.ts'
import { normalizeSignal } from './nouns/normalize-signal.ts'
import { normalizeSysctl } from './nouns/normalize-sysctl.ts'
import { normalizeTimeOffsets } from './nouns/normalize-time-offsets.ts'
import { cleanPathAt } from './values/path-at.ts'
import { recordAt, type Shape } from './values/record-at.ts'
import { booleanAt } from './values/scalar-at.ts'

type CheckedFields = Omit<ContainerConfig, 'capabilities' | 'rlimits' | 'seccomp'> & {
  readonly capabilities?: FullCapabilitySets
  readonly rlimits?: readonly ExactRlimit[]
  readonly seccomp?: ExactSeccomp | null
}

const CONFIG: Shape<CheckedFields> = {
  what: 'a configuration',
  readers: {
    rootfs: cleanPathAt,
    readonlyRootfs: booleanAt,
    rootfsPropagation: propagationAt,
    noPivotRoot: booleanAt,
    noNewKeyring: booleanAt,
    namespaces: normalizeNamespaces,
    uidMappings: normalizeIdMappings,
    gidMappings: normalizeIdMappings,
    timeOffsets: normalizeTimeOffsets,
    hostname: hostnameAt,
    domainname: hostnameAt,
    mounts: normalizeMounts,
    devices: normalizeDevices,
    maskedPaths: normalizePaths,
    readonlyPaths: normalizePaths,
    sysctl: normalizeSysctl,
    capabilities: normalizeCapabilities,
    noNewPrivileges: booleanAt,
    seccomp: normalizeSeccomp,
    rlimits: normalizeRlimits,
    additionalGroups: normalizeGroups,
    scheduler: normalizeScheduler,
    ioPriority: normalizeIoPriority,
    execCpuAffinity: normalizeCpuAffinity,
    memoryPolicy: normalizeMemoryPolicy,
    personality: personalityAt,
    parentDeathSignal: normalizeSignal,
    networks: normalizeNetworks,
    routes: normalizeRoutes,
    cgroup: normalizeCgroup,
    intelRdt: normalizeIntelRdt,
    apparmorProfile: apparmorProfileAt,
    selinuxLabel: selinuxLabelAt,
    mountLabel: selinuxLabelAt,
    hooks: normalizeHooks,
    labels: normalizeLabels,
  },
  required: ['rootfs'],
}

/** What the fields say together; the first failure wins. */
const CHECKS: readonly ((config: FilledConfig) => void)[] = [
  validateNamespaceNeeds,
  validateUserNamespace,
  validateTimeNamespace,
  validateSysctl,
  validateMountsOnProc,
  validateRelabel,
  validateDevptsGroup,
  validateInterfaces,
]

/**
 * Checks a configuration and fills in its defaults. What is returned is a deeply frozen copy.
 * @throws `ConfigInvalid`, with the field's path, what was expected there and what came
 */
export function validateConfig(config: unknown): ValidConfig {
  const filled = fillDefaults(recordAt(config, '', CONFIG))
  for (const check of CHECKS) check(filled)
  return filled as ValidConfig
}

const NOTHING = Object.freeze([])

/** A default is what the namespaces allow: it never makes a configuration invalid. */
function fillDefaults(given: CheckedFields): FilledConfig {
  const namespaces = given.namespaces ?? DEFAULT_NAMESPACES
  const hasRoot = namespaces.some(({ type }) => type === 'mount')
  const hasNewNetwork = namespaces.some(({ type, path }) => type === 'network' && path === undefined)
  return Object.freeze({
    routes: NOTHING,
    ...given,
    namespaces,
    readonlyRootfs: given.readonlyRootfs ?? false,
    noPivotRoot: given.noPivotRoot ?? false,
    mounts: given.mounts ?? (hasRoot ? defaultMounts(namespaces, given.gidMappings ?? NOTHING) : NOTHING),
    devices: given.devices ?? (hasRoot ? DEFAULT_DEVICES : NOTHING),
    maskedPaths: given.maskedPaths ?? (hasRoot ? DEFAULT_MASKED_PATHS : NOTHING),
    readonlyPaths: given.readonlyPaths ?? (hasRoot ? DEFAULT_READONLY_PATHS : NOTHING),
    sysctl: given.sysctl ?? Object.freeze({}),
    capabilities: given.capabilities ?? normalizeCapabilities(DEFAULT_CAPABILITIES, 'capabilities'),
    noNewPrivileges: given.noNewPrivileges ?? true,
    rlimits: given.rlimits ?? NOTHING,
    additionalGroups: given.additionalGroups ?? NOTHING,
    networks: given.networks ?? (hasNewNetwork ? DEFAULT_NETWORKS : NOTHING),
    labels: given.labels ?? Object.freeze({}),
  })
}
