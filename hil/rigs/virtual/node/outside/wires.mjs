// The board around the chip: what outside signals do to the 30 GPIO, and which of their changes are recorded.
// It outlives every reset of the chip.

import { EVENT_DUTY, EVENT_PIN } from './events.mjs';

export const RELEASED = 2;
export const NOWHERE = -1;

/** What a pin does to the line soldered to it: it drives it to 0 or 1, or does one of these. */
export const FREE = 2;
export const PULLS_UP = 3;
export const PULLS_DOWN = 4;
export const UNPOWERED = 5;

export class Wires {
  /** `carry(pin, level)`: a wire leads this level to that pin. */
  constructor(events, carry) {
    this.events = events;
    this.carry = carry;
    this.leads = new Int8Array(30).fill(NOWHERE); // the pin that a wire from this one leads to
    this.external = new Uint8Array(30).fill(RELEASED); // 0, 1 or RELEASED
    this.level = new Uint8Array(30); // what the pad was at last, for edges
    this.watched = new Uint8Array(30);
    this.duty = new Float64Array(30);
    this.dutyWatched = new Uint8Array(30);
    // Lines to another board (nets.mjs). What is told is what a pin does, not the level: that may be the line's.
    this.soldered = new Uint8Array(30); // pins with such a line
    // Those where nobody else drives it: nothing on this board follows from it, so edges may be told a little later.
    this.apart = new Uint8Array(30);
    this.ends = new Uint8Array(30).fill(UNPOWERED); // what each does to its line
    this.line = new Uint8Array(30).fill(RELEASED); // what its line has while the pin itself does not drive it
    this.endChanged = null; // (pin, what it does now, nanos)
    this.buses = []; // I2C, each between two pins: {sda, scl, levelIs(pin, level, nanos)}
    this.busAt = new Array(30).fill(null);
  }

  levelIs(index, level, nanos) {
    if (this.level[index] !== level) {
      this.level[index] = level;
      if (this.watched[index]) {
        this.events.push(nanos, EVENT_PIN, index, level);
      }
      if (this.leads[index] !== NOWHERE) {
        this.carry(this.leads[index], level);
      }
      this.busAt[index]?.levelIs(index, level, nanos);
    }
  }

  /** In the place of those that have one of its pins. */
  addBus(bus) {
    [this.busAt[bus.sda], this.busAt[bus.scl]].forEach((other) => this.removeBus(other));
    this.buses.push(bus);
    this.busAt[bus.sda] = bus;
    this.busAt[bus.scl] = bus;
  }

  removeBus(bus) {
    this.buses = this.buses.filter((each) => each !== bus);
    this.busAt = this.busAt.map((each) => (each === bus ? null : each));
  }

  dutyIs(index, duty, nanos) {
    if (this.duty[index] !== duty) {
      this.duty[index] = duty;
      this.events.push(nanos, EVENT_DUTY, index, duty);
    }
  }

  /** What a soldered pin does to its line. */
  endIs(index, end, nanos) {
    if (this.ends[index] !== end) {
      this.ends[index] = end;
      this.endChanged(index, end, nanos);
    }
  }

  /** What a pin has that no chip drives or pulls. */
  restLevel(index) {
    const external = this.external[index];
    const level = external === RELEASED ? this.line[index] : external;
    return level === RELEASED ? 0 : level;
  }
}
