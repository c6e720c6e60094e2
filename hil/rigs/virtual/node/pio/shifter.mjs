// The shift registers and FIFOs of a PIO state machine (RP2040 datasheet 3.2.4, 3.5.4): IN, OUT, PUSH, PULL, with
// autopush and autopull. An operation that has to stall returns false and has changed nothing.

const AUTOPUSH = 1 << 16;
const AUTOPULL = 1 << 17;
const IN_SHIFT_RIGHT = 1 << 18;
const OUT_SHIFT_RIGHT = 1 << 19;
const JOIN_TX = 1 << 30;
const INLINE_OUT_EN = 1 << 18; // of EXECCTRL; OUT_EN_SEL above it

const FDEBUG_TXSTALL = 1 << 24;
const FDEBUG_TXOVER = 1 << 16;
const FDEBUG_RXUNDER = 1 << 8;
const FDEBUG_RXSTALL = 1;

export const ALL_PINS = 0x3fffffff;
export const lowBits = (count) => (count >= 32 ? 0xffffffff : (1 << count) - 1);
/** A word turned up by `base` bits: what goes out at the top comes in below. */
export const turned = (bits, base) => (base === 0 ? bits : (bits << base) | (bits >>> (32 - base)));
/** The `count` pins from `base` on. */
export const pinMask = (base, count) => turned(lowBits(count), base) & ALL_PINS;

/** Registers of a state machine, and what moves data through them. `pio` is the block around it. */
export class PioShifter {
  constructor(pio, index) {
    this.pio = pio;
    this.index = index;
    this.tx = [];
    this.rx = [];
    this.clear();
  }

  clear() {
    this.enabled = false;
    this.x = 0;
    this.y = 0;
    this.pc = 0;
    this.clkdiv = 0x10000;
    this.execCtrl = 0x1f << 12;
    this.shiftCtrl = 0x000c0000;
    this.pinCtrl = 0x14000000;
    this.tx.length = 0;
    this.rx.length = 0;
    this.latched = -1; // forced instruction that stalled
    this.restart();
  }

  restart() {
    this.isr = 0;
    this.isrCount = 0;
    this.osr = 0;
    this.osrCount = 32;
    this.latched = -1;
    this.irqWaits = false; // an `irq wait` has set its flag and waits for it to be cleared
  }

  get txDepth() {
    return this.shiftCtrl & JOIN_TX ? 8 : this.shiftCtrl >>> 31 ? 0 : 4;
  }

  get rxDepth() {
    return this.shiftCtrl >>> 31 ? 8 : this.shiftCtrl & JOIN_TX ? 0 : 4;
  }

  get pushThreshold() {
    return (this.shiftCtrl >>> 20) & 0x1f || 32;
  }

  get pullThreshold() {
    return (this.shiftCtrl >>> 25) & 0x1f || 32;
  }

  inBits(source, count) {
    const filled = Math.min(32, this.isrCount + count);
    const pushes = (this.shiftCtrl & AUTOPUSH) !== 0 && filled >= this.pushThreshold;
    if (pushes && this.rx.length >= this.rxDepth) {
      this.pio.stalled(FDEBUG_RXSTALL << this.index);
      return false;
    }
    const value = this.operand(source, count) & lowBits(count);
    if (count === 32) {
      this.isr = value >>> 0;
    } else if (this.shiftCtrl & IN_SHIFT_RIGHT) {
      this.isr = ((this.isr >>> count) | (value << (32 - count))) >>> 0;
    } else {
      this.isr = ((this.isr << count) | value) >>> 0;
    }
    this.isrCount = filled;
    if (pushes) {
      this.pushIsr();
    }
    return true;
  }

  pushIsr() {
    this.rx.push(this.isr);
    this.isr = 0;
    this.isrCount = 0;
    this.pio.fifoChanged(this);
  }

  outBits(destination, count) {
    if (this.shiftCtrl & AUTOPULL && this.osrCount >= this.pullThreshold && !this.refill()) {
      this.pio.stalled(FDEBUG_TXSTALL << this.index);
      return false;
    }
    let value;
    if (count === 32) {
      value = this.osr;
      this.osr = 0;
    } else if (this.shiftCtrl & OUT_SHIFT_RIGHT) {
      value = this.osr & lowBits(count);
      this.osr >>>= count;
    } else {
      value = this.osr >>> (32 - count);
      this.osr = (this.osr << count) >>> 0;
    }
    this.osrCount = Math.min(32, this.osrCount + count);
    switch (destination) {
      case 5:
        this.jump(value & 0x1f);
        break;
      case 6:
        this.isr = value >>> 0;
        this.isrCount = count;
        break;
      case 7:
        this.pendingExec = value & 0xffff;
        break;
      case 0:
      case 4:
        if (this.outEnabled(value)) this.write(destination, value >>> 0);
        break;
      default:
        this.write(destination, value >>> 0);
    }
    this.autoRefill();
    return true;
  }

  /** INLINE_OUT_EN: one bit of what is shifted out to pins says whether they are written at all (datasheet 3.7). */
  outEnabled(value) {
    return (this.execCtrl & INLINE_OUT_EN) === 0 || ((value >>> ((this.execCtrl >>> 19) & 0x1f)) & 1) === 1;
  }

  /** The OSR fills itself again behind the program's back as soon as there is something in the FIFO. */
  autoRefill() {
    if (this.shiftCtrl & AUTOPULL && this.osrCount >= this.pullThreshold) {
      this.refill();
    }
  }

  refill() {
    if (this.tx.length === 0) {
      return false;
    }
    this.osr = this.tx.shift();
    this.osrCount = 0;
    this.pio.fifoChanged(this);
    return true;
  }

  push(argument) {
    if (argument & 0x40 && this.isrCount < this.pushThreshold) {
      return true;
    }
    if (this.rx.length >= this.rxDepth) {
      this.pio.stalled(FDEBUG_RXSTALL << this.index);
      if (argument & 0x20) {
        return false;
      }
      this.isr = 0;
      this.isrCount = 0;
      return true;
    }
    this.pushIsr();
    return true;
  }

  pull(argument) {
    if (argument & 0x40 && this.osrCount < this.pullThreshold) {
      return true;
    }
    if (this.shiftCtrl & AUTOPULL && this.osrCount === 0) {
      return true; // datasheet 3.5.4.2: with autopull, a PULL of a full OSR does nothing
    }
    if (this.refill()) {
      return true;
    }
    if (argument & 0x20) {
      this.pio.stalled(FDEBUG_TXSTALL << this.index);
      return false;
    }
    this.osr = this.x;
    this.osrCount = 0;
    return true;
  }

  // The FIFOs from the system's side

  systemWrite(value) {
    if (this.tx.length >= this.txDepth) {
      this.pio.fdebug |= FDEBUG_TXOVER << this.index;
      return;
    }
    this.tx.push(value >>> 0);
    if (this.enabled) {
      this.autoRefill();
    }
    this.pio.fifoChanged(this);
  }

  systemRead() {
    if (this.rx.length === 0) {
      this.pio.fdebug |= FDEBUG_RXUNDER << this.index;
      return 0;
    }
    const value = this.rx.shift();
    this.pio.fifoChanged(this);
    return value;
  }
}
