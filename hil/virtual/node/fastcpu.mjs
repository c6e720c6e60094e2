/**
 * A fast ARM Cortex-M0+ for rp2040js: the same registers, flags, memory effects and cycle counts as rp2040js's
 * `core.executeInstruction()`, many times faster. Code that runs often is translated, block by block, to JavaScript
 * functions (fastcpu_translate.mjs); the rest, and all that touches a peripheral, is interpreted (fastcpu_interp.mjs).
 *
 * Where rp2040js differs from the ARMv6-M manual this follows the manual; fastcpu_check.mjs lists each case by name.
 */
import { CpuState, SLOT, CODE_LINE, FLASH_BASE, RAM_BASE, RAM_SIZE, ROM_SIZE, isReadOnly } from './fastcpu_state.mjs';
import { makeInterpreter } from './fastcpu_interp.mjs';
import { makeTranslator } from './fastcpu_translate.mjs';
import { fixInterruptRules, takeHardFault, wakeUpPending } from './fastcpu_interrupts.mjs';

const { PC, CYCLES, LIMIT } = SLOT;

/** Why `run` returned. */
export const REASON = Object.freeze({ DEADLINE: 0, SLEEPING: 1, STOPPED: 2, LOCKED_UP: 3 });

/** Interpreted passes through a block before it is translated. */
const HOT = 24;

/** Flash, in bytes, from which code is translated: the Pico's 2 MB. Code further up is interpreted. */
const CODE_FLASH = 0x200000;

/** Bytes of flash whose blocks are kept, and dropped, together. */
const FLASH_SECTOR = 4096;

/** Most cycles one `dispatch` may run for: keeps the relative counter far from overflow. */
const MAX_SLICE = 0x20000000;

export class FastCpu {
  #stop = false;
  #until = 0;
  #lockedUp = false;
  #functions; // translated blocks by halfword of flash, RAM and boot ROM
  #heat; // interpreted passes, likewise
  #ramBlocks = new Map(); // code line -> Set of blocks
  #flashBlocks = new Map(); // sector -> Set of blocks
  #romBlocks = new Set();

  /**
   * @param rp2040 an RP2040 of rp2040js. Its core is driven by this object from now on: do not call
   *   `executeInstruction` any more. The arrays `sram`, `flash` and `bootrom` must stay the same objects.
   * @param options.hot interpreted passes through a block before it is translated; Infinity: interpret only
   */
  constructor(rp2040, { hot = HOT } = {}) {
    this.rp2040 = rp2040;
    this.core = rp2040.core;
    this.state = new CpuState(rp2040);
    /** Called as (kind, pc, address) when an instruction faults, before the HardFault is taken. */
    this.onFault = () => {};
    fixInterruptRules(this.core, this.state.R);
    this.interpreter = makeInterpreter(this);
    this.translator = makeTranslator(this.state, this.interpreter);
    const spaces = { flash: CODE_FLASH >>> 1, ram: RAM_SIZE >>> 1, rom: ROM_SIZE >>> 1 };
    const perSpace = (make) => Object.fromEntries(Object.entries(spaces).map(([k, n]) => [k, make(n)]));
    this.#functions = perSpace((n) => new Array(n).fill(null));
    this.#heat = perSpace((n) => new Uint8Array(n));
    this.dispatch = hot === Infinity ? this.#makeInterpretedDispatch() : this.#makeDispatch(hot);
    this.#watchWrites();
  }

  /**
   * Execute until core.cycles >= untilCycle (the rest of one block may be run beyond it), the core sleeps, or a stop
   * was requested. Returns a REASON.
   */
  run(untilCycle) {
    const { core, state } = this;
    const { R } = state;
    if (core.waiting) {
      if (!wakeUpPending(core)) return REASON.SLEEPING;
      core.waiting = false;
    }
    this.#stop = false;
    this.#until = untilCycle;
    for (;;) {
      if (this.#lockedUp) return REASON.LOCKED_UP;
      if (this.#stop) return REASON.STOPPED;
      if (core.waiting) return REASON.SLEEPING;
      state.rebase();
      const left = this.#until - state.cycleBase;
      if (!(left > 0)) return REASON.DEADLINE;
      R[LIMIT] = left < MAX_SLICE ? Math.ceil(left) : MAX_SLICE;
      if (core.interruptsUpdated) core.checkForInterrupts();
      this.dispatch();
    }
  }

  /** Cycle at which the present run ends. A peripheral's callback may lower it (an alarm that is due earlier). */
  get limit() {
    return this.#until;
  }

  set limit(cycle) {
    this.#until = cycle;
    const { R, cycleBase } = this.state;
    R[LIMIT] = Math.min(R[LIMIT], Math.max(Math.ceil(cycle - cycleBase), -1));
  }

  /** From a peripheral's callback: `run` returns after the current instruction. Reset the chip only after that. */
  requestStop() {
    this.#stop = true;
    this.state.R[LIMIT] = -1;
  }

  /** After a chip reset: forget the locked-up state, and all translated RAM code (RAM may have been cleared). */
  reset() {
    this.#lockedUp = false;
    this.invalidateRam();
  }

  /** The flash bytes [from, to), counted from the start of flash, have changed: by default, all. */
  invalidateFlash(from = 0, to = this.state.flashSize) {
    const first = Math.floor(from / FLASH_SECTOR);
    const last = Math.floor((to - 1) / FLASH_SECTOR);
    for (const sector of [...this.#flashBlocks.keys()]) {
      if (sector < first || sector > last) continue;
      for (const block of [...this.#flashBlocks.get(sector)]) this.#drop(block);
    }
    this.requestBlockEnd();
  }

  /** The RAM bytes [from, to), counted from the start of RAM, were changed past the CPU and DMA: by default, all. */
  invalidateRam(from = 0, to = RAM_SIZE) {
    for (let line = Math.floor(from / CODE_LINE); line * CODE_LINE < to; line++) {
      if (this.state.codeLines[line]) this.storedToCode(line * CODE_LINE, CODE_LINE);
    }
  }

  /** The boot ROM was replaced. */
  invalidateRom() {
    for (const block of [...this.#romBlocks]) this.#drop(block);
  }

  /** Let the run loop look at interrupts and requests after the current instruction. */
  requestBlockEnd() {
    this.state.R[LIMIT] = -1;
  }

  /** Figures about the translator: blocks now held, made in all, characters of JavaScript made. */
  get statistics() {
    return { ...this.translator.statistics };
  }

  // ---- called by the interpreter -------------------------------------------------------------------------------

  afterAccess() {
    if (this.core.interruptsUpdated || this.#stop) this.state.R[LIMIT] = -1;
  }

  sleep() {
    this.core.waiting = true;
    this.state.R[LIMIT] = -1;
  }

  wakeUpPending() {
    return wakeUpPending(this.core);
  }

  writeSpecialRegister(sysm, value) {
    this.core.writeSpecialRegister(sysm, value >>> 0);
    if (this.core.interruptsUpdated) this.state.R[LIMIT] = -1;
  }

  fault(kind, pc, address) {
    this.onFault(kind, pc >>> 0, address >>> 0);
    if (!takeHardFault(this.core, pc)) this.#lockedUp = true;
    this.state.R[LIMIT] = -1;
  }

  /** A store to RAM bytes [offset, offset + length) hit a line with translated code. */
  storedToCode(offset, length) {
    const low = RAM_BASE + offset;
    const high = low + length;
    for (let line = offset >>> 5; line <= (offset + length - 1) >>> 5; line++) {
      for (const block of [...(this.#ramBlocks.get(line) ?? [])]) {
        if (block.ranges.some(([from, to]) => from < high && low < to)) {
          this.#drop(block);
          this.state.R[LIMIT] = -1;
        }
      }
    }
  }

  // ---- translated blocks ---------------------------------------------------------------------------------------

  #spaceOf(pc) {
    if ((pc - FLASH_BASE) >>> 0 < CODE_FLASH) return { name: 'flash', base: FLASH_BASE };
    if ((pc - RAM_BASE) >>> 0 < RAM_SIZE) return { name: 'ram', base: RAM_BASE };
    return pc >>> 0 < ROM_SIZE ? { name: 'rom', base: 0 } : null;
  }

  /** Sets in which a block over `ranges` of the space is listed. */
  #listsOf({ space, ranges }) {
    if (space.name === 'rom') return [[null, this.#romBlocks]];
    const [map, unit] = space.name === 'ram' ? [this.#ramBlocks, CODE_LINE] : [this.#flashBlocks, FLASH_SECTOR];
    const keys = new Set();
    for (const [from, to] of ranges) {
      for (let key = Math.floor((from - space.base) / unit); key * unit < to - space.base; key++) keys.add(key);
    }
    return [...keys].map((key) => {
      if (!map.has(key)) map.set(key, new Set());
      return [key, map.get(key)];
    });
  }

  #translate(pc) {
    const space = this.#spaceOf(pc);
    const { run, ranges } = this.translator.translate(pc, space.base === RAM_BASE);
    const block = { pc, space, run, ranges };
    for (const [key, list] of this.#listsOf(block)) {
      list.add(block);
      if (space.name === 'ram') this.state.codeLines[key] = 1;
    }
    this.#functions[space.name][(pc - space.base) >>> 1] = block.run;
    return block.run;
  }

  #drop(block) {
    const index = (block.pc - block.space.base) >>> 1;
    this.#functions[block.space.name][index] = null;
    this.#heat[block.space.name][index] = 0;
    for (const [key, list] of this.#listsOf(block)) {
      list.delete(block);
      if (block.space.name === 'ram' && list.size === 0) this.state.codeLines[key] = 0;
    }
    this.translator.statistics.blocks--;
  }

  #makeDispatch(hot) {
    const { R } = this.state;
    const { flash, ram, rom } = this.#functions;
    const heat = this.#heat;
    const { runBlock } = this.interpreter;
    const cold = (pc, counts, index) => {
      if (++counts[index] < hot) runBlock();
      else this.#translate(pc)();
    };
    return () => {
      do {
        const pc = R[PC];
        let offset = pc - FLASH_BASE;
        if (offset >>> 0 < CODE_FLASH) {
          const run = flash[offset >>> 1];
          if (run !== null) run();
          else cold(pc, heat.flash, offset >>> 1);
        } else if ((offset = pc - RAM_BASE) >>> 0 < RAM_SIZE) {
          const run = ram[offset >>> 1];
          if (run !== null) run();
          else cold(pc, heat.ram, offset >>> 1);
        } else if (pc >>> 0 < ROM_SIZE) {
          const run = rom[pc >>> 1];
          if (run !== null) run();
          else cold(pc, heat.rom, pc >>> 1);
        } else {
          runBlock();
        }
      } while (R[CYCLES] < R[LIMIT]);
    };
  }

  #makeInterpretedDispatch() {
    const { R } = this.state;
    const { runBlock } = this.interpreter;
    return () => {
      do runBlock();
      while (R[CYCLES] < R[LIMIT]);
    };
  }

  /** DMA, exception entry and others write through the RP2040 object: translated code must notice, flash must not change. */
  #watchWrites() {
    const { rp2040 } = this;
    const { codeLines } = this.state;
    for (const [name, length] of [['writeUint32', 4], ['writeUint16', 2], ['writeUint8', 1]]) {
      const write = rp2040[name];
      rp2040[name] = (address, value) => {
        if (isReadOnly(address)) return;
        write.call(rp2040, address, value);
        const offset = (address - RAM_BASE) >>> 0;
        if (offset < RAM_SIZE && codeLines[offset >>> 5]) this.storedToCode(offset, length);
      };
    }
  }
}
