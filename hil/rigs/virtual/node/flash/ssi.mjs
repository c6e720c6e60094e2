// The SSI (RP2040 datasheet 4.10) as the mask ROM and the boot stage drive it to give the flash chip commands,
// and the QSPI pads' IO registers, whose chip-select override frames those commands.

import { BasePeripheral } from 'rp2040js';

const CTRLR0 = 0x00;
const SSIENR = 0x08;
const BAUDR = 0x14;
const TXFLR = 0x20;
const RXFLR = 0x24;
const SR = 0x28;
const ICR = 0x48;
const IDR = 0x58;
const VERSION = 0x5c;
const DR_FIRST = 0x60;
const DR_LAST = 0xec;

const SR_BUSY = 1;
const SR_TFNF = 2;
const SR_TFE = 4;
const SR_RFNE = 8;
const SR_RFF = 16;
const FIFO_DEPTH = 16;
const FRAME_FORMAT_MASK = 3 << 21; // CTRLR0.SPI_FRF: 0 is plain SPI

/** Bytes go out one every 8 x BAUDR cycles; what came back can be read when its byte is through. */
export class Ssi extends BasePeripheral {
  /** `cache`: the XipCache whose misses come over this interface, or null. */
  constructor(chip, name, nor, cache) {
    super(chip, name);
    this.nor = nor;
    this.cache = cache;
    this.clock = chip.clock;
    this.registers = new Uint32Array(64);
    this.registers[BAUDR >> 2] = 4;
    this.received = []; // {value, readyNanos}
    this.busyUntil = 0;
    this.forced = null; // chip select by IO_QSPI override: null (none), 0 (low) or 1 (high)
    this.selected = false; // by SSI itself, while it has bytes to send
  }

  /** From IO_QSPI: the override of the chip-select pin. */
  force(level) {
    if (level === this.forced) {
      return;
    }
    this.endOwnFrame();
    if (this.forced === 0) {
      this.nor.deselect();
    }
    this.forced = level;
    if (level === 0) {
      this.nor.select();
    }
  }

  endOwnFrame() {
    if (this.selected) {
      this.selected = false;
      this.nor.deselect();
    }
  }

  get pending() {
    const now = this.clock.nanos;
    return this.received.reduce((count, item) => count + (item.readyNanos > now ? 1 : 0), 0);
  }

  readUint32(offset) {
    if (offset >= DR_FIRST && offset <= DR_LAST) {
      return this.received.length > 0 && this.received[0].readyNanos <= this.clock.nanos
        ? this.received.shift().value
        : 0;
    }
    switch (offset) {
      case TXFLR:
        return this.pending;
      case RXFLR:
        return this.received.length - this.pending;
      case SR: {
        const { pending } = this;
        if (this.clock.nanos >= this.busyUntil) {
          this.endOwnFrame();
        }
        return (
          (pending > 0 || this.clock.nanos < this.busyUntil ? SR_BUSY : 0) |
          (pending < FIFO_DEPTH ? SR_TFNF : 0) |
          (pending === 0 ? SR_TFE : 0) |
          (this.received.length > pending ? SR_RFNE : 0) |
          (this.received.length - pending >= FIFO_DEPTH ? SR_RFF : 0)
        );
      }
      case ICR:
        return 0;
      case IDR:
        return 0x51535049;
      case VERSION:
        return 0x3430312a;
    }
    return this.registers[offset >> 2] ?? 0;
  }

  writeUint32(offset, value) {
    if (offset >= DR_FIRST && offset <= DR_LAST) {
      if (this.registers[SSIENR >> 2] & 1) {
        this.send(value);
      }
      return;
    }
    if (offset === SSIENR && !(value & 1)) {
      this.endOwnFrame();
      this.received = [];
      this.busyUntil = 0;
    }
    this.registers[offset >> 2] = value;
    if (offset === BAUDR) {
      this.cache?.setBaud(value & 0xfffe);
    }
  }

  send(value) {
    const now = this.clock.nanos;
    if (now > this.busyUntil) {
      this.endOwnFrame();
    }
    let answer = 0xff;
    if (!(this.registers[CTRLR0 >> 2] & FRAME_FORMAT_MASK)) {
      if (this.forced === null && !this.selected) {
        this.selected = true;
        this.nor.select();
      }
      if (this.forced !== 1) {
        answer = this.nor.exchange(value & 0xff);
      }
    }
    const byteNanos = 8 * Math.max(2, this.registers[BAUDR >> 2] & 0xfffe) * this.clock.cycleNanos;
    this.busyUntil = Math.max(now, this.busyUntil) + byteNanos;
    this.received.push({ value: answer, readyNanos: this.busyUntil });
  }

  reset() {
    this.force(null);
    this.endOwnFrame();
    this.received = [];
    this.busyUntil = 0;
  }
}

const SS_CTRL = 0x0c;
const CTRL_RESET = 0x1f;

/** IO_QSPI: status and control of SCLK, SS, SD0..3, of which the override of SS matters here. */
export class IoQspi extends BasePeripheral {
  constructor(chip, name, ssi) {
    super(chip, name);
    this.ssi = ssi;
    this.ctrl = new Uint32Array(6).fill(CTRL_RESET);
    this.other = new Uint32Array(16);
  }

  readUint32(offset) {
    if (offset < 0x30) {
      return offset & 4 ? this.ctrl[offset >> 3] : 0;
    }
    return this.other[(offset - 0x30) >> 2] ?? 0;
  }

  writeUint32(offset, value) {
    if (offset >= 0x30) {
      this.other[(offset - 0x30) >> 2] = value;
      return;
    }
    if (offset & 4) {
      this.ctrl[offset >> 3] = value;
      if (offset === SS_CTRL) {
        const out = (value >>> 8) & 3;
        this.ssi.force(out === 2 ? 0 : out === 3 ? 1 : null);
      }
    }
  }

  reset() {
    this.ctrl.fill(CTRL_RESET);
    this.ssi.force(null);
  }
}
