// Owns handing our own standard streams to a container's process, as they are.

import type { ProcessIo } from '../core.ts'

export const ownStreams = [
  { kind: 'passed', fd: 0 },
  { kind: 'passed', fd: 1 },
  { kind: 'passed', fd: 2 },
] as const satisfies ProcessIo['stdio']
