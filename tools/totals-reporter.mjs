// Owns what one test run leaves for later looks: its totals, as lines `pass 12` for tools/totals.mjs to add up, and
// how each test ended, for tools/check-conformance.mjs. It prints nothing itself.

import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const counts = /^(pass|fail|cancelled|skipped|todo) \d+$/
const root = fileURLToPath(new URL('..', import.meta.url))

/** `src/x.test.ts`, whether the runner names the source or what was compiled from it. */
const sourceOf = (file) =>
  relative(root, file)
    .replace(/^dist\//, '')
    .replace(/\.js$/, '.ts')

function endOf(type, { skip, todo }) {
  if (skip !== undefined && skip !== false) return ['skipped', typeof skip === 'string' ? skip : '']
  if (todo !== undefined && todo !== false) return ['todo', '']
  return [type === 'test:pass' ? 'passed' : 'failed', '']
}

export default async function* totals(events) {
  for await (const { type, data } of events) {
    if (type === 'test:diagnostic' && data.nesting === 0 && counts.test(data.message))
      yield `${data.message}\n`
    else if ((type === 'test:pass' || type === 'test:fail') && data.file !== undefined)
      yield `${JSON.stringify([sourceOf(data.file), data.name, ...endOf(type, data)])}\n`
  }
}
