// Owns parsing the figures of block devices: the files of the blkio controller (v1) and io.stat (v2). Pure.

import { LibcontainerError } from '../errors.ts'
import type { BlkioEntry, BlkioStats } from './cgroup-stats.ts'

/**
 * A file of v1: lines `MAJOR:MINOR OP VALUE` or `MAJOR:MINOR VALUE`; a last line `Total VALUE` is left out.
 * @throws LibcontainerError SystemError for another form
 */
export function parseBlkioEntries(text: string, file: string): readonly BlkioEntry[] {
  const entries: BlkioEntry[] = []
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('Total ')) continue
    const match = /^(\d+):(\d+)(?: ([A-Za-z]+))? (\d+)$/.exec(line)
    if (match === null) throw refuseLine(line, file)
    const [, major, minor, op, value] = match
    const device = { major: Number(major), minor: Number(minor) }
    entries.push({ ...device, ...(op === undefined ? {} : { op }), value: BigInt(value as string) })
  }
  return entries
}

/** Where a key of io.stat goes, and what v1 calls it there. */
const IO_KEYS: Readonly<Record<string, readonly [list: Exclude<keyof BlkioStats, 'pressure'>, op?: string]>> =
  {
    rbytes: ['serviceBytes', 'Read'],
    wbytes: ['serviceBytes', 'Write'],
    dbytes: ['serviceBytes', 'Discard'],
    rios: ['serviced', 'Read'],
    wios: ['serviced', 'Write'],
    dios: ['serviced', 'Discard'],
    'cost.usage': ['costUsageMicros'],
    'cost.wait': ['costWaitMicros'],
    'cost.indebt': ['costIndebtMicros'],
    'cost.indelay': ['costIndelayMicros'],
  }

/** io.stat of v2: lines `MAJOR:MINOR key=value ...`. What is not known is left out. */
export function parseIoStat(text: string): BlkioStats {
  const lists = new Map<string, BlkioEntry[]>([
    ['serviceBytes', []],
    ['serviced', []],
  ])
  for (const line of text.split('\n')) {
    const [device, ...words] = line.split(' ')
    const match = /^(\d+):(\d+)$/.exec(device ?? '')
    if (match === null) continue
    const [major, minor] = [Number(match[1]), Number(match[2])]
    for (const word of words) {
      const [key, value] = word.split('=')
      const [list, op] = IO_KEYS[key ?? ''] ?? []
      if (list === undefined || value === undefined || !/^\d+$/.test(value)) continue
      const entry = { major, minor, ...(op === undefined ? {} : { op }), value: BigInt(value) }
      lists.set(list, [...(lists.get(list) ?? []), entry])
    }
  }
  return Object.fromEntries(lists)
}

function refuseLine(line: string, file: string): LibcontainerError {
  return new LibcontainerError({
    code: 'SystemError',
    action: 'read the figures of block devices from',
    object: file,
    reason: `it says ${JSON.stringify(line.slice(0, 60))}`,
  })
}
