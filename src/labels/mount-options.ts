// Owns how the context of a file system stands in its options. A context has commas of its own, which is why it is
// quoted there (mount(8)).

const CONTEXT = /^(?:fs|def|root)?context$/
const OPTION = /(?:(?:fs|def|root)?context="[^"]*"|[^,])+/g

/** File systems that take no context of their own: theirs comes from the policy, file by file. */
const UNLABELLED: ReadonlySet<string> = new Set(['proc', 'sysfs', 'mqueue'])

/** The options of a file system with the label of the container's files among them. */
export function labelledOptions(type: string, data: string, mountLabel: string | undefined): string {
  if (mountLabel === undefined || UNLABELLED.has(type)) return data
  const option = `context="${mountLabel}"`
  return data === '' ? option : `${data},${option}`
}

/** Options one by one: `mode=755` has a value, `noswap` has none. The quotes around a context are taken off. */
export function splitOptions(data: string): readonly (readonly [key: string, value: string | null])[] {
  const isQuoted = data.includes('"')
  const options = isQuoted ? (data.match(OPTION) ?? []) : data.split(',')
  const pairs: (readonly [key: string, value: string | null])[] = []
  for (const option of options) {
    if (option === '') continue
    const equals = option.indexOf('=')
    const key = equals < 0 ? option : option.slice(0, equals)
    const value = equals < 0 ? null : option.slice(equals + 1)
    pairs.push([key, isQuoted && CONTEXT.test(key) ? (value?.replace(/^"(.*)"$/, '$1') ?? null) : value])
  }
  return pairs
}
