// Owns `npm run bench`: prepares, starts itself again in a private environment for each cgroup layout, and reports.
// It leaves nothing but files below build/ and bench/results/. The same file is the worker and the measuring process.
//   npm run bench -- [--quick] [--only CASE]...

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LayoutName } from './layout.ts'
import type { Options } from './options.ts'
import type { Prepared } from './prepare.ts'
import type { LayoutResult } from './results.ts'

const LAYOUTS: readonly LayoutName[] = ['v1', 'v2']

interface Order {
  readonly prepared: Prepared
  readonly options: Options
}

// Imports wait for the mode: a worker's memory is measured, and it needs little.
async function main(args: readonly string[]): Promise<void> {
  const [mode, first = '', second = ''] = args
  if (mode === '--worker') return (await import('./worker.ts')).serve(first, second === 'limits')
  if (mode === '--inside') return measureInside(first as LayoutName, second)
  const { parseOptions } = await import('./options.ts')
  return compare(parseOptions(args), args.join(' '))
}

async function compare(options: Options, text: string): Promise<void> {
  const { prepare, BUILD, REPOSITORY } = await import('./prepare.ts')
  const { readMachine } = await import('./machine.ts')
  const { renderReport } = await import('./report.ts')
  const prepared = prepare()
  const machine = await readMachine(prepared, text)
  const results = LAYOUTS.flatMap((layout) =>
    measurePrivately(layout, { prepared, options }, BUILD, REPOSITORY),
  )
  const report = renderReport(machine, results)
  console.log(`\n${report}`)
  // Only a full run is a result to keep.
  const isFull = !options.isQuick && options.only.length === 0
  const directory = isFull ? join(REPOSITORY, 'bench/results') : BUILD
  mkdirSync(directory, { recursive: true })
  const file = join(directory, `${machine.date}-${machine.kernel}`)
  writeFileSync(`${file}.md`, `${report}\n`)
  writeFileSync(`${file}.json`, `${JSON.stringify({ machine, results }, null, 1)}\n`)
  console.log(`\nwritten: ${file}.md, ${file}.json`)
  if (results.length === 0 || results.some(({ failed }) => failed.length > 0)) process.exitCode = 1
}

function measurePrivately(
  layout: LayoutName,
  order: Order,
  build: string,
  repository: string,
): readonly LayoutResult[] {
  const file = join(build, `${layout}.json`)
  writeFileSync(file, JSON.stringify(order))
  const self = [process.execPath, order.prepared.script, '--inside', layout, file]
  const { status } = spawnSync(join(repository, 'tools/privileged'), self, { stdio: 'inherit' })
  const result = status === 0 ? (JSON.parse(readFileSync(file, 'utf8')) as LayoutResult | null) : null
  rmSync(file)
  if (result === null) console.log(`cgroup ${layout}: not measured`)
  return result === null ? [] : [result]
}

async function measureInside(name: LayoutName, file: string): Promise<void> {
  const { makeLayout } = await import('./layout.ts')
  const { measureLayout } = await import('./measure.ts')
  const { prepared, options } = JSON.parse(readFileSync(file, 'utf8')) as Order
  const layout = makeLayout(name)
  const scratch = '/run/bench'
  mkdirSync(scratch, { recursive: true })
  const wants = (one: string): boolean => options.only.length === 0 || options.only.includes(one)
  const result =
    layout === null ? null : await measureLayout({ ...prepared, layout, scratch }, options.effort, wants)
  writeFileSync(file, JSON.stringify(result))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
