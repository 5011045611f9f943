// Owns the data part of a program: where texts, structures, tables and scratch memory come to lie behind the ops.
// Order: texts, then blocks (structures and tables), then scratch. Where a part begins is known only when the one
// before it is complete, so offsets are counted from the part, and the words that hold them are moved at the end.

import { validateText } from './limits.ts'
import type { Scratch, Struct, Table } from './op.ts'

export interface Data {
  /** Bytes of a text in UTF-8. */
  readonly lengthOf: (text: string) => number
  readonly texts: string[]
  readonly textOffsets: Map<string, number>
  textSize: number
  readonly blocks: (Struct | Table)[]
  readonly blockOffsets: Map<Struct | Table, number>
  blockSize: number
  readonly scratchOffsets: Map<Scratch, number>
  scratchSize: number
  /** Words among the ops that hold an offset into the blocks, or into scratch. */
  readonly blockWords: number[]
  readonly scratchWords: number[]
}

export function emptyData(lengthOf: (text: string) => number): Data {
  return {
    lengthOf,
    texts: [],
    textOffsets: new Map(),
    textSize: 0,
    blocks: [],
    blockOffsets: new Map(),
    blockSize: 0,
    scratchOffsets: new Map(),
    scratchSize: 0,
    blockWords: [],
    scratchWords: [],
  }
}

/** @returns the offset among the texts; the same text has the same one */
export function placeText(data: Data, text: string): number {
  const known = data.textOffsets.get(text)
  if (known !== undefined) return known
  validateText(text)
  const offset = data.textSize
  data.textOffsets.set(text, offset)
  data.texts.push(text)
  data.textSize = offset + data.lengthOf(text) + 1
  return offset
}

/** Notes that `word` refers to it. @returns the offset among the blocks; the same object has the same one */
export function placeBlock(data: Data, block: Struct | Table, word: number): number {
  data.blockWords.push(word)
  const known = data.blockOffsets.get(block)
  if (known !== undefined) return known
  const offset = data.blockSize
  data.blockOffsets.set(block, offset)
  data.blocks.push(block)
  if ('bytes' in block) data.blockSize = align8(offset + block.bytes.length)
  else {
    for (const text of block.table) placeText(data, text)
    // One word more than texts: init ends the table with NULL there.
    data.blockSize = offset + 8 * (block.table.length + 1)
  }
  return offset
}

/** Notes that `word` refers to it. @returns the offset in scratch; the same object has the same one */
export function placeScratch(data: Data, scratch: Scratch, word: number): number {
  data.scratchWords.push(word)
  const known = data.scratchOffsets.get(scratch)
  if (known !== undefined) return known
  const offset = data.scratchSize
  data.scratchOffsets.set(scratch, offset)
  data.scratchSize = align8(offset + scratch.scratch)
  return offset
}

/** All texts, each with its NUL. */
export function joinTexts(data: Data): string {
  return data.texts.length === 0 ? '' : `${data.texts.join('\0')}\0`
}

/** Bytes of data that are sent. */
export function dataSize(data: Data): number {
  return align8(data.textSize) + data.blockSize
}

/** Makes the noted words count from the start of the data. */
export function moveOffsets(data: Data, words: Int32Array): void {
  const blocks = align8(data.textSize)
  const scratch = dataSize(data)
  for (const word of data.blockWords) words[word] = (words[word] as number) + blocks
  for (const word of data.scratchWords) words[word] = (words[word] as number) + scratch
}

/** Writes texts and blocks behind the ops. `start`, where data begins in `bytes`, is a multiple of 8. */
export function writeData(data: Data, text: Uint8Array, bytes: Uint8Array, start: number): void {
  bytes.set(text, start)
  const words = new Int32Array(bytes.buffer)
  // The same steps as in placeBlock, so no offset has to be looked up.
  let offset = start + align8(data.textSize)
  for (const block of data.blocks) {
    if ('bytes' in block) {
      bytes.set(block.bytes, offset)
      offset = align8(offset + block.bytes.length)
    } else {
      writeTable(data, block, words, offset / 4)
      offset += 8 * (block.table.length + 1)
    }
  }
}

function writeTable(data: Data, { table }: Table, words: Int32Array, word: number): void {
  for (let i = 0; i < table.length; i++) {
    words[word + 2 * i] = data.textOffsets.get(table[i] as string) as number
  }
}

function align8(size: number): number {
  return size + (-size & 7)
}
