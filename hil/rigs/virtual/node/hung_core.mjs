// Fault injection: a core that gets nowhere. With interrupts on their handlers still run; with them off nothing does.

import { ENDLESS_LOOP_ADDRESS } from './chip.mjs';

const HANDLER_PIECE_NANOS = 1000;

export class HungCore {
  /** `untilNanos`: when the program carries on as if nothing had been; Infinity for never. */
  constructor(machine, interruptsOn, untilNanos) {
    this.machine = machine;
    this.interruptsOn = interruptsOn;
    this.untilNanos = untilNanos;
    this.resumePc = -1; // where the program was, once an endless loop has taken its place
  }

  release() {
    this.untilNanos = this.machine.now;
  }

  /** Lets time pass up to `next` at most. */
  run(next) {
    const { machine } = this;
    const { clock } = machine;
    const { core } = machine.chip;
    const over = clock.baseNanos >= this.untilNanos;
    const atRest = core.IPSR === 0 && !core.PM; // no handler, no critical section
    if (over && (this.resumePc < 0 || atRest)) {
      if (this.resumePc >= 0) {
        core.PC = this.resumePc;
      }
      machine.hang = null;
      return;
    }
    if (this.interruptsOn && atRest && this.resumePc < 0) {
      this.resumePc = core.PC;
      core.PC = ENDLESS_LOOP_ADDRESS;
      core.waiting = false;
    }
    const until = over ? next : Math.min(next, this.untilNanos);
    if (!this.interruptsOn || (atRest && !machine.executor.wakes())) {
      machine.busyNanos += until - clock.baseNanos;
      clock.baseNanos = until;
      return;
    }
    machine.runCore(Math.min(until, clock.baseNanos + HANDLER_PIECE_NANOS));
  }
}
