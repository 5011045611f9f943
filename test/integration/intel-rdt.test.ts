// Tests resource control by the CPU: the refusal where the kernel has none, for real; and what is done where it has,
// against a directory in the kernel's layout with real containers, as no machine of ours has the hardware.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type CoreContainer, CoreFactory, type IntelRdt, isLibcontainerError } from 'libcontainer/core'
import { intelRdtData } from '../../src/cli/intel-rdt-data.ts'
import { hasLine } from '../../src/resctrl/compare-schemata.ts'
import { kernel } from '../helpers/cgroup-machine.ts'
import { containerTest } from '../helpers/container-test.ts'
import { kernelWithResctrl, makeResctrlTree } from '../helpers/resctrl-tree.ts'
import { makeRootfs } from '../helpers/rootfs.ts'

const io = { stdio: [{ kind: 'null' }, { kind: 'null' }, { kind: 'null' }], extraFiles: [] } as const
const SLEEP = { args: ['/bin/sleep', '1000'] }
const hasHardware = readFileSync('/proc/self/mountinfo', 'utf8').includes(' - resctrl ')

interface Scene {
  readonly resctrl: string
  create(id: string, intelRdt?: IntelRdt): Promise<CoreContainer>
  text(path: string): string
}

/** A container's whole life: needs root. */
function sceneTest(name: string, run: (scene: Scene) => Promise<void>): void {
  const skip = process.env.PRIVILEGED !== '1' && 'it needs root and a place of its own: tools/privileged'
  test(name, { skip, timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'resctrl-'))
    const resctrl = join(folder, 'resctrl')
    makeResctrlTree(resctrl)
    const rootfs = join(folder, 'rootfs')
    makeRootfs(rootfs)
    const factory = CoreFactory.open(kernelWithResctrl(kernel, resctrl), join(folder, 'state'))
    const text = (path: string): string => readFileSync(join(resctrl, path), 'utf8')
    const made: CoreContainer[] = []
    const create: Scene['create'] = async (id, intelRdt) => {
      const container = await factory.create(id, { rootfs, ...(intelRdt && { intelRdt }) })
      made.push(container)
      return container
    }
    try {
      await run({ resctrl, text, create })
    } finally {
      for (const container of made) await container.destroy()
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

/** The error that something must end with. */
async function refusal(promise: Promise<unknown>, field: string, reason: RegExp): Promise<void> {
  const error = await promise.then(
    () => assert.fail('it was not refused'),
    (error: unknown) => error,
  )
  assert.ok(isLibcontainerError(error))
  assert.deepEqual([error.code, error.field], ['ConfigInvalid', field])
  assert.match(error.detail(), reason)
}

containerTest(
  'without a resctrl a class of service is refused with its field, and nothing is left',
  async (box) => {
    await refusal(box.create({ intelRdt: { closId: 'gold' } }), 'intelRdt', /no resctrl.*is mounted/)
    assert.deepEqual(await box.factory.list(), [])
  },
  hasHardware && 'this machine has a resctrl',
)

describe('a class of its own', () => {
  sceneTest('is made, joined by every process, and removed', async ({ resctrl, create, text }) => {
    const schemas = { l3CacheSchema: 'L3:0=f;1=f0', memBwSchema: 'MB:0=20', schemata: ['L2:0=f'] }
    const container = await create('own', { ...schemas, enableMonitoring: true })
    assert.ok(!existsSync(join(resctrl, 'own')), 'create makes nothing')
    const first = await container.start(SLEEP, { io })
    assert.equal(text('own/schemata'), 'L3:0=f;1=f0\nMB:0=20\nL2:0=f\n')
    assert.equal(text('own/tasks'), String(first.pid))
    assert.equal(text('own/mon_groups/own/tasks'), String(first.pid))
    const later = await container.start(SLEEP, { io })
    assert.equal(text('own/mon_groups/own/tasks'), String(later.pid))
    await container.destroy()
    assert.ok(!existsSync(join(resctrl, 'own')))
    assert.equal(text('tasks'), '', 'the default class was left alone')
  })

  sceneTest('is made anew for a second start', async ({ resctrl, create, text }) => {
    const container = await create('again', { enableMonitoring: true })
    for (let life = 0; life < 2; life++) {
      const init = await container.start(SLEEP, { io })
      assert.equal(text('again/tasks'), String(init.pid))
      init.signal('SIGKILL')
      await init.wait()
    }
    await container.destroy()
    assert.ok(!existsSync(join(resctrl, 'again')))
  })

  sceneTest('is taken back when the start fails', async ({ resctrl, create, text }) => {
    const before = readdirSync(resctrl)
    const failing = { args: ['/nope'] }
    const own = await create('failing', { l3CacheSchema: 'L3:0=f', enableMonitoring: true })
    await assert.rejects(own.start(failing, { io }))
    assert.deepEqual(readdirSync(resctrl), before)
    mkdirSync(join(resctrl, 'other/mon_groups'), { recursive: true })
    writeFileSync(join(resctrl, 'other/schemata'), 'L3:0=ff;1=ff\n')
    const shared = await create('failing', { closId: 'other', schemata: ['L3:0=1'], enableMonitoring: true })
    await assert.rejects(shared.start(failing, { io }))
    assert.deepEqual(readdirSync(join(resctrl, 'other/mon_groups')), [])
    assert.equal(text('other/schemata'), 'L3:0=ff;1=ff\n')
  })
})

describe('a class by its name', () => {
  sceneTest('is made with its schemata, kept, and shared', async ({ resctrl, create, text }) => {
    for (const id of ['one', 'two']) {
      const container = await create(id, {
        closId: 'gold',
        l3CacheSchema: 'L3:0=00f',
        enableMonitoring: true,
      })
      const init = await container.start(SLEEP, { io })
      assert.equal(text(`gold/mon_groups/${id}/tasks`), String(init.pid))
      await container.destroy()
      assert.deepEqual(readdirSync(join(resctrl, 'gold/mon_groups')), [])
    }
    assert.equal(text('gold/schemata'), 'L3:0=00f\n')
    const other = await create('three', { closId: 'gold', l3CacheSchema: 'L3:0=1' })
    await refusal(other.start(SLEEP, { io }), 'intelRdt.l3CacheSchema', /it is there, and has not L3:0=1/)
    assert.equal(text('gold/schemata'), 'L3:0=00f\n')
  })

  sceneTest('must be there, or have schemata to be made with', async ({ resctrl, create }) => {
    await refusal(create('none', { closId: 'silver' }), 'intelRdt.closId', /no class of service "silver"/)
    assert.ok(!existsSync(join(resctrl, 'silver')))
  })

  sceneTest('the default one is joined, and never removed', async ({ create, text }) => {
    const container = await create('default', { closId: '/', enableMonitoring: true })
    const init = await container.start(SLEEP, { io })
    assert.equal(text('tasks'), String(init.pid))
    assert.equal(text('mon_groups/default/tasks'), String(init.pid))
    await container.destroy()
    assert.match(text('schemata'), /L3:0=fffff/)
  })
})

describe('while it runs', () => {
  sceneTest('schemata change, and figures are read', async ({ create, text }) => {
    const container = await create('figures', { l3CacheSchema: 'L3:0=f', enableMonitoring: true })
    await container.start(SLEEP, { io })
    await container.set({ intelRdt: { l3CacheSchema: 'L3:0=3', memBwSchema: 'MB:0=30' } })
    assert.equal(text('figures/schemata'), 'L3:0=3\nMB:0=30\n')
    assert.equal(container.config.intelRdt?.l3CacheSchema, 'L3:0=3')
    await refusal(
      container.set({ intelRdt: { memBwSchema: '30' } }),
      'intelRdt.memBwSchema',
      /begins with MB:/,
    )
    assert.deepEqual(intelRdtData(container.intelRdtStats()), {
      l3_cache_info: { cbm_mask: 'fffff', min_cbm_bits: 1, num_closids: 16 },
      l3_cache_schema_root: 'L3:0=fffff;1=fffff',
      l3_cache_schema: 'L3:0=3',
      mem_bw_info: { bandwidth_gran: 10, delay_linear: 1, min_bandwidth: 10, num_closids: 8 },
      mem_bw_schema_root: 'MB:0=100;1=100',
      mem_bw_schema: 'MB:0=30',
      schemata: ['L3:0=3', 'MB:0=30'],
      mbm_stats: [
        { mbm_total_bytes: 2n ** 64n - 1n, mbm_local_bytes: 4096n },
        { mbm_total_bytes: 2n ** 64n - 1n, mbm_local_bytes: 0n },
      ],
      cmt_stats: [{ llc_occupancy: 16711680n }, { llc_occupancy: 16711680n }],
    })
  })

  sceneTest('one that was made without it has no schemata to change', async ({ create }) => {
    const container = await create('without')
    await container.start(SLEEP, { io })
    assert.equal(container.intelRdtStats(), null)
    await refusal(container.set({ intelRdt: { memBwSchema: 'MB:0=30' } }), 'intelRdt', /made without it/)
  })
})

sceneTest('container.intelRdtStats: SystemError', async ({ resctrl, create }) => {
  const container = await create('gone', {})
  await container.start(SLEEP, { io })
  rmSync(join(resctrl, 'gone'), { recursive: true })
  assert.throws(() => container.intelRdtStats(), { code: 'SystemError', errno: 'ENOENT' })
})

test('a resource that the machine does not divide is refused with its field', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resctrl-'))
  try {
    makeResctrlTree(join(folder, 'resctrl'))
    mkdirSync(join(folder, 'rootfs'))
    const factory = CoreFactory.open(
      kernelWithResctrl(kernel, join(folder, 'resctrl')),
      join(folder, 'state'),
    )
    const rows = [
      ['L3', { l3CacheSchema: 'L3:0=f' }, 'intelRdt.l3CacheSchema'],
      ['MB', { memBwSchema: 'MB:0=10' }, 'intelRdt.memBwSchema'],
      ['L3_MON', { enableMonitoring: true }, 'intelRdt.enableMonitoring'],
    ] as const
    for (const [resource, intelRdt, field] of rows) {
      rmSync(join(folder, 'resctrl/info', resource), { recursive: true })
      await refusal(factory.create('x', { rootfs: join(folder, 'rootfs'), intelRdt }), field, /this machine/)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('lines are compared by what they say, as the kernel pads, orders and rounds', () => {
  const file = '    MB:0= 20;1=100\n    L3:0=000ff;1=00fff\n'
  const same = ['L3:0=ff', 'L3:1=FFF;0=0ff', 'MB:0=20', 'MB:1=100;0=20']
  assert.deepEqual(
    same.filter((line) => hasLine(file, line, 1)),
    same,
  )
  assert.ok(hasLine(file, 'MB:0=15', 10), 'rounded up to the next step')
  assert.ok(!hasLine(file, 'MB:0=15', 1))
  for (const line of ['L3:0=fe', 'L3:2=ff', 'L2:0=ff', 'MB:0=30', 'MB', 'L3:'])
    assert.ok(!hasLine(file, line, 10), line)
})
