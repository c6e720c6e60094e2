// What the machines of a block put on the pins (RP2040 datasheet 3.5.6.1): of those that write a pin in the same cycle
// the highest number wins, and one that writes it over and over, or holds it by the side-set of an instruction that
// stalls, has it back in the cycle after others let go.

import { pinMask, turned } from './shifter.mjs';

const SAME_CYCLE_NANOS = 1e-3; // times are sums of doubles

/** Levels or directions of all pins, and which machine has written which of them in the cycle at hand. */
class Word {
  constructor() {
    this.bits = 0;
    this.shown = 0; // as the pads had it last
    this.written = [0, 0, 0, 0];
  }
}

export class Outputs {
  constructor(block) {
    this.block = block;
    this.levels = new Word();
    this.directions = new Word();
    this.cycleNanos = -1; // when the cycle at hand began
    this.disturbed = 0; // machines asleep whose pins another one has just changed
    this.contended = false; // two machines have written the same pin
    this.turnOf = null; // the runner whose instruction is being executed, unless it was put in from outside
  }

  writeLevels(machine, value, base, count) {
    machine.levelsWritten |= this.write(this.levels, machine, value, base, count);
  }

  writeDirections(machine, value, base, count) {
    machine.directionsWritten |= this.write(this.directions, machine, value, base, count);
  }

  /** Returns the pins that the machine meant, whether it got them or not. */
  write(word, machine, value, base, count) {
    const mask = pinMask(base, count);
    if (machine.catchesUp) {
      return mask; // what it wrote then has had its effect
    }
    this.turnOf?.drives(mask);
    const lost = mask & this.lostTo(word, machine, mask);
    machine.pinsLost |= lost;
    const mine = mask & ~lost;
    const changed = (turned(value, base) ^ word.bits) & mine;
    if (changed !== 0) {
      this.disturb(machine, changed);
      word.bits ^= changed;
    }
    return mask;
  }

  cycleAt(nanos) {
    if (nanos - this.cycleNanos > SAME_CYCLE_NANOS) {
      this.cycleNanos = nanos;
      this.levels.written.fill(0);
      this.directions.written.fill(0);
    }
  }

  /** A machine that sleeps has at `nanos`, at last, written what it had written before. */
  wroteAgain({ index, levelsWritten, directionsWritten }, nanos) {
    if (Math.abs(nanos - this.block.clock.nanos) < SAME_CYCLE_NANOS) {
      this.cycleAt(nanos);
      this.levels.written[index] |= levelsWritten;
      this.directions.written[index] |= directionsWritten;
    }
  }

  /** Takes the pins for this machine in this cycle; those that one with a higher number has taken in it. */
  lostTo(word, machine, mask) {
    this.cycleAt(machine.nowNanos);
    word.written[machine.index] |= mask;
    let lost = 0;
    for (let higher = machine.index + 1; higher < 4; higher++) {
      this.block.runners[higher].catchUpCount();
      lost |= word.written[higher];
    }
    return lost;
  }

  /** Before pins change: whoever sleeps holding them comes up to now, and is to be woken. */
  disturb(machine, pins) {
    for (const runner of this.block.runners) {
      if (runner.machine !== machine && runner.holds(pins)) {
        runner.catchUp();
        this.disturbed |= 1 << runner.machine.index;
      }
    }
  }

  /** A machine drives other pins than before. */
  driversChanged() {
    const { runners } = this.block;
    this.contended = runners.some((one) => runners.some((other) => one !== other && (one.pinsDriven & other.pinsDriven) !== 0));
  }

  /** Those with higher numbers that write the same pins have their turn in this cycle first: the others then lose. */
  letHigherGoFirst(runner) {
    for (let index = runner.machine.index + 1; index < 4; index++) {
      const higher = this.block.runners[index];
      if (!higher.running || (higher.pinsDriven & runner.pinsDriven) === 0) {
        continue;
      }
      higher.catchUp();
      if (Math.abs(higher.nextEdge - runner.nextEdge) < SAME_CYCLE_NANOS) {
        higher.runNow();
      }
    }
  }

  /** Tells the pads what has changed, and wakes whoever lost a pin by it. */
  settle() {
    const { levels, directions, block } = this;
    const changed = (levels.bits ^ levels.shown) | (directions.bits ^ directions.shown);
    if (changed === 0) {
      return;
    }
    levels.shown = levels.bits;
    directions.shown = directions.bits;
    block.effects++;
    block.rp2040.pads.changed(changed);
    const { disturbed } = this;
    this.disturbed = 0;
    for (const runner of block.runners) {
      if (disturbed & (1 << runner.machine.index)) {
        runner.wake();
      }
    }
  }

  reset() {
    this.levels.bits = 0;
    this.directions.bits = 0;
    this.disturbed = 0;
    this.driversChanged();
    this.settle();
  }
}
