// The SPI masters (PL022, RP2040 datasheet 4.4): frames that take their time at the programmed rate, FIFOs of 8, overrun,
// receive timeout, DMA. A frame travels whole, and chip select, clock and data can be seen on the pins as well. What is
// read is the level of the receive pin as a frame ends, in all its bits; or, looped back, what was sent. There are no
// slaves, and of the formats only Motorola's.

import { BasePeripheral } from 'rp2040js';
import { FUNCTION_SPI } from '../pins/pads.mjs';
import { Wave } from './wave.mjs';

const CR0 = 0x00;
const CR1 = 0x04;
const DR = 0x08;
const SR = 0x0c;
const CPSR = 0x10;
const IMSC = 0x14;
const RIS = 0x18;
const MIS = 0x1c;
const ICR = 0x20;
const DMACR = 0x24;
const ID_FIRST = 0xfe0;
const ID = [0x22, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

const DEPTH = 8;
const CR0_SPO = 1 << 6;
const CR0_SPH = 1 << 7;
const CR1_LBM = 1;
const CR1_SSE = 2;
const CR1_MS = 4;
const SR_TFE = 1;
const SR_TNF = 2;
const SR_RNE = 4;
const SR_RFF = 8;
const SR_BSY = 16;
const INT_ROR = 1;
const INT_RT = 2;
const INT_RX = 4;
const INT_TX = 8;
const DMACR_RX = 1;
const DMACR_TX = 2;
const RECEIVE_TIMEOUT_BITS = 32;
// The lines, by GPIO & 3
const CSN = 1 << 1;
const SCK = 1 << 2;
const TX = 1 << 3;
const TX_ENABLE = 1 << 4;

const LINES = [
  { irq: 18, dreqTx: 16, dreqRx: 17, rxPins: [0, 4, 16, 20] },
  { irq: 19, dreqTx: 18, dreqRx: 19, rxPins: [8, 12, 24, 28] },
];

export class Spi extends BasePeripheral {
  constructor(chip, name, index) {
    super(chip, name);
    Object.assign(this, LINES[index]);
    this.frameAlarm = chip.clock.createAlarm(() => this.frameEnded());
    this.timeoutAlarm = chip.clock.createAlarm(() => this.latch(INT_RT));
    this.tx = [];
    this.rx = [];
    this.wave = new Wave(chip.clock, (step) => this.lines(step), (pins) => chip.pads.changed(pins));
    this.clear();
  }

  clear() {
    this.frameAlarm.cancel();
    this.timeoutAlarm.cancel();
    this.tx.length = 0;
    this.rx.length = 0;
    this.shifting = -1; // the frame on the wire
    this.cr0 = 0;
    this.cr1 = 0;
    this.cpsr = 0;
    this.imsc = 0;
    this.latched = 0; // INT_ROR and INT_RT, until they are cleared
    this.dmacr = 0;
    this.wave.clear();
  }

  get frameBits() {
    return (this.cr0 & 0xf) + 1;
  }

  get bitNanos() {
    // A prescaler below 2 is not allowed; what silicon does with it is not known.
    return (Math.max(2, this.cpsr) * (1 + (this.cr0 >>> 8)) * 1e9) / this.rp2040.clkPeri;
  }

  get interrupts() {
    return this.latched | (this.rx.length >= DEPTH / 2 ? INT_RX : 0) | (this.tx.length <= DEPTH / 2 ? INT_TX : 0);
  }

  latch(bit) {
    this.latched |= bit;
    this.changed();
  }

  // The wires

  /** Half bits of a frame. With SPH 0, chip select is high for half a bit between two frames and low for one before the
   *  first edge of the clock (datasheet 4.4.3.10): 1.5 bits longer than its data. With SPH 1 frames follow each other. */
  get frameSteps() {
    return 2 * this.frameBits + (this.cr0 & CR0_SPH ? 0 : 3);
  }

  /** All lines in a half bit of the frame at hand. */
  lines(step) {
    const { frameBits, cr0 } = this;
    const idle = CSN | (cr0 & CR0_SPO ? SCK : 0);
    const lead = cr0 & CR0_SPH ? 0 : 2; // half bits before the first edge of the clock
    if (step < 0 || this.shifting < 0 || step >= 2 * frameBits + lead) {
      return idle;
    }
    const bit = Math.min(frameBits - 1, Math.max(0, (step - (lead >>> 1)) >> 1));
    const data = lead > 0 && step === 0 ? 0 : (this.shifting >>> (frameBits - 1 - bit)) & 1;
    const clocked = step >= lead && (step & 1) === 0;
    return (idle ^ CSN ^ (clocked ? SCK : 0)) | TX_ENABLE | (data ? TX : 0);
  }

  level(pin, nanos) {
    return (this.wave.at(nanos) >>> (pin & 3)) & 1;
  }

  outputEnable(pin, nanos) {
    const line = 1 << (pin & 3);
    if (this.cr1 & CR1_MS) {
      return 0;
    }
    return line === TX ? (this.wave.at(nanos) & TX_ENABLE ? 1 : 0) : line & (CSN | SCK) ? 1 : 0;
  }

  edgesWanted(pin, wanted) {
    this.wave.follow(pin, wanted && (pin & 3) !== 0);
  }

  shift() {
    if (this.shifting < 0 && this.tx.length > 0 && this.cr1 & CR1_SSE && !(this.cr1 & CR1_MS)) {
      this.shifting = this.tx.shift();
      this.frameAlarm.schedule((this.frameSteps * this.bitNanos) / 2);
      this.wave.begin(this.bitNanos / 2, this.frameSteps);
    }
  }

  frameEnded() {
    const frame = this.cr1 & CR1_LBM ? this.shifting : this.wire() * (2 ** this.frameBits - 1);
    this.shifting = -1;
    if (this.rx.length < DEPTH) {
      this.rx.push(frame);
      this.timeoutAlarm.schedule(RECEIVE_TIMEOUT_BITS * this.bitNanos);
    } else {
      this.latched |= INT_ROR;
    }
    this.shift();
    if (this.shifting < 0) {
      this.wave.edge();
    }
    this.changed();
  }

  wire() {
    const { pins } = this.rp2040.pads;
    return this.rxPins.some((pin) => pins[pin].functionSelect === FUNCTION_SPI && pins[pin].input) ? 1 : 0;
  }

  // Registers

  /** Interrupt and DMA requests, after anything that could change them. */
  changed() {
    const { dma } = this.rp2040;
    this.rp2040.setInterrupt(this.irq, (this.interrupts & this.imsc) !== 0);
    if (this.dmacr & DMACR_RX && this.rx.length > 0) {
      dma.setDREQ(this.dreqRx);
    } else {
      dma.clearDREQ(this.dreqRx);
    }
    if (this.dmacr & DMACR_TX && this.tx.length < DEPTH) {
      dma.setDREQ(this.dreqTx);
    } else {
      dma.clearDREQ(this.dreqTx);
    }
  }

  pull() {
    const frame = this.rx.shift() ?? 0;
    if (this.rx.length === 0) {
      this.timeoutAlarm.cancel();
    }
    this.changed();
    return frame;
  }

  readUint32(offset) {
    if (offset >= ID_FIRST) {
      return ID[(offset - ID_FIRST) >> 2];
    }
    switch (offset) {
      case CR0:
        return this.cr0;
      case CR1:
        return this.cr1;
      case DR:
        return this.pull();
      case SR:
        return (
          (this.tx.length === 0 ? SR_TFE : 0) |
          (this.tx.length < DEPTH ? SR_TNF : 0) |
          (this.rx.length > 0 ? SR_RNE : 0) |
          (this.rx.length >= DEPTH ? SR_RFF : 0) |
          (this.shifting >= 0 || this.tx.length > 0 ? SR_BSY : 0)
        );
      case CPSR:
        return this.cpsr;
      case IMSC:
        return this.imsc;
      case RIS:
        return this.interrupts;
      case MIS:
        return this.interrupts & this.imsc;
      case DMACR:
        return this.dmacr;
    }
    return super.readUint32(offset);
  }

  writeUint32(offset, value) {
    switch (offset) {
      case CR0:
        this.cr0 = value & 0xffff;
        this.wave.edge();
        break;
      case CR1:
        this.cr1 = value & 0xf;
        this.wave.edge();
        this.shift();
        break;
      case DR:
        if (this.tx.length < DEPTH) {
          this.tx.push(value & (2 ** this.frameBits - 1));
          this.shift();
        }
        break;
      case CPSR:
        this.cpsr = value & 0xfe;
        break;
      case IMSC:
        this.imsc = value & 0xf;
        break;
      case ICR:
        this.latched &= ~value;
        break;
      case DMACR:
        this.dmacr = value & 3;
        break;
      default:
        super.writeUint32(offset, value);
        return;
    }
    this.changed();
  }

  reset() {
    this.clear();
    this.wave.edge();
    this.changed();
  }
}
