// Owns the properties that a label asks systemd for: `org.systemd.property.NAME`, whose text is a value as GVariant has
// it (docs.gtk.org/glib/gvariant-text-format.html): runc and crun know it, and podman sends it. Pure.

import { refuseField } from '../../config/validate/values/refuse.ts'
import type { DbusValue } from './dbus-value.ts'
import type { Property } from './file-properties.ts'

const PREFIX = 'org.systemd.property.'
const INTEGERS: Readonly<Record<string, string>> = {
  byte: 'y',
  int16: 'n',
  uint16: 'q',
  int32: 'i',
  uint32: 'u',
  int64: 'x',
  uint64: 't',
}
const FORM = /^(?:(\w+) +)?(?:(true|false)|([+-]?\d+)|([+-]?\d*\.\d+)|(\[.*\])|(['"].*))$/s
const STRING = /(['"])((?:\\.|(?!\1)[^\\])*)\1/gs
const MICROS = 1e6

/** @throws LibcontainerError ConfigInvalid with the label */
export function labelProperties(labels: Readonly<Record<string, string>>): readonly Property[] {
  const names = Object.keys(labels).filter((label) => label.startsWith(PREFIX))
  return names.map((label) => propertyOf(label.slice(PREFIX.length), labels[label] ?? '', `labels.${label}`))
}

function propertyOf(name: string, text: string, field: string): Property {
  if (!/^[A-Za-z]{3,}$/.test(name)) refuseField(field, `${JSON.stringify(name)} is no name of a property`)
  const [, type, truth, integer, real, list, quoted] = FORM.exec(text.trim()) ?? []
  const signature = type === undefined ? 'i' : INTEGERS[type]
  // Times are documented in seconds, and asked for in microseconds.
  if (/[a-z]Sec$/.test(name) && (integer ?? real) !== undefined && (signature ?? type === 'double')) {
    const value =
      integer === undefined ? BigInt(Math.trunc(Number(real) * MICROS)) : BigInt(integer) * BigInt(MICROS)
    return [name.replace(/Sec$/, 'USec'), { signature: 't', value }]
  }
  const value = truth ?? integer ?? list ?? quoted
  if (truth !== undefined && type === undefined) return [name, { signature: 'b', value: truth === 'true' }]
  if (integer !== undefined && signature !== undefined) return [name, { signature, value: BigInt(integer) }]
  const texts = value === undefined || type !== undefined ? null : stringsOf(value)
  if (list !== undefined && texts !== null) return [name, { signature: 'as', value: texts }]
  if (quoted !== undefined && texts?.length === 1)
    return [name, { signature: 's', value: texts[0] as DbusValue }]
  return refuseField(field, `${JSON.stringify(text)} is no value such as 5, uint64 5, true, 'a' or ['a']`)
}

/** What the quotes hold, where there is nothing else but commas and brackets. */
function stringsOf(text: string): readonly string[] | null {
  const rest = text.replace(STRING, '').replace(/[\s,[\]]/g, '')
  if (rest !== '') return null
  return [...text.matchAll(STRING)].map(([, , inside = '']) => inside.replace(/\\(.)/gs, '$1'))
}
