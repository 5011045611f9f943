// Tests the readers of cgroup v1 on files that kernels no longer write, or write only with other hardware: what is
// missing, what is malformed, and numbers of 64 bits. The files are real ones in a directory of the test's own.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { StatsName } from '../../src/cgroups/cgroup-stats.ts'
import { readPageSizes } from '../../src/cgroups/read-shared-stats.ts'
import { STATS_V1 } from '../../src/cgroups/v1/read-stats.ts'
import { isLibcontainerError } from '../../src/errors.ts'
import { kernel } from '../helpers/cgroup-machine.ts'

type Files = Readonly<Record<string, string>>

/** What the reader of a controller makes of files. */
function read(name: StatsName, files: Files): unknown {
  const directory = mkdtempSync(join(tmpdir(), 'cgroup-figures-'))
  try {
    mkdirSync(directory, { recursive: true })
    for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text)
    return STATS_V1[name]?.read(kernel, directory, { cpu: directory, memory: directory })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const without = (files: Files, file: string): Files =>
  Object.fromEntries(Object.entries(files).filter(([name]) => name !== file))

/** Reading must name the file that is at fault. */
function refuses(name: StatsName, files: Files, file: string): void {
  assert.throws(
    () => read(name, files),
    (error) =>
      isLibcontainerError(error) && error.code === 'SystemError' && error.object?.endsWith(`/${file}`),
    file,
  )
}

const OPS = '8:0 Read 100\n8:0 Write 200\n8:0 Sync 300\n8:0 Async 500\n8:0 Total 500\nTotal 500\n'
const BFQ: Files = {
  'blkio.bfq.io_service_bytes_recursive': OPS,
  'blkio.bfq.io_serviced_recursive': OPS,
  'blkio.bfq.io_queued_recursive': OPS,
  'blkio.bfq.io_service_time_recursive': OPS,
  'blkio.bfq.io_wait_time_recursive': OPS,
  'blkio.bfq.io_merged_recursive': OPS,
  'blkio.bfq.time_recursive': '8:0 10\n',
  'blkio.bfq.sectors_recursive': '8:0 1024\n',
}
const BFQ_FIGURES = [
  ...['serviceBytes', 'serviced', 'queued', 'serviceTimeNanos', 'waitTimeNanos', 'merged'],
  ...['timeMillis', 'sectors'],
]

test('blkio: all eight lists of a scheduler, with device, operation and value', () => {
  const figures = read('blkio', BFQ) as Record<string, readonly object[]>
  assert.deepEqual(Object.keys(figures).sort(), BFQ_FIGURES.toSorted())
  for (const list of Object.values(figures)) assert.ok(list.length > 0)
  assert.deepEqual(figures.sectors, [{ major: 8, minor: 0, value: 1024n }])
  assert.deepEqual(figures.queued?.[1], { major: 8, minor: 0, op: 'Write', value: 200n })
})

for (const [index, file] of Object.keys(BFQ).entries()) {
  test(`blkio: a missing ${file} is no error`, () => {
    const figures = read('blkio', without(BFQ, file)) as object
    const figure = BFQ_FIGURES[index] as string
    if (figure !== 'serviced') assert.equal(Object.keys(figures).length, BFQ_FIGURES.length - 1)
    assert.ok(!(figure in figures))
  })
}

test('blkio: a list of the wrong form is an error that names the file', () => {
  for (const wrong of ['8:0 Read 100 100\n', '8:0 Read Write\n', '8:0 1 2 3 4\n'])
    refuses('blkio', { ...BFQ, 'blkio.bfq.io_merged_recursive': wrong }, 'blkio.bfq.io_merged_recursive')
})

test('blkio: where no scheduler counts, the figures are those of throttling, for every device', () => {
  const two = '8:0 Read 1\n8:0 Total 1\n252:0 Read 2\n252:0 Total 2\nTotal 3\n'
  const throttle = {
    'blkio.throttle.io_service_bytes_recursive': two,
    'blkio.throttle.io_serviced_recursive': two,
  }
  const empty = Object.fromEntries(Object.keys(BFQ).map((file) => [file, '']))
  const figures = read('blkio', { ...empty, ...throttle }) as Record<string, readonly { major: number }[]>
  assert.deepEqual(Object.keys(figures).sort(), ['serviceBytes', 'serviced'])
  assert.deepEqual([...new Set(figures.serviced?.map(({ major }) => major))], [8, 252])
})

const CPU: Files = {
  'cpuacct.usage_percpu': '5 6 \n',
  'cpuacct.usage_all': 'cpu user system\n0 1 2\n1 3 4\n',
  'cpu.stat': 'nr_periods 2000\nnr_throttled 200\nthrottled_time 18446744073709551615\n',
}

test('cpu: throttling keeps all 64 bits, and a kernel without it is no error', () => {
  const figures = read('cpu', CPU) as Record<string, unknown>
  const throttling = { periods: 2000n, throttledPeriods: 200n, throttledNanos: 18446744073709551615n }
  assert.deepEqual(figures.throttling, throttling)
  assert.deepEqual([figures.totalNanos, figures.userNanos, figures.kernelNanos], [11n, 4n, 6n])
  assert.ok(!('throttling' in (read('cpu', without(CPU, 'cpu.stat')) as object)))
})

const MEMORY: Files = {
  'memory.stat': 'cache 512\nrss 1024\n',
  ...usage('memory', 2048, 4096),
  ...usage('memory.memsw', 2048, 4096),
  ...usage('memory.kmem', 2048, 4096),
}

function usage(prefix: string, now: number, most: number): Files {
  return {
    [`${prefix}.usage_in_bytes`]: `${now}\n`,
    [`${prefix}.max_usage_in_bytes`]: `${most}\n`,
    [`${prefix}.failcnt`]: '100\n',
    [`${prefix}.limit_in_bytes`]: '8192\n',
  }
}

test('memory: cache, the raw counters, and usage of three kinds', () => {
  const expected = { usageBytes: 2048n, maxUsageBytes: 4096n, failcnt: 100n, limitBytes: 8192n }
  const {
    cacheBytes,
    raw,
    withSwap,
    kernel: ofKernel,
    ...rest
  } = read('memory', MEMORY) as Record<string, unknown>
  assert.equal(cacheBytes, 512n)
  assert.deepEqual(raw, { cache: 512n, rss: 1024n })
  assert.deepEqual([withSwap, ofKernel], [expected, expected])
  assert.deepEqual(rest, expected)
})

test('memory: without its counters there are no counters; without swap, none of swap', () => {
  const { raw, cacheBytes } = read('memory', without(MEMORY, 'memory.stat')) as Record<string, unknown>
  assert.deepEqual([raw, cacheBytes], [{}, 0n])
  assert.ok(!('withSwap' in (read('memory', without(MEMORY, 'memory.memsw.usage_in_bytes')) as object)))
})

test('memory: a usage that is missing or no number is an error that names the file', () => {
  for (const file of ['memory.usage_in_bytes', 'memory.max_usage_in_bytes', 'memory.limit_in_bytes']) {
    refuses('memory', without(MEMORY, file), file)
    refuses('memory', { ...MEMORY, [file]: 'bad' }, file)
  }
})

const [PAGE_SIZE] = readPageSizes(kernel)

test('hugetlb: usage by size of page; what is missing or no number is an error that names the file', {
  skip: PAGE_SIZE === undefined ? 'the kernel has no huge pages' : false,
}, () => {
  const prefix = `hugetlb.${PAGE_SIZE}`
  const all = Object.assign({}, ...readPageSizes(kernel).map((size) => usage(`hugetlb.${size}`, 128, 256)))
  const expected = { usageBytes: 128n, maxUsageBytes: 256n, failcnt: 100n, limitBytes: 8192n }
  assert.deepEqual((read('hugetlb', all) as Record<string, unknown>)[PAGE_SIZE as string], expected)
  for (const file of [`${prefix}.usage_in_bytes`, `${prefix}.max_usage_in_bytes`]) {
    refuses('hugetlb', without(all, file), file)
    refuses('hugetlb', { ...all, [file]: 'bad' }, file)
  }
})
