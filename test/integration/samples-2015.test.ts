// Tests that containers run from the configurations of the original library: its samples, nsinit's template, and what
// is in a state of its time.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ContainerConfig, convertLibcontainer2015, Netlink } from 'libcontainer'
import {
  type Box,
  containerTest,
  output,
  refused,
  runIn,
  SLEEP,
  shell,
  until,
} from '../helpers/container-test.ts'
import { giveTree } from '../helpers/rootfs.ts'
import { SAMPLES_2015, STATE_2015 } from '../helpers/samples-2015.ts'
import { hasApparmor, hasSelinux } from '../helpers/security-modules.ts'

/** A sample as text, with the root filesystem and a cgroup of this test, converted. */
function load(box: Box, sample: object): ContainerConfig {
  const { cgroups = {} } = sample as { cgroups?: object }
  const text = JSON.stringify({
    ...sample,
    rootfs: box.rootfs,
    cgroups: { ...cgroups, parent: '', name: box.cgroupPath().slice(1) },
  })
  const { config, warnings } = convertLibcontainer2015(text)
  assert.deepEqual(warnings, [])
  return config
}

containerTest('minimal: the host name, limits, devices and capabilities that it asks for', async (box) => {
  const config = load(box, SAMPLES_2015.minimal)
  const script = `hostname; ulimit -n; ls /dev; stat -c '%a %t:%T %n' /dev/fuse /dev/null; ip -o addr show lo; echo $$`
  const lines = (await output(box.run(config, script))).split('\n')
  assert.deepEqual(lines.slice(0, 2), ['nsinit', '1024'])
  for (const name of [
    'full',
    'fuse',
    'mqueue',
    'null',
    'ptmx',
    'random',
    'shm',
    'tty',
    'urandom',
    'zero',
    'fd',
  ])
    assert.ok(lines.includes(name), name)
  assert.ok(lines.includes('0 a:e5 /dev/fuse') && lines.includes('666 1:3 /dev/null'), lines.join())
  assert.ok(lines.some((line) => line.includes('127.0.0.1/8')))
  assert.equal(lines.at(-1), '1')
  const mounts = [...(config.mounts ?? []), { type: 'proc', destination: '/proc' }]
  const status = await output(box.run({ ...config, mounts }, 'cat /proc/self/status'))
  // The 14 capabilities, none of them inheritable (defect D18); no filter and no no_new_privs, as it asks for neither.
  assert.match(status, /^CapEff:\s*00000000a80425fb$/m)
  assert.match(status, /^CapInh:\s*0+$/m)
  assert.match(status, /^NoNewPrivs:\s*0$/m)
  assert.match(status, /^Seccomp:\s*0$/m)
})

containerTest('template: everything that nsinit set up', async (box) => {
  const config = load(box, SAMPLES_2015.template)
  const script = `awk '{print $5, $8, $6}' /proc/self/mountinfo; ls -l /dev/ptmx; ls /dev/pts
    head -c 1 /proc/kcore | wc -c; echo 1 >/proc/sys/kernel/shmmni || echo read-only; touch /sys/x || echo read-only`
  const lines = (await output(box.run(config, `(${script}) 2>&1`))).split('\n')
  for (const [at, type] of [
    ['/proc', 'proc'],
    ['/dev', 'tmpfs'],
    ['/dev/pts', 'devpts'],
    ['/dev/shm', 'tmpfs'],
    ['/dev/mqueue', 'mqueue'],
    ['/sys', 'sysfs'],
  ] as const)
    assert.ok(
      lines.some((line) => line.startsWith(`${at} `) && line.includes(type)),
      at,
    )
  assert.equal(lines.filter((line) => line === 'read-only').length, 2, lines.join('\n'))
  assert.ok(lines.includes('0'), 'kcore is masked')
})

containerTest('a state: its configuration runs, with a second process and limits to change', async (box) => {
  const container = await box.create(load(box, STATE_2015.config))
  await container.start(SLEEP)
  assert.equal(await output(runIn(container, 'hostname; ulimit -n')), 'nsinit\n1024')
  await until('the shell has its sleep', async () => (await container.processes()).length === 2)
  await container.set({ memory: { limitBytes: 64n << 20n } })
  assert.equal((await container.stats()).memory?.limitBytes, 64n << 20n)
})

containerTest('host-pid: the processes of the host are there', async (box) => {
  const pid = Number(await output(box.run(load(box, SAMPLES_2015['host-pid']), 'echo $$')))
  assert.ok(pid > 1, `${pid}`)
})

containerTest('userns: root inside is 1000 outside', async (box) => {
  giveTree(box.rootfs, 1000, 1000)
  const config = load(box, SAMPLES_2015.userns)
  const script = 'id -u; touch /made; chown 5:5 /made && stat -c %u /made; echo x >/dev/null && echo wrote'
  assert.equal(await output(box.run(config, script)), '0\n5\nwrote')
  assert.equal(statSync(join(box.rootfs, 'made')).uid, 5)
  writeFileSync(join(box.rootfs, 'of-1000'), '')
  execFileSync('chown', ['1000:1000', join(box.rootfs, 'of-1000')])
  assert.equal(await output(box.run(config, 'stat -c %u:%g /of-1000')), '0:0')
})

/** The bridge that the samples name, with the gateway's address. */
async function withDocker0(run: () => Promise<void>): Promise<void> {
  const netlink = Netlink.open()
  netlink.addLink({ kind: 'bridge', name: 'docker0', up: true })
  try {
    netlink.addAddress('docker0', '172.17.42.1/16')
    await run()
  } finally {
    netlink.deleteLink('docker0')
    netlink.close()
  }
}

containerTest('attach_to_bridge, route_source_address: addresses and routes', async (box) => {
  await withDocker0(async () => {
    const script =
      'hostname; ip -o -4 addr show eth0; ip route; ping -c 1 -w 60 172.17.42.1 >/dev/null && echo pong'
    const attached = await output(box.run(load(box, SAMPLES_2015.attach_to_bridge), script))
    assert.match(attached, /^koye\n/)
    assert.match(attached, /172\.17\.0\.101\/16/)
    assert.match(attached, /^default via 172\.17\.42\.1 dev eth0/m)
    assert.match(attached, /pong$/)
    const routed = await output(box.run(load(box, SAMPLES_2015.route_source_address), 'ip route'))
    assert.match(routed, /^10\.9\.0\.0\/16 dev eth0 scope link {2}src 172\.17\.0\.101/m)
  })
})

containerTest('apparmor, selinux: the labels are given, or refused by name', async (box) => {
  for (const [name, field] of [
    ['apparmor', 'apparmorProfile'],
    ['selinux', 'selinuxLabel'],
  ] as const) {
    const container = await box.create(load(box, SAMPLES_2015[name]))
    // The profile and the context of the samples are loaded nowhere.
    const isThere = name === 'apparmor' ? hasApparmor : hasSelinux
    const error = await refused(container.start(shell('true')), isThere ? 'SystemError' : 'ConfigInvalid')
    assert.equal(error.field, field)
  }
})

containerTest('binds: read-only holds, and mounts of the host come later as they did', async (box) => {
  const source = join(box.directory, 'data')
  mkdirSync(join(source, 'later'), { recursive: true })
  const bind = { source, destination: '/data', device: 'bind', flags: 4096 + 16384 + 1, data: '' }
  const config = load(box, { ...SAMPLES_2015.template, mounts: [...SAMPLES_2015.template.mounts, bind] })
  const isShared = execFileSync('findmnt', ['-nro', 'PROPAGATION', '-T', source], { encoding: 'utf8' })
  const container = await box.create(config)
  await container.start(SLEEP)
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(source, 'later')])
  try {
    writeFileSync(join(source, 'later/file'), '')
    const seen = isShared.trim() === 'shared' ? 'file' : ''
    assert.equal(await output(runIn(container, 'touch /data/x 2>/dev/null || ls /data/later')), seen)
  } finally {
    execFileSync('umount', [join(source, 'later')])
  }
})

containerTest('filters: a denied call fails, with the numbers of x86_64', async (box) => {
  const seccomp = {
    syscalls: [
      { value: 92, action: 1, args: null },
      { value: 260, action: 1, args: null },
    ],
  }
  const config = load(box, { ...SAMPLES_2015.template, seccomp })
  const script = 'touch /tmp/x; chown 5 /tmp/x 2>&1; grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status'
  const text = await output(box.run(config, script))
  assert.match(text, /Operation not permitted/)
  assert.match(text, /^NoNewPrivs:\s*1$/m)
  assert.match(text, /^Seccomp:\s*2$/m)
})

containerTest('commands around a mount: they see the host, and the root below its path', async (box) => {
  const source = join(box.directory, 'data')
  mkdirSync(source)
  const run = (...args: readonly string[]) => ({
    path: 'sh',
    args: ['-ec', ...args],
    env: ['PATH=/bin:/usr/bin'],
  })
  const bind = {
    source,
    destination: '/data',
    device: 'bind',
    flags: 4096,
    premount_cmds: [run(`echo hello >${source}/hello`)],
    postmount_cmds: [
      run('cp data/hello data/hello-backup'),
      run(`cp ${box.rootfs}/data/hello ${source}/world`),
    ],
  }
  const config = load(box, { ...SAMPLES_2015.template, mounts: [...SAMPLES_2015.template.mounts, bind] })
  assert.equal(await output(box.run(config, 'cat /data/*')), 'hello\nhello\nhello')
})
