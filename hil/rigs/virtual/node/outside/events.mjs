// The record of what happened on the board: the kinds of events (as protocol.py on the other side reads them), their log.

export const EVENT_PIN = 1;
export const EVENT_DUTY = 2;
export const EVENT_USB = 3;
export const EVENT_UART = 4;
export const EVENT_RESET = 5;
export const EVENT_FLASH = 6;
export const EVENT_POWER = 7;
export const EVENT_BOOTSEL = 8;
export const EVENT_USB_STATE = 9;

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
