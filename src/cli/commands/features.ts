// Owns `runt features`: what of the OCI runtime specification works here, for callers that choose by it.

import { specFeatures } from '../../core.ts'
import type { Command } from '../command.ts'

export const features: Command = {
  summary: 'Shows what of the OCI specification works here, as JSON',
  options: {},
  operands: [],
  examples: [['runt features', 'hooks, mount options, namespaces, seccomp and more']],
  async run({ host, print }) {
    const { version, commit } = host.build
    const document = {
      ...specFeatures(),
      annotations: {
        'org.opencontainers.runc.checkpoint.enabled': 'false',
        'runt.commit': commit,
        'runt.version': version,
      },
      // All that an annotation can do: with --systemd-cgroup it is a property of the unit.
      potentiallyUnsafeConfigAnnotations: ['org.systemd.property.'],
    }
    return print(`${JSON.stringify(document, null, 4)}\n`)
  },
}
