// Tests that plans are what they were: each file here has a configuration above and the listing of its plan below.
// After an intended change: npm run build && UPDATE_GOLDEN=1 node tools/run-tests.mjs test/golden/golden.test.ts

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { validateConfig, validateProcess } from '../../src/core.ts'
import { createPlan } from '../../src/plan/create-plan.ts'
import { execPlan } from '../../src/plan/exec-plan.ts'
import { explainPlan } from '../../src/plan/explain.ts'
import { FACTS, GOLDEN_CASES, PIPES } from './cases.ts'
import type { GoldenCase } from './golden-case.ts'

// The sources, not the build output.
const directory = fileURLToPath(new URL('../../../test/golden/', import.meta.url))

function listingOf({ plan, config, process, facts, descriptors }: GoldenCase): string {
  const request = {
    config: validateConfig(config),
    process: validateProcess(process),
    facts: { ...FACTS, ...facts },
    descriptors: descriptors ?? PIPES,
  }
  return explainPlan(plan === 'create' ? createPlan(request) : execPlan(request), { ops: true })
}

function pageOf(golden: GoldenCase): string {
  const { name, about, plan, config, process, facts = {}, descriptors = {} } = golden
  const given = { config, process, facts, descriptors }
  const shown = inspect(given, {
    depth: null,
    compact: 3,
    breakLength: 110,
    maxArrayLength: null,
    maxStringLength: null,
    sorted: false,
  })
  return `# ${name}\n\n${about}\n\n\`\`\`js\n${plan}Plan(${shown})\n\`\`\`\n\n\`\`\`text\n${listingOf(golden)}\`\`\`\n`
}

for (const golden of GOLDEN_CASES) {
  test(`the plan "${golden.name}" is what it was`, () => {
    const path = join(directory, `${golden.name}.md`)
    const page = pageOf(golden)
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, page)
    assert.ok(existsSync(path), `${path} is missing; UPDATE_GOLDEN=1 writes it`)
    const lines = (text: string): string[] => text.split('\n')
    assert.deepEqual(lines(page), lines(readFileSync(path, 'utf8')))
  })
}

test('every golden file has its case', () => {
  const files = readdirSync(directory).filter((name) => name.endsWith('.md'))
  const names = GOLDEN_CASES.map(({ name }) => `${name}.md`)
  assert.deepEqual(files.sort(), names.sort())
})

test('a plan is a value: planning the same twice gives the same', () => {
  for (const golden of GOLDEN_CASES) assert.equal(listingOf(golden), listingOf(golden))
})

test('every flag of a listing has a name', () => {
  for (const golden of GOLDEN_CASES) assert.doesNotMatch(listingOf(golden), /0x[0-9a-f]/, golden.name)
})
