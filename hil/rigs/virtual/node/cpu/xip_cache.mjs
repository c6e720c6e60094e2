/**
 * The cache between the core and the flash chip (RP2040 datasheet 2.6.3): 16 KB, two ways, 1024 sets of 8-byte lines.
 * A hit costs nothing beyond the access itself; a miss stalls the core while 4 bytes, half a line, come over QSPI. It
 * is about time alone: what is read comes from the emulated flash, cached or not.
 *
 * An access is a word of code that the core fetches, or a load from the XIP window. A fetched word is not fetched again
 * for its second halfword; after a branch or an exception it is. The core's fetching ahead of a branch, which may cost
 * a miss of its own on silicon, is not modelled.
 *
 * Translated code (trace.mjs) looks at LINES itself, and leaves what misses to the interpreter. Both use:
 *   LINES, a byte for each 8 bytes of flash: bit 0, 1: that half is cached; bit 2: in which way; 0: not at all
 *   RECENT, a byte for each set: what LINES said of the line that was used last
 */
import { AT, CODE_FLASH, FLASH_BASE, SLOT } from './state.mjs';

const WAYS = 2;
export const SETS = 1024;
const EMPTY = -1;
const MOST = 0xffffffff; // the counters saturate
const CONTROL_ENABLE = 1;

/** Bits 25:24 of an address in the XIP window: which of its four views of the flash (2.6.3.2). */
const WINDOW = Object.freeze({ CACHED: 0, NO_ALLOCATE: 1, NO_LOOK_UP: 2, BYPASS: 3 });

/** Clocks in which a flush goes through the sets (not published: taken as one a set). */
const FLUSH_CLK = SETS;

/** BAUDR at which `missClk` holds: the least there is, and what the boot stage sets. */
const FASTEST_BAUD = 2;

export class XipCache {
  /**
   * @param memory ChipMemory; @param options.missClk clocks that a miss costs at the fastest SSI clock;
   * @param options.random the generator that chooses the way to replace; null: the least recently used
   */
  constructor(memory, { missClk, random = null }) {
    if (memory.flashSize > CODE_FLASH) throw new RangeError(`a cache before more than ${CODE_FLASH} bytes of flash`);
    const { buffer } = memory.wasm;
    this.R = new Int32Array(buffer, 0, 32);
    this.lines = new Uint8Array(buffer, AT.LINES, memory.flashSize >>> 3);
    this.recent = new Uint8Array(buffer, AT.RECENT, SETS);
    this.held = Array.from({ length: WAYS }, () => new Int32Array(SETS).fill(EMPTY)); // line of each set
    this.missClk = missClk;
    this.stallClk = missClk;
    this.random = random;
    this.counts = null; // misses by word of flash, while they are recorded
    this.reset();
  }

  /** As the chip's reset leaves it. */
  reset() {
    this.control = 3;
    this.accessed = 0; // accesses in all; those since the last `fold` are in the state
    this.missed = 0;
    this.clearedAccesses = 0;
    this.clearedHits = 0;
    this.R[SLOT.ACCESSES] = 0;
    this.R[SLOT.FETCHED] = EMPTY;
    this.setBaud(FASTEST_BAUD);
    this.flush();
  }

  /** SSI's BAUDR: the flash chip's clock is clk_sys divided by it. */
  setBaud(divider) {
    this.stallClk = Math.round((this.missClk * Math.max(divider, FASTEST_BAUD)) / FASTEST_BAUD);
  }

  setControl(value) {
    this.control = value;
    if (!(value & CONTROL_ENABLE)) this.flush(); // what is switched off cannot be hit
  }

  /** Forget all lines. Returns the clocks until that is done. */
  flush() {
    this.lines.fill(0);
    this.recent.fill(0);
    for (const way of this.held) way.fill(EMPTY);
    return FLUSH_CLK;
  }

  /** Record misses by word from now on, or no more. */
  record(on) {
    this.counts = on ? new Uint32Array(this.lines.length * 2) : null;
  }

  /** [word of flash, misses there] since `record`, of each that has any. Made for being asked every tick. */
  misses() {
    const found = [];
    const { counts } = this;
    for (let word = 0; counts !== null && word < counts.length; word++) {
      if (counts[word] !== 0) found.push([word, counts[word]]);
    }
    return found;
  }

  /** Take the counted accesses out of the state. */
  fold() {
    this.accessed += this.R[SLOT.ACCESSES] >>> 0;
    this.R[SLOT.ACCESSES] = 0;
  }

  get accesses() {
    return this.accessed + (this.R[SLOT.ACCESSES] >>> 0);
  }

  get hits() {
    return this.accesses - this.missed;
  }

  /** CTR_ACC and CTR_HIT (2.6.3.6). */
  get accessCounter() {
    return Math.min(this.accesses - this.clearedAccesses, MOST);
  }

  get hitCounter() {
    return Math.min(this.hits - this.clearedHits, MOST);
  }

  clearAccessCounter() {
    this.clearedAccesses = this.accesses;
  }

  clearHitCounter() {
    this.clearedHits = this.hits;
  }

  /** The core reads the word at `address` in the XIP window: counts it, and stalls the core if it is not there. */
  access(address) {
    this.R[SLOT.ACCESSES]++;
    const window = (address >>> 24) & 3;
    const line = (address & 0xffffff) >>> 3;
    const state = this.lines[line] ?? 0;
    if (window <= WINDOW.NO_ALLOCATE && state & (1 << ((address >>> 2) & 1))) {
      this.recent[line & (SETS - 1)] = state;
    } else {
      this.#stall(address, window);
    }
  }

  #stall(address, window) {
    this.missed++;
    this.R[SLOT.CYCLES] += this.stallClk;
    const word = (address & 0xffffff) >>> 2;
    const line = word >>> 1;
    if (this.counts !== null) this.counts[word]++;
    if (window === WINDOW.NO_ALLOCATE || window === WINDOW.BYPASS) return;
    if (!(this.control & CONTROL_ENABLE) || line >= this.lines.length) return;
    const set = line & (SETS - 1);
    const state = (this.lines[line] || this.#place(line, set)) | (1 << (word & 1));
    this.lines[line] = state;
    this.recent[set] = state;
  }

  /** Give `line` a way of its set, in place of another if there is none free. Returns its state, without halves. */
  #place(line, set) {
    let way = this.held.findIndex((lines) => lines[set] === EMPTY);
    if (way < 0) {
      way = this.random === null ? 1 ^ ((this.recent[set] >>> 2) & 1) : this.random.uint32() & 1;
      this.lines[this.held[way][set]] = 0;
    }
    this.held[way][set] = line;
    return way << 2;
  }
}

/** Is `address` in one of the four views of the flash? */
export const isXip = (address) => address >>> 26 === FLASH_BASE >>> 26;
