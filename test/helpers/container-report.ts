// Owns what a container tells of itself: a script that it runs, and reading what the script prints. What differs from
// run to run, and what two runtimes may do in two ways, is left out.

/** Prints sections, each behind a line with its name. `HOST_NAMESPACES` in the environment are those of the caller. */
export const REPORT_SCRIPT = `
section() { echo "== $1"; }
section mounts; cut -d' ' -f4- /proc/self/mountinfo
section status
grep -E '^(Uid|Gid|Groups|Umask|Cap|NoNewPrivs|Seccomp:|Cpus_allowed_list|Mems_allowed_list|Sig(Ign|Blk))' /proc/self/status
section limits; cat /proc/self/limits
section maps; cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups
section oom; cat /proc/self/oom_score_adj
section scheduling; cut -d' ' -f18,19,40,41 /proc/self/stat; ionice -p $$; uname -m
section memory; awk '/stack/ {print $2}' /proc/self/numa_maps 2>/dev/null
section devices; ls -lnR /dev | sed -E 's/ [A-Z][a-z]{2} +[0-9]+ +[0-9:]+ / /'
section names; hostname; cat /proc/sys/kernel/domainname
section environment; env | grep -v HOST_NAMESPACES | sort; pwd
section namespaces
for file in /proc/self/ns/*; do
  name=$(readlink $file); case " $HOST_NAMESPACES " in *" $name "*) echo "\${file##*/} host";; *) echo "\${file##*/} own";; esac
done
section clocks; cat /proc/self/timens_offsets 2>/dev/null
section sysctls; cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni /proc/sys/fs/mqueue/msg_max
section network; ls /sys/class/net; ip addr show lo
section descriptors; for fd in 3 4 5 6 7; do readlink /proc/self/fd/$fd; done
section cgroups; cat /proc/self/cgroup
cd /sys/fs/cgroup
for file in memory/memory.*limit_in_bytes memory/memory.swappiness memory/memory.oom_control cpu/cpu.shares cpu/cpu.cfs_*_us \\
  cpu/cpu.idle cpuset/cpuset.cpus cpuset/cpuset.mems pids/pids.max devices/devices.list blkio/blkio.throttle.*_device
do [ -e $file ] && { echo $file; grep -v oom_kill $file | sort; }; done
true
`

/** What the kernel mounts on masked paths is each runtime's own affair: that they are covered is not. */
const COVERED = /^\S+ \/(?:proc\/(?:acpi|keys|timer_list|scsi)|sys\/firmware) /

/** The lines of a report by section, in an order that says nothing. */
export function parseReport(text: string): Readonly<Record<string, readonly string[]>> {
  const sections: Record<string, string[]> = {}
  let current: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('== ')) {
      current = []
      sections[line.slice(3)] = current
    } else current.push(line)
  }
  for (const [name, lines] of Object.entries(sections)) {
    const normalized = name === 'mounts' ? lines.map(normalizeMount) : lines
    // A link to what this kernel may not have.
    sections[name] = normalized.filter((line) => !line.includes(' core -> ')).sort()
  }
  return sections
}

function normalizeMount(line: string): string {
  if (COVERED.test(line)) return `${line.split(' ')[1]} covered`
  return (
    line
      // relatime is the kernel's default; runc names a mount after the hierarchy.
      .replace('relatime', '')
      .replace(/ - cgroup \S+ /, ' - cgroup cgroup ')
      // runc leaves the directory of the hierarchies writable, whatever the options say.
      .replace(/^(\S+ \/sys\/fs\/cgroup) r[ow],/, '$1 ')
      .replace(/(shared|master):\d+/g, '$1')
  )
}
