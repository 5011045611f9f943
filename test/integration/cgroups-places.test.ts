// Tests where a program finds cgroups: hierarchies that are mounted elsewhere, that show a part only, that are
// read-only in the usual place, and a container in a container. Each in a mount namespace of its own.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CAPABILITIES, type ContainerConfig, DEFAULT_MOUNTS, type Mount } from 'libcontainer'
import { parseMountinfo } from '../../src/system/mountinfo.ts'
import { type Box, containerTest, output } from '../helpers/container-test.ts'
import { makeRootfs } from '../helpers/rootfs.ts'
import { Program } from '../helpers/second-program.ts'

/** Makes a container with limits, and says where its cgroups are and what holds there. */
const LIFE = `
import { readFileSync, existsSync } from 'node:fs'
import { Factory } from 'libcontainer'
const [, , root, rootfs, path] = process.argv
const factory = await Factory.open(root)
const cgroup = { path, memory: { limitBytes: 64n << 20n }, pids: { limit: 9 } }
const container = await factory.create('placed', { rootfs, cgroup })
const sleep = { args: ['/bin/sleep', '1000'], stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' }
await container.start(sleep)
const { cgroup_paths: paths } = await container.state()
await container.pause()
const status = await container.status()
await container.resume()
const { memory, pids } = await container.stats()
const processes = await container.processes()
await container.destroy()
const left = Object.values(paths).filter((path) => existsSync(path))
const figures = [Number(memory.limitBytes), Number(pids.limit), processes.length]
console.log(JSON.stringify({ paths, status, figures, left }))
`

interface Report {
  readonly paths: Readonly<Record<string, string>>
  readonly status: string
  readonly figures: readonly number[]
  readonly left: readonly string[]
}

/** Runs it in a mount namespace of its own, after a script. */
async function live(box: Box, setUp: string, path: string): Promise<Report['paths']> {
  const under = ['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', `${setUp}\nexec "$@"`, 'sh']
  const root = join(box.directory, 'states')
  return readReport(await new Program({ module: LIFE, under }, root, box.rootfs, path).finish())
}

function readReport(line: string): Report['paths'] {
  const report: Report = JSON.parse(line)
  assert.deepEqual([report.status, report.figures, report.left], ['paused', [64 << 20, 9, 1], []])
  assert.ok(Object.keys(report.paths).length > 0)
  return report.paths
}

const mounts = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).filter(
  ({ filesystem, mountPoint }) => /^cgroup2?$/.test(filesystem) && mountPoint.startsWith('/sys/fs/cgroup/'),
)
/** The visible ones: the last of each place. */
const places = [...new Map(mounts.map((mount) => [mount.mountPoint, mount])).values()]
const needsV1 = places.some(({ filesystem }) => filesystem === 'cgroup')
  ? false
  : 'there are no v1 hierarchies here'

const mountAgain = (at: string): string =>
  places
    .map(({ filesystem, mountPoint, superOptions }) => {
      const name = mountPoint.slice(mountPoint.lastIndexOf('/') + 1)
      const options = superOptions.filter((option) => option !== 'rw' && option !== 'ro').join(',')
      const type = filesystem === 'cgroup' ? `cgroup -o ${options}` : 'cgroup2'
      return `mkdir -p ${at}/${name}.here; mount -t ${type} none ${at}/${name}.here`
    })
    .join('\n')

containerTest(
  'hierarchies that are mounted elsewhere, under other names',
  async (box) => {
    const at = join(box.directory, 'elsewhere')
    mkdirSync(at)
    const path = box.cgroupPath()
    const paths = await live(
      box,
      `${mountAgain(at)}\numount -R -l /sys/fs/cgroup; umount -R -l /sys/fs/cgroup 2>/dev/null || true`,
      path,
    )
    for (const [controller, directory] of Object.entries(paths))
      assert.ok(
        directory.startsWith(`${at}/`) && directory.endsWith(`.here${path}`),
        `${controller}: ${directory}`,
      )
  },
  needsV1,
)

containerTest(
  'hierarchies that are read-only in the usual place, and writable elsewhere',
  async (box) => {
    const at = join(box.directory, 'writable')
    mkdirSync(at)
    const readonly = places.map(({ mountPoint }) => `mount -o remount,bind,ro ${mountPoint}`).join('\n')
    const paths = await live(box, `${mountAgain(at)}\n${readonly}`, box.cgroupPath())
    for (const directory of Object.values(paths)) assert.ok(directory.startsWith(`${at}/`), directory)
  },
  needsV1,
)

containerTest(
  "hierarchies that show the caller's part only, without a cgroup namespace",
  async (box) => {
    const outer = box.cgroupPath()
    const setUp = places.map(({ mountPoint: at }) => {
      const inherit = (from: string, to: string): string =>
        `for file in cpuset.cpus cpuset.mems; do if [ -e ${to}/$file ]; then cat ${from}/$file >${to}/$file; fi; done`
      return `mkdir -p ${at}${outer}/inner
        ${inherit(at, at + outer)}
        ${inherit(at + outer, `${at}${outer}/inner`)}
        mount --bind ${at}${outer} ${at}
        echo $$ >${at}/inner/cgroup.procs`
    })
    try {
      const below = await live(box, setUp.join('\n'), 'demo')
      for (const [controller, directory] of Object.entries(below))
        assert.ok(directory.endsWith(controller === 'unified' ? '/demo' : '/inner/demo'), directory)
    } finally {
      for (const { mountPoint } of places)
        for (const part of ['/inner', ''])
          if (existsSync(mountPoint + outer + part)) rmdirSync(mountPoint + outer + part)
    }
  },
  needsV1,
)

/** Where an engine and this package are: what a program in a container needs of the host. */
const HOST_FOLDERS = ['/usr', '/lib', '/lib64', '/bin', '/etc', join(import.meta.dirname, '../../..')]

containerTest('a container in a container, in a cgroup namespace', async (box) => {
  const folders = [...new Set([...HOST_FOLDERS, dirname(process.execPath), box.directory])]
  const bindOf = (source: string): Mount => ({ type: 'bind', source, destination: source })
  const inner = join(box.directory, 'inner/rootfs')
  mkdirSync(inner, { recursive: true })
  makeRootfs(inner)
  const cgroup: Mount = { type: 'cgroup', destination: '/sys/fs/cgroup' }
  const own = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`)
  const config: Partial<ContainerConfig> = {
    mounts: [
      ...DEFAULT_MOUNTS.filter(({ type }) => type !== 'cgroup' && type !== 'sysfs'),
      { type: 'sysfs', destination: '/sys' },
      cgroup,
      ...folders.filter((folder) => existsSync(folder)).map(bindOf),
    ],
    capabilities: CAPABILITIES.filter((_, bit) => (own >> BigInt(bit)) & 1n),
    noNewPrivileges: false,
    seccomp: null,
    maskedPaths: [],
    readonlyPaths: [],
    cgroup: { path: box.cgroupPath(), devices: [{ allow: true }] },
  }
  const engine = process.versions.bun === undefined ? ['--input-type=module', '--eval'] : ['--eval']
  const code = `process.argv.splice(1, 0, 'program');${LIFE}`
  // A cgroup of v2 that holds processes hands no controller out: the program moves into one below.
  const move =
    'if mkdir /sys/fs/cgroup/own 2>&-; then echo $$ >/sys/fs/cgroup/own/cgroup.procs; fi; exec "$@"'
  const program = [process.execPath, ...engine, code, join(box.directory, 'inner/states'), inner, '/inner']
  const args = ['/bin/sh', '-c', move, 'sh', ...program]
  const process_ = {
    args,
    cwd: HOST_FOLDERS.at(-1) ?? '/',
    env: ['PATH=/usr/bin:/bin'],
    stdin: 'ignore',
  } as const
  const paths = readReport(await output(box.run(config, process_)))
  for (const directory of Object.values(paths))
    assert.match(directory, /^\/sys\/fs\/cgroup(\/[\w,]+)?\/inner$/)
})
