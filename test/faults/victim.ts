// Owns a program that is killed: it lives one container and ends itself at the point that it was told, or lives one
// after another until somebody else ends it. It must clean up nothing.

import { nodeKernel } from '../../src/node/node-kernel.ts'
import { type Death, deadlyKernel, type Life, live } from '../helpers/container-life.ts'

/** The one argument, as JSON. Without a death it lives for ever, and says so on standard output. */
export interface Order {
  readonly life: Life
  readonly death: Death | null
}

const { life, death }: Order = JSON.parse(process.argv[2] ?? '')
if (death !== null) await live(deadlyKernel(nodeKernel(), death), life)
else {
  process.stdout.write('ready\n')
  const kernel = nodeKernel()
  for (let round = 0; ; round++) await live(kernel, { ...life, id: `${life.id}_${round}` })
}
