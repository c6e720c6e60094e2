/**
 * A fast ARM Cortex-M0+ for rp2040js: the same registers, flags, memory effects and cycle counts as rp2040js's
 * `core.executeInstruction()`, many times faster. Code that runs often is translated, block by block, to WebAssembly
 * (blocks.mjs); the rest, and all that touches a peripheral, is interpreted (interpreter.mjs).
 *
 * Where rp2040js differs from the ARMv6-M manual this follows the manual; proof/reference.mjs lists each case by name.
 */
import { Blocks } from './blocks.mjs';
import { makeInterpreter } from './interpreter.mjs';
import { fixInterruptRules, takeHardFault, wakeUpPending } from './interrupts.mjs';
import { CpuState, SLOT, FLASH_BASE, RAM_BASE, RAM_SIZE, isReadOnly } from './state.mjs';

export { ChipMemory } from './state.mjs';

const { CYCLES, LIMIT } = SLOT;

/** Why `run` returned. */
export const REASON = Object.freeze({ DEADLINE: 0, SLEEPING: 1, STOPPED: 2, LOCKED_UP: 3 });

/** Interpreted passes through a block before it is translated. */
const HOT = 40;

/** Most cycles one `dispatch` may run for: keeps the relative counter far from overflow. */
const MAX_SLICE = 0x20000000;

export class FastCpu {
  #stop = false;
  #until = 0;
  #lockedUp = false;

  /**
   * @param rp2040 an RP2040 of rp2040js. Its core is driven by this object from now on: do not call
   *   `executeInstruction` any more. Its memories are those of a ChipMemory, or are replaced by one; they must stay the
   *   same objects from then on.
   * @param options.hot interpreted passes through a block before it is translated; Infinity: interpret only
   */
  constructor(rp2040, { hot = HOT } = {}) {
    this.rp2040 = rp2040;
    this.core = rp2040.core;
    this.state = new CpuState(rp2040);
    /** Called as (kind, pc, address) when an instruction faults, before the HardFault is taken. */
    this.onFault = () => {};
    fixInterruptRules(this.state);
    this.interpreter = makeInterpreter(this);
    this.blocks = Blocks.of(this.state.memory, hot);
    this.blocks.resumeFlash();
    this.blocks.verifyAll(); // the memories may have changed since another core ran them
    this.#watchWrites();
  }

  /**
   * Execute until core.cycles >= untilCycle (the rest of one block may be run beyond it), the core sleeps, or a stop
   * was requested. Returns a REASON.
   */
  run(untilCycle) {
    const { core, state, blocks, interpreter } = this;
    const { R } = state;
    if (core.waiting) {
      if (!wakeUpPending(core)) return REASON.SLEEPING;
      core.waiting = false;
    }
    blocks.step = interpreter.step;
    blocks.runBlock = interpreter.runBlock;
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
      if (core.interruptsUpdated && core.checkForInterrupts() && R[CYCLES] >= R[LIMIT]) continue;
      blocks.dispatch();
    }
  }

  /** Execute the next instruction; or only enter an exception or fetch, if that takes until `untilCycle`. */
  step(untilCycle = Infinity) {
    const { core, interpreter } = this;
    const { R, cycleBase } = this.state;
    R[LIMIT] = Math.min(MAX_SLICE, Math.ceil(untilCycle - cycleBase));
    if (core.interruptsUpdated && core.checkForInterrupts() && R[CYCLES] >= R[LIMIT]) return;
    interpreter.step();
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

  /** After a reset of the same chip object: no longer locked up; RAM and peripherals may be others. */
  reset() {
    this.#lockedUp = false;
    this.interpreter.bindPeripherals();
    this.invalidateRam();
  }

  /** Flash reads as something else until the next `invalidateFlash`: it erases or programs. */
  suspendFlash() {
    this.blocks.suspendFlash();
    this.requestBlockEnd();
  }

  /** Flash is readable; its bytes [from, to), counted from its start, may have changed: by default, all. */
  invalidateFlash(from = 0, to = this.state.flashSize) {
    this.blocks.resumeFlash();
    if (this.blocks.verify(FLASH_BASE + from, FLASH_BASE + to)) this.requestBlockEnd();
  }

  /** The RAM bytes [from, to), counted from the start of RAM, were changed past the CPU and DMA: by default, all. */
  invalidateRam(from = 0, to = RAM_SIZE) {
    this.blocks.verify(RAM_BASE + from, RAM_BASE + to);
  }

  /** Let the run loop look at interrupts and requests after the current instruction. */
  requestBlockEnd() {
    this.state.R[LIMIT] = -1;
  }

  /** Figures about the translator: blocks now held, translated in all, modules and bytes of WebAssembly made. */
  get statistics() {
    return { ...this.blocks.statistics };
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
    if (this.blocks.verify(RAM_BASE + offset, RAM_BASE + offset + length)) this.state.R[LIMIT] = -1;
  }

  /**
   * DMA, exception entry and others write through the RP2040 object: translated code must notice, flash must not
   * change.
   */
  #watchWrites() {
    const { rp2040 } = this;
    const { codeLines } = this.state;
    for (const [name, length] of [
      ['writeUint32', 4],
      ['writeUint16', 2],
      ['writeUint8', 1],
    ]) {
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
