// Owns which paths of the host are never relabelled: a container's context on them would lock the host out of its own
// files. The original knew `/`, `/usr` and `/etc`; the list is that of today's runtimes (opencontainers/selinux).

const EXACT: ReadonlySet<string> = new Set([
  '/',
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/etc/passwd',
  '/etc/pki',
  '/etc/shadow',
  '/home',
  '/lib',
  '/lib32',
  '/lib64',
  '/media',
  '/mnt',
  '/opt',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/srv',
  '/sys',
  '/tmp',
  '/usr',
  '/var',
  '/var/lib',
  '/var/log',
  '/var/tmp',
])

/** Below these nothing is anybody's data. */
const WHOLE: readonly string[] = ['/boot/', '/dev/', '/proc/', '/sys/', '/usr/']

/** Whether a clean absolute path must keep its labels. */
export function isProtectedPath(path: string): boolean {
  return EXACT.has(path) || WHOLE.some((prefix) => path.startsWith(prefix))
}
