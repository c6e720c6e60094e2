// The board around the chip: what outside signals do to the 30 GPIO, and what is recorded of them.
// It outlives every reset of the chip.

export const EVENT_PIN = 1;
export const EVENT_DUTY = 2;
export const EVENT_USB = 3;
export const EVENT_UART = 4;
export const EVENT_RESET = 5;
export const EVENT_FLASH = 6;
export const EVENT_POWER = 7;
export const EVENT_BOOTSEL = 8;
export const EVENT_USB_STATE = 9;

export const RELEASED = 2;

/** What happened since the last exchange with Python, in the order it was noticed. */
export class EventLog {
  constructor() {
    this.items = []; // [nanos, kind, index, value, bytes | null]
  }

  push(nanos, kind, index, value, bytes = null) {
    this.items.push([nanos, kind, index, value, bytes]);
  }

  take() {
    const { items } = this;
    this.items = [];
    return items;
  }
}

export class Wires {
  constructor(events) {
    this.events = events;
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
    }
  }

  dutyIs(index, duty, nanos) {
    if (this.duty[index] !== duty) {
      this.duty[index] = duty;
      this.events.push(nanos, EVENT_DUTY, index, duty);
    }
  }
}
