// Owns the check of labels: any texts by any keys but the empty one.

import { mapAt } from '../values/record-at.ts'
import { refuseField } from '../values/refuse.ts'
import { refuseUnspeakable, textAt } from '../values/scalar-at.ts'

export function normalizeLabels(value: unknown, at: string): Readonly<Record<string, string>> {
  return mapAt(value, at, 'a set of labels', (key, text, field) => {
    if (key === '') refuseField(field, 'a label has a name')
    refuseUnspeakable(key, field)
    return textAt(text, field)
  })
}
