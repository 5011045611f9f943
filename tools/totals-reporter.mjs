// Owns the totals of one test run, as lines `pass 12`, for tools/totals.mjs to add up. It prints nothing itself.

const counts = /^(pass|fail|cancelled|skipped|todo) \d+$/

export default async function* totals(events) {
  for await (const { type, data } of events)
    if (type === 'test:diagnostic' && data.nesting === 0 && counts.test(data.message))
      yield `${data.message}\n`
}
