// Owns returning the container's /etc/passwd and /etc/group to the parent, which looks users up in them. init reads
// them, so that a file system of the image can only hold up this start, never the parent.

import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  O_CLOEXEC,
  O_NONBLOCK,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  S_IFMT,
  S_IFREG,
  STATX_BASIC_STATS,
} from '../../abi/flags.ts'
import { OPEN_HOW_SIZE, openHow, STATX_MODE, STATX_SIZE } from '../../abi/structs.ts'
import type { Scratch } from '../../protocol/op.ts'
import type { UserdbNeed } from '../launch-plan.ts'
import type { Planner } from '../planner.ts'

/** Ids of the returns. */
export const RETURN_PASSWD = 1
export const RETURN_GROUP = 2
/** Id of the gate behind them: the parent answers with the rest of the plan. */
export const GATE_LOOKUP = 1

const LIMIT_BYTES = 1 << 20
const EFTYPE = 22

export function planUserdb(p: Planner, need: UserdbNeed): void {
  // O_NONBLOCK: a FIFO of the image must not hold us up.
  const how = { bytes: openHow(O_CLOEXEC | O_NONBLOCK, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS) }
  const files = [
    { wanted: need.passwd, path: '/etc/passwd', id: RETURN_PASSWD },
    { wanted: need.group, path: '/etc/group', id: RETURN_GROUP },
  ]
  for (const { wanted, path, id } of files) {
    if (!wanted) continue
    p.step({
      name: 'return',
      object: path,
      reason: 'users and groups are those of the container',
      field: 'process.user',
      hints: { EINVAL: 'it is not a regular file' },
    })
    const fd = p.slots.take()
    p.unless(
      'ENOENT',
      'openat2',
      [AT_FDCWD, path, how, OPEN_HOW_SIZE],
      () => {
        const stat: Scratch = { scratch: STATX_SIZE }
        const content: Scratch = { scratch: LIMIT_BYTES }
        p.call('statx', [fd, '', AT_EMPTY_PATH, STATX_BASIC_STATS, stat])
        p.call('expect', [{ at: stat, offset: STATX_MODE }, 2, S_IFMT, S_IFREG, EFTYPE])
        const length = p.open('read', [fd, content, LIMIT_BYTES])
        p.close(fd)
        p.ask('return', [id, -1, content, length])
        p.slots.give(length)
      },
      fd,
    )
  }
  p.step({ name: 'wait for the rest', reason: 'what follows depends on the ids', field: 'process.user' })
  p.ask('gate', [GATE_LOOKUP])
}
