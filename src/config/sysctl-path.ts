// Owns how the name of a kernel parameter becomes a path below /proc/sys. Whether the parameter may be set is asked
// elsewhere.

/**
 * `net.ipv4.ip_forward` and `net/ipv4/ip_forward` are both `net/ipv4/ip_forward`. The first separator decides: after
 * a dot, a slash stands for a dot inside a name, `net.ipv4.conf.eth0/1.forwarding` (sysctl.d(5)).
 */
export function sysctlPath(key: string): string {
  const dot = key.indexOf('.')
  const slash = key.indexOf('/')
  if (dot < 0 || (slash >= 0 && slash < dot)) return key
  return key.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))
}
