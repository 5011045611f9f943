// Owns showing what a start would do: the plan of a configuration on this host, made and printed, not carried out.

import type { ContainerConfig } from '../config/container-config.ts'
import type { ProcessSpec } from '../config/process.ts'
import { validateConfig } from '../config/validate/validate-config.ts'
import { validateProcess } from '../config/validate/validate-process.ts'
import { objectAt } from '../config/validate/values/object-at.ts'
import { recordAt, type Shape } from '../config/validate/values/record-at.ts'
import { booleanAt } from '../config/validate/values/scalar-at.ts'
import { chooseHostInterfaces } from '../network/host-interfaces.ts'
import { createPlan } from '../plan/create-plan.ts'
import { type ExplainOptions, explainPlan } from '../plan/explain.ts'
import type { Kernel } from '../system/kernel.ts'
import { firstCgroupFacts } from './cgroup-facts.ts'
import { chooseCgroup } from './choose-cgroup.ts'
import { readCreateFacts } from './facts.ts'
import { type FactoryOptions, Host } from './host.ts'
import { resctrlOf } from './intel-rdt.ts'

const OPTIONS: Shape<ExplainOptions> = {
  what: 'a way to explain',
  readers: { ops: booleanAt },
  required: [],
}

/**
 * The same as `CoreFactory.explain`, without a directory of states, which it would not need.
 * @throws ConfigInvalid, SystemError
 */
export function explain(
  kernel: Kernel,
  config: ContainerConfig,
  process: ProcessSpec,
  options: ExplainOptions & Pick<FactoryOptions, 'cgroupManager'> = {},
): string {
  const { cgroupManager = 'cgroupfs', ...rest } = objectAt(options, 'options')
  return explainStart(new Host(kernel, '', { cgroupManager }), config, process, rest)
}

/**
 * The listing of a first start with piped streams, or a terminal where the process asks for one. Looks at the host, changes nothing.
 * @throws ConfigInvalid, SystemError
 */
export function explainStart(
  host: Host,
  config: ContainerConfig,
  process: ProcessSpec,
  options: ExplainOptions,
): string {
  const how = recordAt(options, 'options', OPTIONS)
  const valid = validateConfig(config)
  const spec = validateProcess(process)
  const cgroup = firstCgroupFacts(chooseCgroup(host, 'explain', valid), host)
  const hosts = chooseHostInterfaces(host.kernel, valid.networks)
  const state = { host_interfaces: hosts, ...resctrlOf(host.kernel, 'explain', valid) }
  const facts = readCreateFacts(host, 'explain', valid, spec, cgroup, state)
  const stream = spec.terminal ? 'null' : 'pipe'
  const plan = createPlan({
    config: valid,
    process: spec,
    facts,
    descriptors: { stdio: [stream, stream, stream], extra: 0 },
  })
  return explainPlan(plan, how)
}
