// The plain executor: rp2040js's own instruction interpreter in a loop.

export class PlainCpu {
  constructor(chip) {
    this.core = chip.core;
    this.limit = 0;
  }

  /** Executes until `core.cycles` reaches `cycles`, the core sleeps or a stop is requested. */
  run(cycles) {
    const { core } = this;
    this.limit = cycles;
    while (core.cycles < this.limit && !core.waiting) {
      core.executeInstruction();
    }
  }

  step() {
    this.core.executeInstruction();
  }

  reset() {}

  requestStop() {
    this.limit = -1;
  }

  /** rp2040js ends the sleep itself, in setInterrupt. */
  wakes() {
    return !this.core.waiting;
  }

  suspendFlash() {}

  invalidateFlash() {}

  invalidateRam() {}
}
