// The watchdog (RP2040 datasheet 4.7). It counts down twice per microsecond tick (erratum RP2040-E1).
// Its scratch registers and reason outlive the reset it causes; the machine hands them over.

import { BasePeripheral } from 'rp2040js';

const CTRL = 0x00;
const LOAD = 0x04;
const REASON = 0x08;
const SCRATCH0 = 0x0c;
const SCRATCH7 = 0x28;
const TICK = 0x2c;

const CTRL_TRIGGER = 0x80000000;
const CTRL_ENABLE = 0x40000000;
const CTRL_PAUSE = 0x07000000;
const TICK_ENABLE = 1 << 9;
const TICK_RUNNING = 1 << 10;
const NANOS_PER_COUNT = 500;

export const REASON_TIMER = 1;
export const REASON_FORCE = 2;

export class Watchdog extends BasePeripheral {
  /** `kept` is {scratch: Uint32Array(8), reason}, which a watchdog reset does not clear. */
  constructor(chip, name, kept, onTrigger) {
    super(chip, name);
    this.kept = kept;
    this.onTrigger = onTrigger;
    this.clock = chip.clock;
    this.alarm = this.clock.createAlarm(() => this.trigger(REASON_TIMER));
    this.ctrl = CTRL_PAUSE;
    this.tick = TICK_ENABLE;
    this.count = 0;
    this.countNanos = 0;
  }

  get running() {
    return (this.ctrl & CTRL_ENABLE) !== 0 && (this.tick & TICK_ENABLE) !== 0;
  }

  get remaining() {
    if (!this.running) {
      return this.count;
    }
    return Math.max(0, this.count - Math.floor((this.clock.nanos - this.countNanos) / NANOS_PER_COUNT));
  }

  readUint32(offset) {
    if (offset >= SCRATCH0 && offset <= SCRATCH7) {
      return this.kept.scratch[(offset - SCRATCH0) >> 2];
    }
    switch (offset) {
      case CTRL:
        return ((this.ctrl & (CTRL_ENABLE | CTRL_PAUSE)) | this.remaining) >>> 0;
      case REASON:
        return this.kept.reason;
      case TICK:
        return (this.tick & 0x3ff) | (this.tick & TICK_ENABLE ? TICK_RUNNING : 0);
    }
    return super.readUint32(offset);
  }

  writeUint32(offset, value) {
    if (offset >= SCRATCH0 && offset <= SCRATCH7) {
      this.kept.scratch[(offset - SCRATCH0) >> 2] = value;
      return;
    }
    switch (offset) {
      case CTRL:
        this.setCount(this.remaining, () => (this.ctrl = value & (CTRL_ENABLE | CTRL_PAUSE)));
        if (value & CTRL_TRIGGER) {
          this.trigger(REASON_FORCE);
        }
        return;
      case LOAD:
        this.setCount(value & 0xffffff);
        return;
      case TICK:
        this.setCount(this.remaining, () => (this.tick = value & 0x3ff));
        return;
    }
    super.writeUint32(offset, value);
  }

  setCount(count, change = null) {
    this.count = count;
    this.countNanos = this.clock.nanos;
    change?.();
    this.alarm.cancel();
    if (this.running) {
      this.alarm.schedule(count * NANOS_PER_COUNT);
    }
  }

  trigger(reason) {
    this.kept.reason = reason;
    this.onTrigger(reason);
  }
}
