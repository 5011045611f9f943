// Owns how a test says that a configuration or a process is refused: a patch, the field of the error, its words.

import assert from 'node:assert/strict'
import { LibcontainerError } from '../../src/errors.ts'

/** What to add to a good value, the path of the field that the error names, and the error's reason. */
export type Refused = readonly [patch: unknown, field: string, reason: RegExp]

/** Runs what must fail, and returns its error. */
export function refusal(run: () => unknown): LibcontainerError {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof LibcontainerError, String(error))
    return error
  }
  return assert.fail('nothing was refused')
}

/** Asserts that every patch to a good value is refused as the table says. */
export function assertRefused(
  validate: (value: unknown) => unknown,
  good: object,
  table: readonly Refused[],
): void {
  for (const [patch, field, reason] of table) {
    // Descriptors keep what an object literal would not: an own key "__proto__".
    const patched = Object.defineProperties({ ...good }, Object.getOwnPropertyDescriptors(patch))
    const error = refusal(() => validate(patched))
    assert.equal(error.code, 'ConfigInvalid', field)
    assert.equal(error.field, field, error.message)
    assert.match(error.reason, reason)
    assert.ok(error.message.startsWith(`Cannot use ${field}: `), error.message)
  }
}
