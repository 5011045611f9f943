// Owns making OCI bundles for tests of runt: the root filesystem of makeRootfs, and a config.json that asks for what
// most containers ask for. It writes below the given directory only.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeRootfs } from './rootfs.ts'

export interface BundleOptions {
  /** A shell script, or the whole command line. */
  readonly command: string | readonly string[]
  /** @default every type but user and time */
  readonly namespaces?: readonly string[]
  readonly cgroupsPath: string
  /** More of its process, as in config.json. */
  readonly process?: Readonly<Record<string, unknown>>
}

const NAMESPACES = ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup']
const CAPABILITIES = ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_BIND_SERVICE']

/** Makes the bundle's folder. */
export function makeBundle(bundle: string, options: BundleOptions): void {
  mkdirSync(join(bundle, 'rootfs'), { recursive: true })
  makeRootfs(join(bundle, 'rootfs'))
  writeConfig(bundle, options)
}

export function writeConfig(
  bundle: string,
  { command, namespaces = NAMESPACES, cgroupsPath, process = {} }: BundleOptions,
): void {
  const args = typeof command === 'string' ? ['/bin/sh', '-c', command] : command
  const config = {
    ociVersion: '1.2.0',
    process: {
      args,
      env: ['PATH=/bin'],
      cwd: '/',
      user: { uid: 0, gid: 0 },
      capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
      rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 1024 }],
      noNewPrivileges: true,
      ...process,
    },
    root: { path: 'rootfs', readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k'] },
      {
        destination: '/dev/pts',
        type: 'devpts',
        source: 'devpts',
        options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
      },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
    ],
    linux: {
      namespaces: namespaces.map((type) => ({ type })),
      cgroupsPath,
      resources: { devices: [{ allow: false, access: 'rwm' }], pids: { limit: 64 } },
      maskedPaths: ['/proc/kcore', '/proc/acpi', '/sys/firmware'],
      readonlyPaths: ['/proc/sys', '/proc/bus'],
    },
  }
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config))
}
