// Owns the instructions of classic BPF (struct sock_filter, include/uapi/linux/filter.h). A program is written from
// its end to its beginning: BPF jumps forward only, so every target is known when a jump to it is written.

const LOAD = 0x20 // BPF_LD | BPF_W | BPF_ABS
const AND = 0x54 // BPF_ALU | BPF_AND | BPF_K
const JUMP = 0x05 // BPF_JMP | BPF_JA
const RETURN = 0x06 // BPF_RET | BPF_K

/** Conditional jumps on the loaded word, unsigned. */
export const JUMP_IF = { equal: 0x15, greater: 0x25, greaterOrEqual: 0x35 } as const

/** The farthest that a conditional jump reaches; one less, as a jump of its own may come in between. */
const REACH = 254

/** An instruction that was written; jumps name it as their target. */
export type Place = number

export class FilterWriter {
  /** Two words for each instruction, the last instruction first. */
  readonly #words: number[] = []
  readonly #returns = new Map<number, Place>()
  #instructions = 0

  get instructions(): number {
    return this.#instructions
  }

  /** Ends the program with an action. Those that are near enough are shared. */
  return(action: number): Place {
    const known = this.#returns.get(action)
    if (known !== undefined && this.#instructions - known < REACH) return known
    const place = this.#write(RETURN, action)
    this.#returns.set(action, place)
    return place
  }

  /** Loads a word of seccomp_data, and goes on at what was written before. */
  load(offset: number, then: Place): Place {
    this.#continue(then)
    return this.#write(LOAD, offset)
  }

  /** Masks the loaded word, and goes on at what was written before. */
  mask(bits: number, then: Place): Place {
    this.#continue(then)
    return this.#write(AND, bits)
  }

  /** Compares the loaded word. */
  jump(condition: keyof typeof JUMP_IF, value: number, yes: Place, no: Place): Place {
    const last = this.#instructions - 1
    const toYes = last - yes
    const toNo = last - no
    // As nearly all are: a program has hundreds of them.
    if (toYes < REACH && toNo < REACH)
      return this.#write(JUMP_IF[condition] | (toYes << 16) | (toNo << 24), value)
    const nearYes = this.#near(yes)
    const nearNo = this.#near(no)
    const end = this.#instructions - 1
    return this.#write(JUMP_IF[condition] | ((end - nearYes) << 16) | ((end - nearNo) << 24), value)
  }

  /** The program, struct sock_filter by struct sock_filter. */
  encode(): Uint8Array {
    const words = this.#words
    const program = new Int32Array(words.length)
    for (let from = words.length - 2, to = 0; from >= 0; from -= 2, to += 2) {
      program[to] = words[from] as number
      program[to + 1] = words[from + 1] as number
    }
    return new Uint8Array(program.buffer)
  }

  /** What is written next goes on at a place. */
  #continue(place: Place): void {
    const last = this.#instructions - 1
    if (place !== last) this.#write(JUMP, last - place)
  }

  /** The place itself, or one that leads there and that a conditional jump reaches. */
  #near(place: Place): Place {
    const distance = this.#instructions - 1 - place
    if (distance < REACH) return place
    if (this.#words[2 * place] === RETURN) return this.return(this.#words[2 * place + 1] as number)
    return this.#write(JUMP, distance)
  }

  #write(code: number, k: number): Place {
    const words = this.#words
    const place = this.#instructions
    words[2 * place] = code
    words[2 * place + 1] = k
    this.#instructions = place + 1
    return place
  }
}
