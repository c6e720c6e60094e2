/**
 * One straight run of instructions being turned into the text of a JavaScript function.
 *
 * Every value is a JavaScript constant of its own (`t1`, `t2`, ...), never assigned again; `value[n]` says which one, or
 * which number, register n holds now. Registers are stored to R as they change, so they are exact wherever the function
 * leaves. Flags are kept as expressions and only stored where the function leaves: most are overwritten unseen.
 */
import { SLOT, FLASH_BASE, RAM_BASE, RAM_SIZE } from './fastcpu_state.mjs';

const { PC, N, Z, C, V, CYCLES, LIMIT } = SLOT;

/** Number as JavaScript text that is safe behind any operator. */
export const literal = (number) => (number < 0 ? `(${number})` : `${number}`);

export class Trace {
  constructor(start, state) {
    this.start = start;
    this.state = state;
    this.lines = [];
    this.value = new Array(16).fill(null); // name or literal of what a register holds; null: only in R
    this.known = new Array(16).fill(null); // its number, if known while translating
    this.flags = { nz: null, c: null, v: null, compared: null }; // null: in R
    this.cycles = 0; // of the instructions before the present one
    this.loops = false;
    this.ended = false;
    this.pc = start; // of the present instruction
    this.next = start; // of the instruction that follows in the trace
    this.names = 0;
  }

  emit(text) {
    this.lines.push(text);
  }

  name() {
    return `t${++this.names}`;
  }

  /** Give an expression a name. */
  define(expression) {
    const name = this.name();
    this.emit(`const ${name}=${expression};`);
    return name;
  }

  /** Text for the value of register n (PC reads as the instruction's address + 4). */
  read(n) {
    if (n === PC) return literal((this.pc + 4) | 0);
    if (this.value[n] === null) this.value[n] = this.define(`R[${n}]`);
    return this.value[n];
  }

  /** The number register n is known to hold, or null. */
  knownValue(n) {
    return n === PC ? (this.pc + 4) | 0 : this.known[n];
  }

  /** Register n takes the value called `name`. */
  write(n, name) {
    this.emit(`R[${n}]=${name};`);
    this.value[n] = name;
    this.known[n] = null;
  }

  /** Register n takes a number known now. */
  writeKnown(n, number) {
    this.emit(`R[${n}]=${number};`);
    this.value[n] = literal(number);
    this.known[n] = number;
  }

  /** Register n takes an expression; the number too, if known. Returns the value's text. */
  assign(n, expression, number = null) {
    if (number !== null) this.writeKnown(n, number);
    else this.write(n, this.define(expression));
    return this.value[n];
  }

  // ---- flags ---------------------------------------------------------------------------------------------------

  flagsFromResult(name) {
    this.flags.nz = name;
    this.flags.compared = null;
  }

  /** Flags of a - b = result (ARM ARM: AddWithCarry(a, ~b, 1)). */
  flagsFromSubtraction(a, b, result) {
    this.flags = { nz: result, c: `(${a}>>>0>=${b}>>>0?1:0)`, v: `(${a}^${b})&(${a}^${result})`, compared: { a, b } };
  }

  /** Flags of a + b (+ carry) = result. */
  flagsFromAddition(a, b, result) {
    const c = `((${a}&${b})|((${a}|${b})&~${result}))>>>31`;
    this.flags = { nz: result, c, v: `(${a}^${result})&(${b}^${result})`, compared: null };
  }

  /** Text that stores all flags that are not in R yet. */
  storeFlags() {
    const { nz, c, v } = this.flags;
    return (
      (nz === null ? '' : `R[${N}]=R[${Z}]=${nz};`) +
      (c === null ? '' : `R[${C}]=${c};`) +
      (v === null ? '' : `R[${V}]=${v};`)
    );
  }

  /** Text of the C flag as 0 or 1. */
  carry() {
    return this.flags.c === null ? `R[${C}]` : `(${this.flags.c})`;
  }

  /** Text of condition `cond` (0..13). */
  condition(cond) {
    const { compared } = this.flags;
    const n = this.flags.nz ?? `R[${N}]`;
    const z = this.flags.nz ?? `R[${Z}]`;
    const v = this.flags.v === null ? `R[${V}]` : `(${this.flags.v})`;
    const signed = `((${n}^${v})>=0)`;
    const text = compared
      ? [
          `${compared.a}===${compared.b}`,
          `${compared.a}>>>0>=${compared.b}>>>0`,
          `${n}<0`,
          `${v}<0`,
          `${compared.a}>>>0>${compared.b}>>>0`,
          `${compared.a}>=${compared.b}`,
          `${compared.a}>${compared.b}`,
        ]
      : [
          `${z}===0`,
          `${this.carry()}!==0`,
          `${n}<0`,
          `${v}<0`,
          `(${this.carry()}!==0&&${z}!==0)`,
          signed,
          `(${signed}&&${z}!==0)`,
        ];
    return cond & 1 ? `!(${text[cond >> 1]})` : text[cond >> 1];
  }

  // ---- ways out ------------------------------------------------------------------------------------------------

  #count(cycles) {
    const total = this.cycles + cycles;
    return total ? `R[${CYCLES}]+=${total};` : '';
  }

  /** Text: go on at the address `target` (a text) with the dispatcher, `cycles` for the present instruction. */
  leave(target, cycles) {
    return `${this.storeFlags()}R[${PC}]=${target};${this.#count(cycles)}return;`;
  }

  /** Text: branch to a known address; to the start of this trace without leaving the function. */
  branch(target, cycles) {
    if (target !== this.start) return this.leave(target, cycles);
    this.loops = true;
    const again = `if(R[${CYCLES}]<R[${LIMIT}])continue;`;
    return `${this.storeFlags()}${this.#count(cycles)}${again}R[${PC}]=${target};return;`;
  }

  /** Text: let the interpreter execute the present instruction, then leave. */
  interpret() {
    return `${this.storeFlags()}R[${PC}]=${this.pc};${this.#count(0)}step();return;`;
  }

  /** The trace ends here with `text`. */
  end(text) {
    this.emit(text);
    this.ended = true;
  }

  // ---- memory --------------------------------------------------------------------------------------------------

  /**
   * Emit a load of `size` bytes from the address (text, and number if known). Returns the value's name, or null if the
   * trace ended because the address is known to be a peripheral's.
   */
  load(address, known, size, signed) {
    const ram = signed ? `MS${size * 8}` : `M${size * 8}`;
    const flash = signed ? `FS${size * 8}` : `F${size * 8}`;
    const shift = { 1: 0, 2: 1, 4: 2 }[size];
    if (known !== null) {
      const inRam = (known - RAM_BASE) >>> 0;
      const inFlash = (known - FLASH_BASE) >>> 0;
      if (!(known & (size - 1)) && inRam < RAM_SIZE) return this.define(`${ram}[${inRam >>> shift}]`);
      if (!(known & (size - 1)) && inFlash < this.state.flashSize) return this.define(`${flash}[${inFlash >>> shift}]`);
      this.end(this.interpret());
      return null;
    }
    const name = this.name();
    const index = `i${name}`;
    // rotating the offset right brings misaligned bits to the top: one comparison checks range and alignment
    const indexOf = (base) => {
      if (size === 1) return `${address}-${base}|0`;
      const offset = `o${name}`;
      return `(${offset}=${address}-${base}|0)>>>${shift}|${offset}<<${32 - shift}`;
    };
    this.emit(
      `let ${size === 1 ? '' : `o${name},`}${index}=${indexOf(RAM_BASE)},${name};` +
        `if(${index}>>>0<${RAM_SIZE >>> shift})${name}=${ram}[${index}];` +
        `else{${index}=${indexOf(FLASH_BASE)};` +
        `if(${index}>>>0<${this.state.flashSize >>> shift})${name}=${flash}[${index}];else{${this.interpret()}}}`
    );
    return name;
  }

  /** Emit a store of `size` bytes. */
  store(address, known, size, value) {
    const shift = { 1: 0, 2: 1, 4: 2 }[size];
    const array = `M${size * 8}`;
    if (known !== null) {
      const offset = (known - RAM_BASE) >>> 0;
      if (known & (size - 1) || offset >= RAM_SIZE) {
        this.end(this.interpret());
      } else {
        this.emit(`if(CL[${offset >>> 5}]===0)${array}[${offset >>> shift}]=${value};else{${this.interpret()}}`);
      }
      return;
    }
    const offset = this.define(`${address}-${RAM_BASE}|0`);
    const index = size === 1 ? offset : this.define(`${offset}>>>${shift}|${offset}<<${32 - shift}`);
    const inRam = `${index}>>>0<${RAM_SIZE >>> shift}&&CL[${index}>>>${5 - shift}]===0`;
    this.emit(`if(${inRam})${array}[${index}]=${value};else{${this.interpret()}}`);
  }

  /** Emit the word index into RAM of the word at `address` (text); misaligned or other addresses give a large one. */
  wordIndex(address) {
    const offset = this.define(`${address}-${RAM_BASE}|0`);
    return this.define(`${offset}>>>2|${offset}<<30`);
  }
}
