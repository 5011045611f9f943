// Owns what stands in for node:assert/strict where the unit tests run in QuickJS: the same verdicts, plainer messages.

class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

type Expected = RegExp | ((error: unknown) => unknown) | Readonly<Record<string, unknown>>

function show(value: unknown): string {
  const text =
    JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part)) ?? String(value)
  return text.slice(0, 300)
}

function fail(message?: string): never {
  throw new AssertionError(message ?? 'failed')
}

const ownKeys = (value: object): readonly PropertyKey[] =>
  Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key))

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Map || a instanceof Set) return isSame([...a], [...(b as Set<unknown>)])
  if (a instanceof Error && (a.message !== (b as Error).message || a.name !== (b as Error).name)) return false
  const keys = ownKeys(a)
  return (
    keys.length === ownKeys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(Reflect.get(a, key), Reflect.get(b, key)))
  )
}

function isExpected(error: unknown, expected: Expected | undefined): boolean {
  if (expected === undefined) return true
  if (expected instanceof RegExp) return expected.test(String(error))
  if (typeof expected !== 'function') {
    return Object.entries(expected).every(([key, value]) => {
      const found = Reflect.get(error as object, key)
      return value instanceof RegExp ? value.test(found) : isSame(found, value)
    })
  }
  // A class is asked for its instances; anything else is a check.
  const isClass = expected === Error || expected.prototype instanceof Error
  return isClass ? error instanceof expected : expected(error) === true
}

function thrownBy(action: () => unknown): readonly unknown[] {
  try {
    action()
    return []
  } catch (error) {
    return [error]
  }
}

const equal = (a: unknown, b: unknown, message?: string): void => {
  if (!Object.is(a, b)) fail(message ?? `${show(a)} is not ${show(b)}`)
}

const ok = (value: unknown, message?: string): void => {
  if (!value) fail(message ?? `${show(value)} is not true`)
}

/** The functions that our unit tests use. */
const assert = {
  fail,
  ok,
  equal,
  notEqual: (a: unknown, b: unknown): void => ok(!Object.is(a, b), `it is ${show(a)}`),
  deepEqual: (a: unknown, b: unknown, message?: string): void =>
    ok(isSame(a, b), message ?? `${show(a)} is not as ${show(b)}`),
  match: (text: string, pattern: RegExp, message?: string): void =>
    ok(pattern.test(text), message ?? `${show(text)} does not match ${pattern}`),
  doesNotMatch: (text: string, pattern: RegExp): void =>
    ok(!pattern.test(text), `${show(text)} matches ${pattern}`),
  throws: (action: () => unknown, expected?: Expected): void => {
    const thrown = thrownBy(action)
    if (thrown.length === 0) fail('nothing was thrown')
    if (!isExpected(thrown[0], expected)) fail(`thrown: ${thrown[0]}`)
  },
}

// biome-ignore lint/style/noDefaultExport: the module that it stands in for has one
export default assert
