// Owns how a field whose key is the caller's is written, as the checks of a configuration write it. Pure.

/** `cgroup.misc.sev`, `cgroup.unified["memory.high"]`. */
export function fieldOfKey(at: string, key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? `${at}.${key}` : `${at}[${JSON.stringify(key)}]`
}
