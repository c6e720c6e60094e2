// Which interpreter runs the core: the fast translating one, or rp2040js's own one instruction at a time
// (slow, and the measure of the other).

import { FastCpu, REASON } from './fast.mjs';
import { EmulatorFault } from './faults.mjs';
import { PlainCpu } from './plain.mjs';

/** `onFault(kind, pc, address)` is called when an instruction takes a HardFault. */
export function makeExecutor(chip, kind, onFault) {
  if (kind === 'plain') {
    return new PlainCpu(chip);
  }
  const cpu = new FastCpu(chip);
  cpu.onFault = onFault;
  return new FastExecutor(cpu);
}

const LONGEST_BLOCK = 48; // cycles, with the longest instruction at its end (translate.mjs, MAX_CYCLES)

class FastExecutor {
  constructor(cpu) {
    this.cpu = cpu;
    this.core = cpu.core;
    this.stopped = false;
  }

  /**
   * Runs to the first instruction that begins at `cycles` or later, whatever is translated by now: the last few cycles
   * are interpreted, so that a block never runs past an event. True when the core is locked up.
   */
  run(cycles) {
    this.stopped = false;
    try {
      const reason = this.cpu.run(Math.max(cycles - LONGEST_BLOCK, 0));
      if (reason !== REASON.DEADLINE) {
        return reason === REASON.LOCKED_UP;
      }
      const { core } = this;
      while (core.cycles < cycles && !this.stopped && !core.waiting) {
        this.cpu.step(cycles);
      }
    } catch (error) {
      this.busFault(error);
    }
    return false;
  }

  /** An access to where nothing is makes the core take its HardFault, as on silicon. Other errors pass on. */
  busFault(error) {
    if (!(error instanceof EmulatorFault) || error.kind !== 'hardfault') {
      throw error;
    }
    this.cpu.fault(error.message, this.core.PC, error.address ?? 0);
  }

  requestStop() {
    this.stopped = true;
    this.cpu.requestStop();
  }

  /** After a reset of the chip. */
  reset() {
    this.cpu.reset();
  }

  /** One instruction. */
  step() {
    try {
      this.cpu.step();
    } catch (error) {
      this.busFault(error);
    }
  }

  wakes() {
    return this.cpu.wakeUpPending();
  }

  suspendFlash() {
    this.cpu.suspendFlash();
  }

  invalidateFlash(from, to) {
    this.cpu.invalidateFlash(from, to);
  }

  invalidateRam(from, to) {
    this.cpu.invalidateRam(from, to);
  }
}
