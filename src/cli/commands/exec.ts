// Owns `runt exec`: one more process in a container that runs, waited for or left alone.

import { convertProcess } from '../../core.ts'
import type { Command } from '../command.ts'
import { CONSOLE_SOCKET_OPTION, chooseConsole, consoleSocketAt } from '../console.ts'
import { PROCESS_OPTIONS, readExecProcess } from '../exec-process.ts'
import { openForeground } from '../foreground.ts'
import { loadContainer } from '../open-factory.ts'
import { PID_FILE_OPTION, pidFileAt } from '../pid-file.ts'
import { PIDFD_SOCKET_OPTION, pidfdSocketAt } from '../pidfd-socket.ts'
import { PRESERVE_FDS_OPTION, preserveFiles } from '../preserved-files.ts'
import { parseSubCgroups } from '../sub-cgroups.ts'

const OPTIONS = {
  detach: { short: 'd', help: 'start it, and do not wait for its end' },
  ...PROCESS_OPTIONS,
  'pid-file': PID_FILE_OPTION,
  'pidfd-socket': PIDFD_SOCKET_OPTION,
  'console-socket': CONSOLE_SOCKET_OPTION,
  'preserve-fds': PRESERVE_FDS_OPTION,
  'ignore-paused': { help: 'also in a paused container: it starts when that is resumed' },
  cgroup: {
    value: '[CONTROLLER:]PATH',
    repeats: true,
    help: "put it in a cgroup below the container's that is there already",
  },
} as const

export const exec: Command<typeof OPTIONS> = {
  summary: 'Starts another process in a running container',
  details:
    'It is like the first one of config.json in all that is not said here. The exit status is that of the process, 128 and the signal when it was killed, or 255 when it could not be started.',
  options: OPTIONS,
  operands: ['ID', '[COMMAND]', '[ARG]...'],
  examples: [
    ['runt exec web ps aux', 'runs ps in web'],
    ['runt exec -t web sh', 'a shell in web, in this terminal'],
    ['runt exec -u 1000:1000 -e DEBUG=1 web ./task', 'as another user, with one more variable'],
    ['runt exec -d --pid-file task.pid -p task.json web', 'in the background, as task.json has it'],
  ],
  failure: 255,
  async run(context) {
    const { kernel, log, options, operands } = context
    const pidfdSocket = pidfdSocketAt(kernel, options['pidfd-socket'], 'setns')
    const pidFile = pidFileAt(kernel, options['pid-file'])
    const preserved = preserveFiles(kernel, context.env, options['preserve-fds'])
    const container = await loadContainer(context)
    const given = readExecProcess(kernel, container, options, operands.slice(1))
    const { process: asked, warnings } = convertProcess(given)
    for (const warning of warnings) await log.warn(warning)
    const socket = consoleSocketAt(kernel, options['console-socket'])
    const { spec, stdio, ...console } = chooseConsole(asked, options.detach, socket)
    const io = { stdio, extraFiles: preserved.fds }
    const subCgroups = parseSubCgroups(options.cgroup)
    const foreground = options.detach ? null : openForeground(context, Boolean(spec.terminal))
    try {
      const process = await container.exec(
        { ...(foreground?.inWindow(spec) ?? spec), env: [...(spec.env ?? []), ...preserved.env] },
        { io, ...console, ignorePaused: options['ignore-paused'], ...(subCgroups && { subCgroups }) },
      )
      try {
        pidfdSocket.send(process)
        pidFile.write(process.pid)
      } catch (error) {
        process.signal('KILL')
        throw error
      }
      return foreground === null ? 0 : await foreground.attend(process)
    } finally {
      foreground?.end()
    }
  },
}
