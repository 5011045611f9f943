// Owns the encoding of eBPF instructions (struct bpf_insn) and of jumps forward to places that are not known yet.

const EXIT = 0x95

interface Operands {
  readonly src?: number
  readonly off?: number
  readonly imm?: number
}

/** A program under construction. */
export class Program {
  /** Two words for each instruction; both of our architectures are little-endian. */
  readonly #words: number[] = []
  readonly #jumps = new Map<string, number[]>()

  add(code: number, dst: number, { src = 0, off = 0, imm = 0 }: Operands = {}): void {
    this.#words.push(code | (dst << 8) | (src << 12) | (off << 16), imm)
  }

  /** A jump to where `label` will be placed next. */
  jump(code: number, dst: number, imm: number, label: string): void {
    const waiting = this.#jumps.get(label)
    if (waiting === undefined) this.#jumps.set(label, [this.#words.length])
    else waiting.push(this.#words.length)
    this.add(code, dst, { imm })
  }

  /** Makes the jumps to a label lead here. @returns whether there were any */
  place(label: string): boolean {
    const waiting = this.#jumps.get(label) ?? []
    this.#jumps.delete(label)
    for (const at of waiting)
      this.#words[at] = (this.#words[at] as number) | (((this.#words.length - at) / 2 - 1) << 16)
    return waiting.length > 0
  }

  /** Whether the last instruction is an exit, so that nothing falls into the next one. */
  get isEnded(): boolean {
    return this.#words.at(-2) === EXIT
  }

  encode(): Uint8Array {
    return new Uint8Array(Int32Array.from(this.#words).buffer)
  }
}
