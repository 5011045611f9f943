// Owns parsing /proc/PID/mountinfo (proc(5)). Pure: the caller reads the file, and not on the hot path.

export interface MountInfo {
  readonly id: number
  readonly parent: number
  /** The directory of the file system that forms the root of this mount. */
  readonly root: string
  readonly mountPoint: string
  readonly options: readonly string[]
  readonly optionalFields: readonly string[]
  readonly filesystem: string
  readonly source: string
  readonly superOptions: readonly string[]
}

/** The mounts of a mountinfo file, in its order; a line that is not of its form is left out. */
export function parseMountinfo(text: string): readonly MountInfo[] {
  const mounts: MountInfo[] = []
  for (const line of text.split('\n')) {
    const fields = line.split(' ')
    const dash = fields.indexOf('-', 6)
    if (dash < 0) continue
    mounts.push({
      id: Number(fields[0]),
      parent: Number(fields[1]),
      root: unescapeOctal(fields[3] ?? ''),
      mountPoint: unescapeOctal(fields[4] ?? ''),
      options: (fields[5] ?? '').split(','),
      optionalFields: fields.slice(6, dash),
      filesystem: fields[dash + 1] ?? '',
      source: unescapeOctal(fields[dash + 2] ?? ''),
      superOptions: (fields[dash + 3] ?? '').split(','),
    })
  }
  return mounts
}

// Blank, tab, newline and backslash are written as three octal digits.
function unescapeOctal(text: string): string {
  return text.includes('\\')
    ? text.replaceAll(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)))
    : text
}
