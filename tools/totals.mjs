// Owns the last line of `npm test`: the totals of all test runs since the last call, in words that CI can count.

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../build/totals/', import.meta.url))
const sums = { pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 }
for (const file of existsSync(folder) ? readdirSync(folder) : [])
  for (const [, name, count] of readFileSync(folder + file, 'utf8').matchAll(/^(\w+) (\d+)$/gm))
    sums[name] += Number(count)
rmSync(folder, { recursive: true, force: true })
console.log(`${sums.pass} passed, ${sums.fail + sums.cancelled} failed, ${sums.skipped + sums.todo} skipped`)
