// The ADC (RP2040 datasheet 4.9): conversions of 96 clocks of 48 MHz, round robin, FIFO of 4, pacing by DIV.
// The input is looked up at the instant its conversion starts, as the sample-and-hold does.

import { BasePeripheral } from 'rp2040js';

const CS = 0x00;
const RESULT = 0x04;
const FCS = 0x08;
const FIFO = 0x0c;
const DIV = 0x10;
const INTR = 0x14;
const INTE = 0x18;
const INTF = 0x1c;
const INTS = 0x20;

const CS_EN = 1;
const CS_TS_EN = 2;
const CS_START_ONCE = 4;
const CS_START_MANY = 8;
const CS_READY = 0x100;
const CS_WRITABLE = 0x1f700b; // RROBIN, AINSEL, START_MANY, TS_EN, EN

const FCS_EN = 1;
const FCS_SHIFT = 2;
const FCS_DREQ_EN = 8;
const FCS_EMPTY = 0x100;
const FCS_FULL = 0x200;
const FCS_UNDER = 0x400;
const FCS_OVER = 0x800;
const FCS_WRITABLE = 0x0f00000f;

const FIFO_DEPTH = 4;
const CLOCK_NANOS = 1000 / 48;
const CONVERSION_CLOCKS = 96;
const TEMPERATURE_CHANNEL = 4;
const IRQ_ADC_FIFO = 22;
const DREQ_ADC = 36;

export class Adc extends BasePeripheral {
  /** `source.code(channel, nanos)` is what an input gives at an instant; `source.tap` is told of every conversion. */
  constructor(chip, name, source) {
    super(chip, name);
    this.source = source;
    this.clock = chip.clock;
    this.fifo = new Uint16Array(FIFO_DEPTH);
    this.alarm = this.clock.createAlarm(() => this.complete());
    this.clear();
  }

  clear() {
    this.cs = 0;
    this.fcs = 0;
    this.div = 0;
    this.inte = 0;
    this.intf = 0;
    this.result = 0;
    this.fifoStart = 0;
    this.fifoCount = 0;
    this.startNanos = 0; // of the conversion under way, or of the next one
    this.converting = false; // an end of conversion is scheduled
    this.freeSinceNanos = -1; // start of the first conversion since START_MANY was set
  }

  get channel() {
    return (this.cs >>> 12) & 7;
  }

  /** Time from the start of one free-running conversion to the next, ns. */
  get intervalNanos() {
    const clocks = 1 + (this.div >>> 8) + (this.div & 0xff) / 256;
    return Math.max(clocks, CONVERSION_CLOCKS) * CLOCK_NANOS;
  }

  start(nanos) {
    this.startNanos = nanos;
    this.converting = true;
    this.alarm.scheduleAt(nanos + CONVERSION_CLOCKS * CLOCK_NANOS);
  }

  complete() {
    const { channel } = this;
    this.converting = false;
    let code = 0;
    if (channel < TEMPERATURE_CHANNEL || (channel === TEMPERATURE_CHANNEL && this.cs & CS_TS_EN)) {
      code = this.source.code(channel, this.startNanos);
    }
    this.result = code;
    this.source.tap.take(channel, this.startNanos, code);
    if (this.fcs & FCS_EN) {
      this.push(this.fcs & FCS_SHIFT ? code >>> 4 : code);
    }
    const roundRobin = (this.cs >>> 16) & 0x1f;
    if (roundRobin !== 0) {
      let next = channel;
      do {
        next = (next + 1) % 5;
      } while (!((roundRobin >>> next) & 1));
      this.cs = (this.cs & ~(7 << 12)) | (next << 12);
    }
    if ((this.cs & (CS_START_MANY | CS_EN)) === (CS_START_MANY | CS_EN)) {
      this.start(this.startNanos + this.intervalNanos);
    }
  }

  push(value) {
    if (this.fifoCount === FIFO_DEPTH) {
      this.fcs |= FCS_OVER;
      return;
    }
    this.fifo[(this.fifoStart + this.fifoCount) % FIFO_DEPTH] = value;
    this.fifoCount++;
    this.fifoChanged();
  }

  pull() {
    if (this.fifoCount === 0) {
      this.fcs |= FCS_UNDER;
      return 0;
    }
    const value = this.fifo[this.fifoStart];
    this.fifoStart = (this.fifoStart + 1) % FIFO_DEPTH;
    this.fifoCount--;
    this.fifoChanged();
    return value;
  }

  get intRaw() {
    const threshold = (this.fcs >>> 24) & 0xf;
    return this.fifoCount >= threshold && this.fifoCount > 0 ? 1 : 0;
  }

  fifoChanged() {
    const { dma } = this.rp2040;
    this.rp2040.setInterrupt(IRQ_ADC_FIFO, ((this.intRaw & this.inte) | this.intf) !== 0);
    if (this.fcs & FCS_DREQ_EN && this.intRaw) {
      dma.setDREQ(DREQ_ADC);
    } else {
      dma.clearDREQ(DREQ_ADC);
    }
  }

  readUint32(offset) {
    switch (offset) {
      case CS: {
        const busy = this.converting && this.clock.nanos >= this.startNanos;
        return this.cs | (busy || !(this.cs & CS_EN) ? 0 : CS_READY);
      }
      case RESULT:
        return this.result;
      case FCS:
        return (
          this.fcs |
          (this.fifoCount << 16) |
          (this.fifoCount === 0 ? FCS_EMPTY : 0) |
          (this.fifoCount === FIFO_DEPTH ? FCS_FULL : 0)
        );
      case FIFO:
        return this.pull();
      case DIV:
        return this.div;
      case INTR:
        return this.intRaw;
      case INTE:
        return this.inte;
      case INTF:
        return this.intf;
      case INTS:
        return (this.intRaw & this.inte) | this.intf;
    }
    return super.readUint32(offset);
  }

  writeUint32(offset, value) {
    switch (offset) {
      case CS: {
        const wasMany = this.cs & CS_START_MANY;
        this.cs = (this.cs & ~CS_WRITABLE) | (value & CS_WRITABLE);
        if (!(this.cs & CS_EN)) {
          this.alarm.cancel();
          this.converting = false;
          return;
        }
        if (wasMany && !(this.cs & CS_START_MANY) && this.clock.nanos < this.startNanos) {
          this.alarm.cancel(); // the next conversion had not begun
          this.converting = false;
        }
        if (!this.converting && value & (CS_START_ONCE | CS_START_MANY)) {
          this.start(this.clock.nanos);
        }
        if (!wasMany && this.cs & CS_START_MANY) {
          this.freeSinceNanos = this.startNanos;
        }
        return;
      }
      case FCS:
        // OVER and UNDER are write-1-to-clear; in an atomic alias write only the bits written count.
        this.fcs &= ~(this.rawWriteValue & (FCS_OVER | FCS_UNDER));
        this.fcs = (this.fcs & ~FCS_WRITABLE) | (value & FCS_WRITABLE);
        this.fifoChanged();
        return;
      case DIV:
        this.div = value & 0xffffff;
        return;
      case INTE:
        this.inte = value & 1;
        this.fifoChanged();
        return;
      case INTF:
        this.intf = value & 1;
        this.fifoChanged();
        return;
    }
    super.writeUint32(offset, value);
  }

  reset() {
    this.alarm.cancel();
    this.clear();
    this.fifoChanged();
  }
}
