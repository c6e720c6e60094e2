// The board around the chip: what outside signals do to the 30 GPIO, and which of their changes are recorded.
// It outlives every reset of the chip.

import { EVENT_DUTY, EVENT_PIN } from './events.mjs';

export const RELEASED = 2;
export const NOWHERE = -1;

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
    }
  }

  dutyIs(index, duty, nanos) {
    if (this.duty[index] !== duty) {
      this.duty[index] = duty;
      this.events.push(nanos, EVENT_DUTY, index, duty);
    }
  }
}
