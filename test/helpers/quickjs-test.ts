// Owns what stands in for node:test where the unit tests run in QuickJS: it collects tests, and runs them one after
// another. Hooks for files and processes are left out, as are the tests that need them.

type Body = (context: { readonly name: string }) => unknown

export interface Registered {
  readonly name: string
  readonly run: Body
}

export class Suite {
  readonly tests: Registered[] = []
  readonly #path: string[] = []

  add(name: string, body: Body): void {
    this.tests.push({ name: [...this.#path, name].join(' > '), run: body })
  }

  describe(name: string, body: () => void): void {
    this.#path.push(name)
    body()
    this.#path.pop()
  }
}

/** What the tests of one program have registered. */
export const suite = new Suite()

/** The body is the last argument; options, if any, come before it. */
const bodyOf = (rest: readonly unknown[]): Body => rest.at(-1) as Body

export const test = (name: string, ...rest: readonly unknown[]): void => suite.add(name, bodyOf(rest))
export const it = test
export const describe = (name: string, ...rest: readonly unknown[]): void =>
  suite.describe(name, bodyOf(rest) as () => void)
