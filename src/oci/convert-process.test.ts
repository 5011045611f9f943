// Tests the conversion of processes: their rights, how they are scheduled, and that each can be converted by itself.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertRefused } from '../../test/helpers/refuses-config.ts'
import { validateConfig } from '../config/validate/validate-config.ts'
import { validateProcess } from '../config/validate/validate-process.ts'
import { parseJson } from '../json/parse-json.ts'
import { convertProcess } from './convert-process.ts'
import { convertSpec } from './convert-spec.ts'

const MINIMAL = { ociVersion: '1.0.2', root: { path: 'rootfs' }, process: { args: ['sh'], cwd: '/' } }

function convert(patch: object) {
  const { config, process, warnings } = convertSpec({ ...MINIMAL, ...patch }, '/bundle')
  return { config: validateConfig(config), process: validateProcess(process), warnings }
}

const SCHEDULING = `{
  "scheduler": {"policy": "SCHED_DEADLINE", "nice": 0, "priority": 0, "flags": ["SCHED_FLAG_RECLAIM"],
                "runtime": 5, "deadline": 9007199254740993, "period": 0},
  "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 0},
  "execCPUAffinity": {"initial": "0", "final": ""}
}`

it('converts scheduling, where 0 and an empty text are unset', () => {
  const linux = {
    personality: { domain: 'LINUX32', flags: [] },
    memoryPolicy: { mode: 'MPOL_LOCAL', nodes: '', flags: ['MPOL_F_STATIC_NODES'] },
  }
  const process = { ...MINIMAL.process, ...(parseJson(SCHEDULING) as object) }
  const { config } = convert({ process, linux })
  const scheduler = {
    policy: 'DEADLINE',
    flags: ['RECLAIM'],
    runtimeNanos: 5n,
    deadlineNanos: 2n ** 53n + 1n,
  }
  assert.deepEqual(config.scheduler, scheduler)
  assert.deepEqual(config.ioPriority, { class: 'BE', priority: 0 })
  assert.deepEqual(config.execCpuAffinity, { initial: '0' })
  assert.deepEqual(config.memoryPolicy, { mode: 'LOCAL', flags: ['STATIC_NODES'] })
  assert.equal(config.personality, 'LINUX32')
  const alone = convertProcess(process).process
  assert.deepEqual([alone.scheduler, alone.cpuAffinity], [scheduler, { initial: '0' }])
})

it('converts a process by itself, with all of its rights', () => {
  const given = {
    ...MINIMAL.process,
    env: ['A=1'],
    user: { uid: 5, gid: 6, umask: 18, additionalGids: [7] },
    capabilities: { bounding: ['CAP_KILL', 'CAP_NEW'] },
    rlimits: [{ type: 'RLIMIT_CPU', soft: 1, hard: 2 }],
    noNewPrivileges: true,
  }
  const { process, warnings } = convertProcess(given)
  const { capabilities, noNewPrivileges, rlimits, additionalGroups } = convert({ process: given }).config
  const rights = { capabilities, noNewPrivileges, rlimits, additionalGroups }
  const { process: command } = convert({ process: given })
  assert.deepEqual(validateProcess(process), { ...command, ...rights })
  assert.deepEqual(additionalGroups, [7])
  assert.equal(warnings.length, 1)
  assertRefused((spec) => convertProcess(spec), MINIMAL.process, [
    [{ user: { uid: -1 } }, 'process.user.uid', /from 0/],
  ])
})

it('leaves out capabilities that the kernel would not give, and warns', () => {
  const capabilities = {
    bounding: ['CAP_KILL'],
    permitted: ['CAP_KILL', 'CAP_CHOWN'],
    effective: ['CAP_KILL', 'CAP_FOWNER'],
    inheritable: ['CAP_CHOWN', 'CAP_SETUID'],
    ambient: ['CAP_CHOWN', 'CAP_SETUID', 'CAP_KILL'],
  }
  const { config, warnings } = convert({ process: { ...MINIMAL.process, capabilities } })
  assert.deepEqual([config.capabilities.effective, config.capabilities.ambient], [['KILL'], ['CHOWN']])
  assert.deepEqual(warnings, [
    'process.capabilities.effective: CAP_FOWNER is not permitted',
    "can't raise ambient capability CAP_SETUID: it is not both permitted and inheritable",
  ])
})

it('warns of an ambient capability that is not inheritable where the process lacks it then', () => {
  const asked = ['CAP_KILL', 'CAP_CHOWN']
  const warned = (uid: number, bounding: readonly string[], permitted: readonly string[]) => {
    const capabilities = { bounding, permitted, effective: permitted, ambient: asked }
    const { config, warnings } = convert({
      process: { ...MINIMAL.process, user: { uid, gid: 0 }, capabilities },
    })
    assert.deepEqual(config.capabilities.ambient, [])
    return asked.filter((name) => warnings.some((text) => text.includes(`ambient capability ${name}: `)))
  }
  assert.deepEqual(warned(0, asked, asked), [])
  assert.deepEqual(warned(0, ['CAP_KILL'], asked), ['CAP_CHOWN'])
  assert.deepEqual(warned(0, asked, ['CAP_CHOWN']), ['CAP_KILL'])
  assert.deepEqual(warned(1000, asked, asked), asked)
})
