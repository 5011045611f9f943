// Owns what lines of the file `schemata` say: which are written, and whether a class has them already. Pure.

import type { IntelRdtSchemas } from '../config/intel-rdt.ts'

/** What is to be written, a line each, in the order of the specification: cache, bandwidth, then whole lines. */
export function linesOf({ l3CacheSchema, memBwSchema, schemata = [] }: IntelRdtSchemas): readonly string[] {
  return [l3CacheSchema, memBwSchema, ...schemata].filter((line) => line !== undefined)
}

/** The line of a resource, as the kernel shows it without its indentation. */
function lineOf(text: string, resource: string): string | undefined {
  return text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line.startsWith(`${resource}:`))
}

/**
 * Whether a file has what a line asks for: the kernel shows domains in its own order and padding, and rounds bandwidth
 * up (fs/resctrl/ctrlmondata.c). @param step of bandwidth; 1 for what is not rounded
 */
export function hasLine(text: string, line: string, step: number): boolean {
  const [resource = '', wanted] = parseLine(line)
  const present = new Map(parseLine(lineOf(text, resource) ?? '')[1])
  return wanted.every(([domain, value]) => {
    const have = present.get(domain)
    const number = Number(value)
    return have === value || (number > 0 && have === String(Math.ceil(number / step) * step))
  })
}

type Domains = readonly (readonly [domain: string, value: string])[]

function parseLine(line: string): readonly [resource: string, domains: Domains] {
  const colon = line.indexOf(':')
  const domains = line.slice(colon + 1).split(';')
  const plain = (text = ''): string =>
    text
      .trim()
      .toLowerCase()
      .replace(/^0+(?=.)/, '')
  return [
    line.slice(0, Math.max(colon, 0)).trim(),
    domains.map((part) => part.split('=')).map(([domain, value]) => [plain(domain), plain(value)]),
  ]
}
