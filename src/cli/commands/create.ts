// Owns `runt create`: a container made from a bundle, whose process waits for `runt start`.

import type { Command } from '../command.ts'
import { CREATE_OPTIONS, readWish } from '../create-options.ts'
import { makeContainer } from '../make-container.ts'

export const create: Command<typeof CREATE_OPTIONS> = {
  summary: 'Makes a container whose process waits for its start',
  details:
    'All is set up and checked, so that "runt start" does nothing more than execute the command. The standard streams are those of this command, unless the process has a terminal, which goes to the console socket.',
  options: CREATE_OPTIONS,
  operands: ['ID'],
  examples: [
    ['runt create -b /srv/web --pid-file web.pid web', 'makes web, to be started by "runt start web"'],
  ],
  async run(context) {
    await makeContainer(context, await readWish(context, true), 'prepared')
    return 0
  },
}
