// The last changes of the inputs and their times: what lies behind flip-flops sees a pin as it was a little before.

const KEPT = 128; // a power of two, and more than 30 pins change in the three cycles that are looked back

export class InputHistory {
  constructor() {
    this.nanos = new Float64Array(KEPT).fill(-Infinity);
    this.bits = new Int32Array(KEPT);
    this.newest = 0;
    this.lastNanos = new Float64Array(30).fill(-Infinity); // of each pin
  }

  note(index, nanos) {
    this.newest = (this.newest + 1) & (KEPT - 1);
    this.nanos[this.newest] = nanos;
    this.bits[this.newest] = 1 << index;
    this.lastNanos[index] = nanos;
  }

  /** The inputs just before `nanos`, if they are `word` now. */
  before(nanos, word) {
    let then = word;
    for (let at = this.newest, left = KEPT; left > 0 && this.nanos[at] >= nanos; left--) {
      then ^= this.bits[at];
      at = (at - 1) & (KEPT - 1);
    }
    return then;
  }

  /** Whether none of these pins has changed at `nanos` or after it. */
  quietSince(nanos, pins) {
    for (let index = 0, left = pins; left !== 0; index++, left >>>= 1) {
      if (left & 1 && this.lastNanos[index] >= nanos) {
        return false;
      }
    }
    return true;
  }
}
