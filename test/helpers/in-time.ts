// Owns the end of a test that hangs: it says where, and ends the program, as what hangs would hold it for ever.

const LIMIT_MS = 180_000

/** The result of the work; the end of the program when it takes too long. */
export async function inTime<T>(work: Promise<T>, describe: () => string): Promise<T> {
  const timer = setTimeout(() => {
    console.error(`${describe()} hangs`)
    process.exit(1)
  }, LIMIT_MS)
  try {
    return await work
  } finally {
    clearTimeout(timer)
  }
}
