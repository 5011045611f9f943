// Owns what of a file's text must be written to bring back what it said. Pure.

/** For a file with a line for each of many (devices, interfaces): the line of one, or the text that removes it. */
export function lineOf(key: string, absent: string): (text: string) => string {
  return (text) => text.split('\n').find((line) => line.startsWith(`${key} `)) ?? absent
}

/** For a file of lines `key value`, of which only one value can be written, without its key. */
export function wordOf(key: string): (text: string) => string {
  const line = lineOf(key, '')
  return (text) => line(text).slice(key.length + 1)
}

/** For `io.max` of cgroup v2. */
export function ioMaxOf(device: string): (text: string) => string {
  return lineOf(device, `${device} rbps=max wbps=max riops=max wiops=max`)
}
