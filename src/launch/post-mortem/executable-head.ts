// Owns what the first bytes of a file tell about it: a script and its interpreter, an ELF file with its machine and
// its loader, or neither. The bytes are a container's: every offset is checked, every text cut. Pure.

/** What a file begins with. */
export type ExecutableHead =
  | { readonly kind: 'empty' }
  | { readonly kind: 'script'; readonly interpreter: string }
  | {
      readonly kind: 'elf'
      readonly bits: 32 | 64
      /** `e_machine`. */
      readonly machine: number
      /** What PT_INTERP names; null: nothing does, or not within the bytes. */
      readonly loader: string | null
    }
  | { readonly kind: 'other' }

/** What the kernel reads of a script's first line (BINPRM_BUF_SIZE, include/uapi/linux/binfmts.h). */
const LINE_SIZE = 256
const PATH_MAX = 4096
const PT_INTERP = 3

export function readExecutableHead(
  bytes: Uint8Array,
  decodeText: (bytes: Uint8Array) => string,
): ExecutableHead {
  if (bytes.length === 0) return { kind: 'empty' }
  if (bytes[0] === 0x23 && bytes[1] === 0x21)
    return { kind: 'script', interpreter: interpreterOf(decodeText(bytes.subarray(2, LINE_SIZE))) }
  const isElf = bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46
  return isElf && bytes.length >= 64 ? readElf(bytes, decodeText) : { kind: 'other' }
}

/** The first word, as the kernel takes it (fs/binfmt_script.c): a carriage return belongs to it. */
function interpreterOf(line: string): string {
  return /^[ \t]*(?<word>[^ \t\n\0]*)/.exec(line)?.groups?.word ?? ''
}

/** Where the fields are (elf(5)). */
const LAYOUTS = {
  32: { phoff: 28, phentsize: 42, phnum: 44, offset: 4, size: 16, entry: 32 },
  64: { phoff: 32, phentsize: 54, phnum: 56, offset: 8, size: 32, entry: 56 },
} as const

function readElf(bytes: Uint8Array, decodeText: (bytes: Uint8Array) => string): ExecutableHead {
  const bits = bytes[4] === 1 ? 32 : 64
  const isLittle = bytes[5] !== 2
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const layout = LAYOUTS[bits]
  const word = (at: number): number =>
    bits === 32 ? view.getUint32(at, isLittle) : Number(view.getBigUint64(at, isLittle))
  const [first, size, count] = [
    word(layout.phoff),
    view.getUint16(layout.phentsize, isLittle),
    view.getUint16(layout.phnum, isLittle),
  ]
  let loader: string | null = null
  for (let index = 0; index < count && loader === null && size >= layout.entry; index++) {
    const at = first + index * size
    if (at + layout.entry > bytes.length) break
    if (view.getUint32(at, isLittle) !== PT_INTERP) continue
    const [offset, length] = [word(at + layout.offset), word(at + layout.size)]
    if (length > PATH_MAX || offset + length > bytes.length) break
    loader = decodeText(bytes.subarray(offset, offset + length)).replace(/\0.*$/s, '')
  }
  return { kind: 'elf', bits, machine: view.getUint16(18, isLittle), loader }
}
