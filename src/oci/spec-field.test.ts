// Tests that errors of converted configurations speak of config.json: for each wrong value the field that it is in.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { refusal } from '../../test/helpers/refuses-config.ts'
import { validateConfig } from '../config/validate/validate-config.ts'
import { validateProcess } from '../config/validate/validate-process.ts'
import { LibcontainerError } from '../errors.ts'
import { convertSpec } from './convert-spec.ts'
import { inSpecTerms } from './spec-field.ts'

const process = (patch: object) => ({ process: { args: ['sh'], cwd: '/', ...patch } })
const linux = (patch: object) => ({ linux: { namespaces: [{ type: 'mount' }], ...patch } })
const resources = (patch: object) => ({ linux: { cgroupsPath: '/x', resources: patch } })
const inUser = (patch: object) => linux({ namespaces: [{ type: 'mount' }, { type: 'user' }], ...patch })

const WRONG: readonly (readonly [object, field: string])[] = [
  [process({ rlimits: [{ type: 'RLIMIT_CPU', soft: 2, hard: 1 }] }), 'process.rlimits[0].soft'],
  [process({ scheduler: { policy: 'SCHED_OTHER', runtime: 1 } }), 'process.scheduler.runtime'],
  [process({ ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 9 } }), 'process.ioPriority.priority'],
  [process({ execCPUAffinity: { final: 'x' } }), 'process.execCPUAffinity.final'],
  [linux({ memoryPolicy: { mode: 'MPOL_BIND' } }), 'linux.memoryPolicy.nodes'],
  [
    linux({
      devices: [
        { path: '/dev/a', type: 'c', major: 1, minor: 1 },
        { path: '/dev/b', type: 'c' },
      ],
    }),
    'linux.devices[1].major',
  ],
  [linux({ maskedPaths: ['x'] }), 'linux.maskedPaths[0]'],
  [linux({ sysctl: { 'kernel.pid_max': '1' } }), 'linux.sysctl["kernel.pid_max"]'],
  [linux({ uidMappings: [{ containerID: 0, hostID: 0, size: 1 }] }), 'linux.uidMappings'],
  [inUser({ uidMappings: [{ containerID: -1, hostID: 0, size: 1 }] }), 'linux.uidMappings[0].containerID'],
  [linux({ namespaces: [{ type: 'mount' }, { type: 'mount' }] }), 'linux.namespaces[1].type'],
  [linux({ timeOffsets: { monotonic: { secs: 1 } } }), 'linux.timeOffsets'],
  [{ hostname: 'h' }, 'hostname'],
  [{ annotations: { '': 'x' } }, 'annotations[""]'],
  [{ ...linux({}), mounts: [{ destination: '/', type: 'tmpfs' }] }, 'mounts[0].destination'],
  [
    { ...linux({}), mounts: [{ destination: '/x', type: 'cgroup', options: ['tmpcopyup'] }] },
    'mounts[0].options[0]',
  ],
  [
    { ...linux({}), mounts: [{ destination: '/x', type: 'proc', options: ['tmpcopyup'] }] },
    'mounts[0].options',
  ],
  [resources({ memory: { limit: 4096, swap: 1 } }), 'linux.resources.memory.swap'],
  [resources({ memory: { swappiness: 101 } }), 'linux.resources.memory.swappiness'],
  [resources({ cpu: { quota: 5 } }), 'linux.resources.cpu.quota'],
  [resources({ cpu: { realtimePeriod: -3 } }), 'linux.resources.cpu.realtimePeriod'],
  [resources({ cpu: { mems: 'x' } }), 'linux.resources.cpu.mems'],
  [resources({ pids: { limit: 2 ** 40 } }), 'linux.resources.pids.limit'],
  [resources({ blockIO: { weight: 5 } }), 'linux.resources.blockIO.weight'],
  [resources({ blockIO: { weightDevice: [{ major: 1, minor: 1, weight: 5 }] } }), 'linux.resources.blockIO'],
  [
    resources({ hugepageLimits: [{ pageSize: 'x', limit: 1 }] }),
    'linux.resources.hugepageLimits[0].pageSize',
  ],
  [resources({ network: { classID: 2 ** 33 } }), 'linux.resources.network.classID'],
  [resources({ devices: [{ allow: true, type: 'c', access: 'x' }] }), 'linux.resources.devices'],
  [resources({ unified: { 'x/y': '1' } }), 'linux.resources.unified["x/y"]'],
  [{ linux: { cgroupsPath: '../x' } }, 'linux.cgroupsPath'],
]

it('names the field of config.json', () => {
  for (const [patch, field] of WRONG) {
    const spec = { ociVersion: '1.3.0', root: { path: 'rootfs' }, ...process({}), ...patch }
    const error = refusal(() => {
      const converted = convertSpec(spec, '/bundle')
      validateConfig(converted.config)
      validateProcess(converted.process)
    })
    const told = inSpecTerms(error)
    assert.equal(told.field, field)
    assert.equal(told.code, 'ConfigInvalid')
    assert.ok(told.message.startsWith(`Cannot use ${field}: `), told.message)
  }
})

it('keeps all else that is known, and an error that needs no other words', () => {
  const facts = {
    code: 'SystemError',
    action: 'bind',
    object: '/x',
    reason: 'ENOENT',
    hint: 'h',
    step: 's',
  } as const
  const more = { errno: 'ENOENT', syscall: 'open_tree', cause: 'c' } as const
  const error = new LibcontainerError({ ...facts, ...more, field: 'rootfs' })
  const told = inSpecTerms(error)
  assert.deepEqual({ ...told }, { ...error, field: 'root.path' })
  assert.deepEqual([told.message, told.cause, told.stack], [error.message, 'c', error.stack])
  for (const field of ['mounts[1].source', 'process.args[0]', 'root.path', 'linux.seccomp', undefined]) {
    const same = new LibcontainerError({ ...facts, ...(field === undefined ? {} : { field }) })
    assert.equal(inSpecTerms(same), same)
  }
})
