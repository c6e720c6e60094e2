/**
 * One run of instructions being turned into a WebAssembly function.
 *
 * Every value gets a local variable of its own that is set once; `value[n]` is the code that yields what register n
 * holds now: such a variable, or a number. Registers are stored to the state as they change, so they are exact
 * wherever the function leaves. Flags are kept as code and only stored where the function leaves: most are overwritten
 * unseen.
 */
import { SLOT, AT, CODE_FLASH, FLASH_BASE, RAM_BASE, RAM_SIZE, ROM_SIZE } from './state.mjs';
import {
  i32,
  i64,
  local,
  when,
  choose,
  select,
  branch,
  leave,
  callImport,
  callSecondImport,
  jumpTable,
} from './wasm.mjs';
import { SETS } from './xip_cache.mjs';

const { PC, N, Z, C, V, CYCLES, ACCESSES, LIMIT, FETCHED } = SLOT;
const ZERO = i32.const(0);

export const loadSlot = (slot) => i32.load(4 * slot, ZERO);
export const storeSlot = (slot, value) => i32.store(4 * slot, ZERO, value);

/** Width of an access: bytes, shift, and the instructions for it. */
const WIDTHS = {
  1: { shift: 0, unsigned: i32.load8_u, signed: i32.load8_s, store: i32.store8 },
  2: { shift: 1, unsigned: i32.load16_u, signed: i32.load16_s, store: i32.store16 },
  4: { shift: 2, unsigned: i32.load, signed: i32.load, store: i32.store },
};

/** Where the table index of the block at `pc` stands; null if no code is translated there. */
function entryAddress(pc) {
  const at = (table, offset) => table + 4 * (offset >>> 1);
  if ((pc - FLASH_BASE) >>> 0 < CODE_FLASH) return at(AT.BLOCKS_FLASH, pc - FLASH_BASE);
  if ((pc - RAM_BASE) >>> 0 < RAM_SIZE) return at(AT.BLOCKS_RAM, pc - RAM_BASE);
  return pc >>> 0 < ROM_SIZE ? at(AT.BLOCKS_ROM, pc) : null;
}

export class Trace {
  /** @param memory ChipMemory; @param inFlash whether the code lies in flash */
  constructor(start, memory, inFlash) {
    this.start = start;
    this.flashSize = memory.flashSize;
    this.cached = memory.xip !== null; // reading flash takes the time that the XIP cache says
    this.fetches = this.cached && inFlash;
    this.code = [];
    this.locals = 0;
    this.value = new Array(16).fill(null); // code for what a register holds; null: only in the state
    this.known = new Array(16).fill(null); // the number it holds, if known while translating
    this.flags = { nz: null, c: null, v: null, compared: null }; // null: in the state
    this.cycles = 0; // of the instructions before the present one that the state does not count yet
    this.counted = 0; // of those it does
    this.accesses = 0; // of the XIP cache that the state does not count yet
    this.line = null; // of the cache, that code was fetched from last: { number, state, whole, noted }
    this.fetched = null; // address / 4 of the word fetched last; -1: a branch came since; null: as the state says
    this.loops = false;
    this.ended = false;
    this.pc = start; // of the present instruction
    this.next = start; // of the instruction that follows in the trace
  }

  emit(code) {
    for (const byte of code) this.code.push(byte);
  }

  /** Keep a value in a variable; returns the code that yields it. */
  define(value) {
    const index = this.locals++;
    this.emit(local.set(index, value));
    return local.get(index);
  }

  /** Code for the value of register n (PC reads as the instruction's address + 4). */
  read(n) {
    if (n === PC) return i32.const((this.pc + 4) | 0);
    this.value[n] ??= this.define(loadSlot(n));
    return this.value[n];
  }

  /** The number register n is known to hold, or null. */
  knownValue(n) {
    return n === PC ? (this.pc + 4) | 0 : this.known[n];
  }

  /** Register n takes a value (a variable or a number). */
  write(n, value, number = null) {
    this.emit(storeSlot(n, value));
    this.value[n] = value;
    this.known[n] = number;
  }

  writeKnown(n, number) {
    this.write(n, i32.const(number), number);
  }

  /** Register n takes the result of some code; or the number, if known. Returns the value. */
  assign(n, code, number = null) {
    if (number !== null) this.writeKnown(n, number);
    else this.write(n, this.define(code));
    return this.value[n];
  }

  // ---- flags ---------------------------------------------------------------------------------------------------

  flagsFromResult(result) {
    this.flags.nz = result;
    this.flags.compared = null;
  }

  /** Flags of a - b = result (ARM ARM: AddWithCarry(a, ~b, 1)). */
  flagsFromSubtraction(a, b, result) {
    const v = i32.and(i32.xor(a, b), i32.xor(a, result));
    this.flags = { nz: result, c: i32.ge_u(a, b), v, compared: { a, b } };
  }

  /** Flags of a + b (+ carry) = result. */
  flagsFromAddition(a, b, result) {
    const notResult = i32.xor(result, i32.const(-1));
    const c = i32.shr_u(i32.or(i32.and(a, b), i32.and(i32.or(a, b), notResult)), i32.const(31));
    this.flags = { nz: result, c, v: i32.and(i32.xor(a, result), i32.xor(b, result)), compared: null };
  }

  /** Code that stores all flags that are not in the state yet. */
  storeFlags() {
    const { nz, c, v } = this.flags;
    return [
      ...(nz === null ? [] : [...storeSlot(N, nz), ...storeSlot(Z, nz)]),
      ...(c === null ? [] : storeSlot(C, c)),
      ...(v === null ? [] : storeSlot(V, v)),
    ];
  }

  /** Code of the C flag as 0 or 1. */
  carry() {
    return this.flags.c ?? loadSlot(C);
  }

  /** Code of condition `cond` (0..13; ARM ARM A7.3). */
  condition(cond) {
    const { compared } = this.flags;
    const [n, z] = [this.flags.nz ?? loadSlot(N), this.flags.nz ?? loadSlot(Z)];
    const v = this.flags.v ?? loadSlot(V);
    const negative = (value) => i32.lt_s(value, ZERO);
    const signedOrder = () => i32.ge_s(i32.xor(n, v), ZERO); // N = V
    const nonZero = () => i32.eqz(i32.eqz(z));
    const { a, b } = compared ?? {};
    const code = [
      () => (compared ? i32.eq(a, b) : i32.eqz(z)),
      () => this.carry(),
      () => negative(n),
      () => negative(v),
      () => (compared ? i32.gt_u(a, b) : i32.and(this.carry(), nonZero())),
      () => (compared ? i32.ge_s(a, b) : signedOrder()),
      () => (compared ? i32.gt_s(a, b) : i32.and(signedOrder(), nonZero())),
    ][cond >> 1]();
    return cond & 1 ? i32.eqz(code) : code;
  }

  // ---- ways out ------------------------------------------------------------------------------------------------

  #count(cycles) {
    const total = this.cycles + cycles;
    if (this.accesses) {
      const both = i64.add(i64.load(4 * CYCLES, ZERO), i64.const(total, this.accesses));
      return i64.store(4 * CYCLES, ZERO, both);
    }
    return total ? storeSlot(CYCLES, i32.add(loadSlot(CYCLES), i32.const(total))) : [];
  }

  /** Code: `word` (as `fetched`) is what the core has fetched last. */
  #keepFetched(word) {
    return this.fetches && word !== null ? storeSlot(FETCHED, i32.const(word)) : [];
  }

  /** Code: store all that is not in the state yet; `target`: code of PC; `cycles` for the present instruction. */
  #settle(target, cycles, fetched = this.fetched) {
    return [...this.storeFlags(), ...storeSlot(PC, target), ...this.#keepFetched(fetched), ...this.#count(cycles)];
  }

  /** Code: go on at an address that is computed (code; even); in flash with its block at once, if the run may go on. */
  jump(target, cycles) {
    const pc = this.define(target);
    const offset = this.define(i32.sub(pc, i32.const(FLASH_BASE)));
    const inFlash = i32.lt_u(offset, i32.const(CODE_FLASH));
    const entry = i32.load(AT.BLOCKS_FLASH, i32.shl(offset, i32.const(1)));
    return [
      ...this.#settle(pc, cycles, -1),
      ...when(i32.and(inFlash, i32.lt_s(loadSlot(CYCLES), loadSlot(LIMIT))), jumpTable(entry)),
      ...leave,
    ];
  }

  /** Code: go on at a known address, with its block at once if the run may go on; `cycles`, `fetched` likewise. */
  chain(target, cycles, fetched = this.fetched) {
    const entry = entryAddress(target);
    const mayGoOn = i32.lt_s(loadSlot(CYCLES), loadSlot(LIMIT));
    return [
      ...this.#settle(i32.const(target), cycles, fetched),
      ...(entry === null ? [] : when(mayGoOn, jumpTable(i32.load(entry, ZERO)))),
      ...leave,
    ];
  }

  /**
   * Code: branch to a known address; to the start of this trace without leaving the function. `depth`: levels of
   * nesting between here and the function's loop.
   */
  branch(target, cycles, depth, fetched = -1) {
    if (target !== this.start) return this.chain(target, cycles, fetched);
    this.loops = true;
    const again = i32.lt_s(loadSlot(CYCLES), loadSlot(LIMIT));
    return [
      ...this.storeFlags(),
      ...this.#keepFetched(fetched),
      ...this.#count(cycles),
      ...when(again, branch(depth + 1)),
      ...storeSlot(PC, i32.const(target)),
      ...leave,
    ];
  }

  /** Code: let the interpreter execute the present instruction and those behind it, to the next branch; then leave. */
  interpretOn() {
    return [...this.#settle(i32.const(this.pc), 0), ...callSecondImport, ...leave];
  }

  /** Code: let the interpreter execute the present instruction, then leave. */
  interpret() {
    return [...this.#settle(i32.const(this.pc), 0), ...callImport, ...leave];
  }

  /**
   * Emit: let the interpreter execute the present instruction, a load to or store from register n; then go on, unless
   * the run loop has to look at something.
   */
  interpretInPlace(n) {
    this.emit([...this.#settle(i32.const(this.pc), 0), ...callImport]);
    this.emit(when(i32.ge_s(loadSlot(CYCLES), loadSlot(LIMIT)), leave));
    this.flags = { nz: null, c: null, v: null, compared: null };
    this.counted += this.cycles + 2;
    this.cycles = 0;
    this.accesses = 0;
    this.line = null; // it may have been the cache's own registers
    this.value[n] = null;
    this.known[n] = null;
  }

  /** The trace ends here with `code`. */
  end(code) {
    this.emit(code);
    this.ended = true;
  }

  // ---- the XIP cache: see xip_cache.mjs ------------------------------------------------------------------------

  /** The trace goes on at the target of a branch. */
  follow(target) {
    this.next = target;
    if (this.fetches) this.fetched = -1;
  }

  /**
   * Emit: fetch the present instruction, of `length` bytes, or leave it and what follows to the interpreter if it is not
   * cached. `both`: after the lower half of a line its upper half will most likely be fetched as well.
   */
  fetch(length, both) {
    if (!this.fetches) return;
    const before = this.fetched;
    const words = [...new Set([this.pc >>> 2, (this.pc + length - 2) >>> 2])];
    if (before === words.at(-1)) return;
    if (before === words[0]) words.shift();
    if (before === null) this.#begin(words);
    const notes = words.map((word) => this.#look(word, both));
    // A trace that starts in the middle of a word does so after a branch, or the word is fetched already.
    if (before === null && words.length === 1 && this.pc & 2) {
      const uncount = storeSlot(ACCESSES, i32.sub(loadSlot(ACCESSES), i32.const(1)));
      this.emit(when(i32.eq(loadSlot(FETCHED), i32.const(words[0])), uncount, notes[0]));
      this.line.noted = false; // if it was fetched before, another line may have been used since
    } else {
      for (const note of notes) this.emit(note);
    }
    this.accesses += words.length;
    this.fetched = words.at(-1);
  }

  /** Emit, at the trace's start: what the rest of it takes for granted. */
  #begin([first, last]) {
    const { pc } = this;
    if (last !== undefined) this.emit(when(i32.ge_s(loadSlot(FETCHED), ZERO), this.interpretOn()));
    else if (!(pc & 2)) this.emit(when(i32.eq(loadSlot(FETCHED), i32.const(first)), this.interpretOn()));
  }

  /** Emit: leave if a word is not cached. Returns the code that notes its use. */
  #look(word, both) {
    const number = word >>> 1;
    if (this.line?.number === number && this.line.whole) {
      return this.line.noted ? [] : this.#note();
    }
    const state = this.locals++;
    const needed = both && !(word & 1) ? 3 : 1 << (word & 1);
    this.line = { number, state, whole: needed === 3, noted: false };
    this.emit(local.set(state, i32.load8_u(AT.LINES + number - (FLASH_BASE >>> 3), ZERO)));
    const absent = i32.ne(i32.and(local.get(state), i32.const(needed)), i32.const(needed));
    this.emit(when(absent, this.interpretOn()));
    return this.#note();
  }

  #note() {
    this.line.noted = true;
    return i32.store8(AT.RECENT + (this.line.number & (SETS - 1)), ZERO, local.get(this.line.state));
  }

  /** A load from flash may have used the other line of the present one's set. */
  #usedAnother() {
    if (this.line) this.line.noted = false;
  }

  /** Emit: a load from a known address of flash; by the interpreter, if it misses. */
  useCached(address) {
    if (!this.cached) return;
    const line = (address - FLASH_BASE) >>> 3;
    const state = this.locals++;
    this.emit(local.set(state, i32.load8_u(AT.LINES + line, ZERO)));
    const hit = i32.and(local.get(state), i32.const(1 << ((address >>> 2) & 1)));
    const note = i32.store8(AT.RECENT + (line & (SETS - 1)), ZERO, local.get(state));
    this.emit(when(hit, note, this.interpret()));
    this.accesses++;
    this.#usedAnother();
  }

  /**
   * Code of a value: `read` it at the offset (code) into flash if that is `inside` (code) and cached; else the
   * interpreter does the instruction.
   */
  #readFlash(inside, offset, read) {
    if (!this.cached) return choose(inside, read, this.interpret());
    const [state, isInside] = [this.locals++, this.locals++];
    const line = select(local.get(isInside), i32.shr_u(offset, i32.const(3)), ZERO);
    const half = i32.and(i32.shr_u(offset, i32.const(2)), i32.const(1));
    const hit = i32.and(i32.shr_u(local.get(state), half), local.get(isInside));
    const set = i32.and(i32.shr_u(offset, i32.const(3)), i32.const(SETS - 1));
    this.#usedAnother();
    return [
      ...local.set(isInside, inside),
      ...local.set(state, i32.load8_u(AT.LINES, line)),
      ...choose(
        hit,
        [
          ...i32.store8(AT.RECENT, set, local.get(state)),
          ...storeSlot(ACCESSES, i32.add(loadSlot(ACCESSES), i32.const(1))),
          ...read,
        ],
        this.interpret(),
      ),
    ];
  }

  // ---- memory --------------------------------------------------------------------------------------------------

  /**
   * Code: is the offset (code) aligned and below `size`? Rotating it right brings misaligned bits to the top, so that
   * one comparison checks both.
   */
  #within(offset, size, shift) {
    const index = shift ? i32.rotr(offset, i32.const(shift)) : offset;
    return i32.lt_u(index, i32.const(size >>> shift));
  }

  /**
   * Emit a load of `size` bytes from an address (code, and number if known). Returns the value, or null if the address
   * is known to lie in neither RAM nor flash.
   */
  load(address, known, size, signed) {
    const { shift, [signed ? 'signed' : 'unsigned']: read } = WIDTHS[size];
    if (known !== null) {
      const aligned = !(known & (size - 1));
      const [inRam, inFlash] = [(known - RAM_BASE) >>> 0, (known - FLASH_BASE) >>> 0];
      if (aligned && inRam < RAM_SIZE) return this.define(read(AT.RAM, i32.const(inRam)));
      if (aligned && inFlash < this.flashSize) {
        this.useCached(known);
        return this.define(read(AT.FLASH, i32.const(inFlash)));
      }
      return null;
    }
    const ram = this.define(i32.sub(address, i32.const(RAM_BASE)));
    const flash = i32.add(ram, i32.const(RAM_BASE - FLASH_BASE));
    const elsewhere = this.#readFlash(this.#within(flash, this.flashSize, shift), flash, read(AT.FLASH, flash));
    return this.define(choose(this.#within(ram, RAM_SIZE, shift), read(AT.RAM, ram), elsewhere));
  }

  /**
   * Emit a store of `size` bytes; where translated code lies, by the interpreter. False if the address is known not to
   * lie in RAM.
   */
  store(address, known, size, value) {
    const { shift, store } = WIDTHS[size];
    if (known !== null) {
      const offset = (known - RAM_BASE) >>> 0;
      if (known & (size - 1) || offset >= RAM_SIZE) return false;
      this.emit(when(i32.load8_u(AT.CODE_LINES + (offset >>> 5), ZERO), this.interpret()));
      this.emit(store(AT.RAM, i32.const(offset), value));
      return true;
    }
    const offset = this.define(i32.sub(address, i32.const(RAM_BASE)));
    this.emit(when(i32.eqz(this.#within(offset, RAM_SIZE, shift)), this.interpret()));
    this.emit(when(this.lineOf(offset, 0), this.interpret()));
    this.emit(store(AT.RAM, offset, value));
    return true;
  }

  /** Code: 1 if the line of RAM at offset + `plus` holds translated code. */
  lineOf(offset, plus) {
    const at = plus ? i32.add(offset, i32.const(plus)) : offset;
    return i32.load8_u(AT.CODE_LINES, i32.shr_u(at, i32.const(5)));
  }

  /**
   * Emit the check that `count` words at `address` are aligned, lie in RAM and, if `writing`, hit no translated code;
   * else the interpreter does the instruction. Returns code for the offset into RAM.
   */
  ramWords(address, count, writing) {
    const offset = this.define(i32.sub(address, i32.const(RAM_BASE)));
    const last = i32.const((RAM_SIZE >>> 2) - count);
    this.emit(when(i32.eqz(i32.le_u(i32.rotr(offset, i32.const(2)), last)), this.interpret()));
    if (writing) {
      const ends = [0];
      for (let word = 8; word < count; word += 8) ends.push(4 * word);
      if (count > 1) ends.push(4 * (count - 1));
      const hits = ends.map((plus) => this.lineOf(offset, plus)).reduce((a, b) => i32.or(a, b));
      this.emit(when(hits, this.interpret()));
    }
    return offset;
  }
}
