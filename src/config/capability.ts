// Owns the names of the capabilities in the order of their numbers (include/uapi/linux/capability.h).

/** `CAPABILITIES[n]` is capability number n, without the `CAP_` prefix. */
export const CAPABILITIES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
] as const

export type CapabilityName = (typeof CAPABILITIES)[number]

/** The number of each capability, by its name without the prefix. */
export const CAPABILITY_NUMBERS: ReadonlyMap<string, number> = new Map(
  CAPABILITIES.map((name, number) => [name, number]),
)

/** A capability, with or without the prefix: `NET_RAW`, `CAP_NET_RAW`. */
export type Capability = CapabilityName | `CAP_${CapabilityName}`
