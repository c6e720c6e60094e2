// Which interpreter runs the core: the fast translating one, or rp2040js's own one instruction at a time
// (slow, and the measure of the other).

import { FastCpu, REASON } from './fastcpu.mjs';
import { EmulatorFault } from './faults.mjs';
import { PlainCpu } from './plaincpu.mjs';

/** `onFault(kind, pc, address)` is called when an instruction takes a HardFault. */
export function makeExecutor(chip, kind, onFault) {
  if (kind === 'plain') {
    return new PlainCpu(chip);
  }
  const cpu = new FastCpu(chip);
  cpu.onFault = onFault;
  return new FastExecutor(cpu);
}

class FastExecutor {
  constructor(cpu) {
    this.cpu = cpu;
    this.core = cpu.core;
  }

  /** True when the core is locked up (a fault within the fault handler). */
  run(cycles) {
    try {
      return this.cpu.run(cycles) === REASON.LOCKED_UP;
    } catch (error) {
      this.busFault(error);
      return false;
    }
  }

  /** An access to where nothing is makes the core take its HardFault, as on silicon. Other errors pass on. */
  busFault(error) {
    if (!(error instanceof EmulatorFault) || error.kind !== 'hardfault') {
      throw error;
    }
    this.cpu.fault(error.message, this.core.PC, error.address ?? 0);
  }

  requestStop() {
    this.cpu.requestStop();
  }

  /** After a reset of the chip. */
  reset() {
    this.cpu.reset();
  }

  /** One instruction. */
  step() {
    if (this.core.interruptsUpdated) {
      this.core.checkForInterrupts();
    }
    try {
      this.cpu.interpreter.step();
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
