// The UARTs (PL011, RP2040 datasheet 4.2) with real byte times both ways, FIFOs of 32, overrun, and the
// receive timeout. Bytes and breaks travel whole, to the world and along a wire, and what is sent can be seen on the pin
// as well: framing errors are not modelled.

import { BasePeripheral } from 'rp2040js';
import { FUNCTION_UART } from '../pins/pads.mjs';
import { EVENT_UART } from '../outside/events.mjs';
import { Wave } from './wave.mjs';

const DR = 0x00;
const RSR = 0x04;
const FR = 0x18;
const IBRD = 0x24;
const FBRD = 0x28;
const LCR_H = 0x2c;
const CR = 0x30;
const IFLS = 0x34;
const IMSC = 0x38;
const RIS = 0x3c;
const MIS = 0x40;
const ICR = 0x44;
const DMACR = 0x48;
const ID_FIRST = 0xfe0;
const ID = [0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

const FR_BUSY = 1 << 3;
const FR_RXFE = 1 << 4;
const FR_TXFF = 1 << 5;
const FR_RXFF = 1 << 6;
const FR_TXFE = 1 << 7;
const LCR_BRK = 1;
const LCR_PEN = 1 << 1;
const LCR_EPS = 1 << 2;
const LCR_STP2 = 1 << 3;
const LCR_FEN = 1 << 4;
const LCR_SPS = 1 << 7;
const CR_UARTEN = 1;
const CR_LBE = 1 << 7;
const CR_TXE = 1 << 8;
const CR_RXE = 1 << 9;
const INT_RX = 1 << 4;
const INT_TX = 1 << 5;
const INT_RT = 1 << 6;
const INT_FE = 1 << 7;
const INT_BE = 1 << 9;
const INT_OE = 1 << 10;
const DR_FE = 1 << 8;
const DR_BE = 1 << 10;
const DR_OE = 1 << 11;
const RX_LEVELS = [4, 8, 16, 24, 28, 28, 28, 28];
const TX_LEVELS = [4, 8, 16, 24, 28, 28, 28, 28];
const RECEIVE_TIMEOUT_BITS = 32;
// What a line that is low for longer than a frame puts into the FIFO: one character 0, marked (datasheet, UARTDR).
const BREAK = DR_BE | DR_FE;

const LINES = [
  { irq: 20, dreqTx: 20, dreqRx: 21, txPins: [0, 12, 16, 28], rxPins: [1, 13, 17, 29] },
  { irq: 21, dreqTx: 22, dreqRx: 23, txPins: [4, 8, 20, 24], rxPins: [5, 9, 21, 25] },
];

export class Uart extends BasePeripheral {
  /** `line` keeps what is on its way from the world: {queue: ByteQueue}. */
  constructor(chip, name, index, line, events) {
    super(chip, name);
    this.index = index;
    this.line = line;
    this.events = events;
    this.clock = chip.clock;
    Object.assign(this, LINES[index]);
    this.txAlarm = this.clock.createAlarm(() => this.sent());
    this.breakAlarm = this.clock.createAlarm(() => this.wiredTo().forEach((uart) => uart.hear(BREAK)));
    this.rxAlarm = this.clock.createAlarm(() => this.arrived());
    this.timeoutAlarm = this.clock.createAlarm(() => this.raise(INT_RT));
    this.wave = new Wave(this.clock, (step) => this.bit(step), (pins) => chip.pads.changed(pins));
    this.clear();
    // Bytes that were on the wire when the chip was reset keep arriving, to no effect until it listens.
    this.pump();
  }

  clear() {
    this.cr = CR_RXE | CR_TXE;
    this.lcr = 0;
    this.ibrd = 0;
    this.fbrd = 0;
    this.ifls = 0x12;
    this.imsc = 0;
    this.ris = 0;
    this.dmacr = 0;
    this.tx = [];
    this.shifting = -1; // byte on the wire
    this.breaking = false;
    this.rx = [];
    this.overrun = false;
    this.wave.clear();
  }

  get depth() {
    return this.lcr & LCR_FEN ? 32 : 1;
  }

  get enabled() {
    return (this.cr & CR_UARTEN) !== 0;
  }

  get bitNanos() {
    const divisor = this.ibrd + this.fbrd / 64;
    return divisor > 0 ? (16 * divisor * 1e9) / this.rp2040.clkPeri : 1e9 / 115200;
  }

  get dataBits() {
    return 5 + ((this.lcr >>> 5) & 3);
  }

  get frameBits() {
    return 1 + this.dataBits + (this.lcr & LCR_PEN ? 1 : 0) + (this.lcr & LCR_STP2 ? 2 : 1);
  }

  get byteNanos() {
    return this.frameBits * this.bitNanos;
  }

  connected(pinNumbers) {
    const { pins } = this.rp2040.pads;
    return pinNumbers.some((pin) => pins[pin].functionSelect === FUNCTION_UART);
  }

  // The transmit line

  /** Its level in a bit of the byte on the wire: start, data from the lowest, parity, stop. Idle it is high. */
  bit(step) {
    if (step < 0 || this.shifting < 0) {
      return 1;
    }
    if (step === 0) {
      return 0;
    }
    const { dataBits, lcr } = this;
    if (step <= dataBits) {
      return (this.shifting >>> (step - 1)) & 1;
    }
    return step === dataBits + 1 && lcr & LCR_PEN ? this.parity : 1;
  }

  get parity() {
    const even = this.lcr & LCR_EPS ? 1 : 0;
    if (this.lcr & LCR_SPS) {
      return even ^ 1;
    }
    let odd = even ^ 1;
    for (let bit = 0; bit < this.dataBits; bit++) {
      odd ^= (this.shifting >>> bit) & 1;
    }
    return odd;
  }

  level(pin, nanos) {
    return this.outputEnable(pin) & this.wave.at(nanos);
  }

  /** Of the four kinds of pins only TX is modelled as an output: no flow control. */
  outputEnable(pin) {
    return (pin & 3) === 0 ? 1 : 0;
  }

  edgesWanted(pin, wanted) {
    this.wave.follow(pin, wanted && this.outputEnable(pin) === 1);
  }

  // From the world to the chip

  /** Bytes from outside begin to arrive one after the other, at the programmed rate. */
  feed(bytes) {
    this.line.queue.push(bytes);
    this.pump();
  }

  pump() {
    if (!this.rxAlarm.scheduled && this.line.queue.length > 0) {
      this.rxAlarm.schedule(this.byteNanos);
    }
  }

  arrived() {
    this.hear(this.line.queue.take(1)[0]);
    this.pump();
  }

  /** The end of a character (or BREAK) at the receive pin. */
  hear(character) {
    if (this.enabled && this.cr & CR_RXE && this.connected(this.rxPins) && !(this.cr & CR_LBE)) {
      this.receive(character);
    }
  }

  receive(byte) {
    if (this.rx.length >= this.depth) {
      this.overrun = true;
      this.raise(INT_OE);
      return;
    }
    this.rx.push(this.overrun ? byte | DR_OE : byte);
    this.overrun = false;
    if (byte === BREAK) {
      this.ris |= INT_BE | INT_FE;
    }
    this.timeoutAlarm.schedule(RECEIVE_TIMEOUT_BITS * this.bitNanos);
    if (this.rx.length === this.rxThreshold) {
      this.ris |= INT_RX;
    }
    this.checkInterrupts();
    this.checkDreq();
  }

  get rxThreshold() {
    return this.lcr & LCR_FEN ? RX_LEVELS[(this.ifls >>> 3) & 7] : 1;
  }

  get txThreshold() {
    return this.lcr & LCR_FEN ? TX_LEVELS[this.ifls & 7] : 0;
  }

  pull() {
    if (this.rx.length === 0) {
      return 0;
    }
    const value = this.rx.shift();
    if (this.rx.length < this.rxThreshold) {
      this.ris &= ~INT_RX;
    }
    if (this.rx.length === 0) {
      this.ris &= ~INT_RT;
      this.timeoutAlarm.cancel();
    }
    this.checkInterrupts();
    this.checkDreq();
    return value;
  }

  // From the chip to the world

  push(byte) {
    if (!this.enabled || !(this.cr & CR_TXE) || this.tx.length >= this.depth) {
      return;
    }
    this.tx.push(byte);
    if (this.tx.length > this.txThreshold) {
      this.ris &= ~INT_TX;
    }
    this.shift();
    this.checkInterrupts();
    this.checkDreq();
  }

  /** The next byte onto the wire, if it is free. INT_TX is the FIFO's passing its level on the way down, not its being
   *  below it (datasheet 4.2.6.3, and UARTIFLS): once cleared it is raised again only from above. */
  shift() {
    if (this.shifting < 0 && this.tx.length > 0) {
      this.shifting = this.tx.shift();
      if (this.tx.length === this.txThreshold) {
        this.ris |= INT_TX;
      }
      this.txAlarm.schedule(this.byteNanos);
      this.wave.begin(this.bitNanos, this.frameBits);
    }
  }

  sent() {
    const byte = this.shifting;
    this.shifting = -1;
    if (this.cr & CR_LBE) {
      this.receive(byte);
    } else if (this.connected(this.txPins)) {
      this.events.push(this.clock.nanos, EVENT_UART, this.index, 1, [byte]);
      this.wiredTo().forEach((uart) => uart.hear(byte));
    }
    this.shift();
    this.checkInterrupts();
    this.checkDreq();
  }

  /** The UARTs of this chip whose receive pins wires from this one's transmit pins lead to. */
  wiredTo() {
    const { pads, uart } = this.rp2040;
    const ends = this.txPins
      .filter((pin) => pads.pins[pin].functionSelect === FUNCTION_UART)
      .map((pin) => pads.wires.leads[pin]);
    return uart.filter((other) => other.rxPins.some((pin) => ends.includes(pin) && other.connected([pin])));
  }

  /** UARTLCR_H.BRK: the line is low from the end of the character on; it is a break once a frame has passed. */
  checkBreak() {
    const breaking = this.enabled && (this.cr & CR_TXE) !== 0 && (this.lcr & LCR_BRK) !== 0;
    if (breaking === this.breaking) {
      return;
    }
    this.breaking = breaking;
    this.breakAlarm.cancel();
    if (breaking) {
      const left = this.txAlarm.scheduled ? this.txAlarm.nanos - this.clock.nanos : 0;
      this.breakAlarm.schedule(left + this.byteNanos);
    }
  }

  raise(bits) {
    this.ris |= bits;
    this.checkInterrupts();
  }

  checkInterrupts() {
    this.rp2040.setInterrupt(this.irq, (this.ris & this.imsc) !== 0);
  }

  checkDreq() {
    const { dma } = this.rp2040;
    if (this.enabled && this.dmacr & 2 && this.tx.length < this.depth) {
      dma.setDREQ(this.dreqTx);
    } else {
      dma.clearDREQ(this.dreqTx);
    }
    if (this.enabled && this.dmacr & 1 && this.rx.length > 0) {
      dma.setDREQ(this.dreqRx);
    } else {
      dma.clearDREQ(this.dreqRx);
    }
  }

  get flags() {
    return (
      (this.shifting >= 0 || this.tx.length > 0 ? FR_BUSY : 0) |
      (this.rx.length === 0 ? FR_RXFE : 0) |
      (this.rx.length >= this.depth ? FR_RXFF : 0) |
      (this.tx.length === 0 ? FR_TXFE : 0) |
      (this.tx.length >= this.depth ? FR_TXFF : 0)
    );
  }

  /** rp2040js announces a new peripheral clock; byte times are worked out when needed. */
  clkPeriChanged() {}

  readUint32(offset) {
    switch (offset) {
      case DR:
        return this.pull();
      case RSR:
        return this.overrun ? 8 : 0;
      case FR:
        return this.flags;
      case IBRD:
        return this.ibrd;
      case FBRD:
        return this.fbrd;
      case LCR_H:
        return this.lcr;
      case CR:
        return this.cr;
      case IFLS:
        return this.ifls;
      case IMSC:
        return this.imsc;
      case RIS:
        return this.ris;
      case MIS:
        return this.ris & this.imsc;
      case ICR:
        return 0;
      case DMACR:
        return this.dmacr;
    }
    return offset >= ID_FIRST ? ID[(offset - ID_FIRST) >> 2] : super.readUint32(offset);
  }

  writeUint32(offset, value) {
    switch (offset) {
      case DR:
        this.push(value & 0xff);
        return;
      case RSR:
        this.overrun = false;
        return;
      case IBRD:
        this.ibrd = value & 0xffff;
        return;
      case FBRD:
        this.fbrd = value & 0x3f;
        return;
      case LCR_H:
        this.lcr = value & 0xff;
        this.checkBreak();
        return;
      case CR:
        this.cr = value & 0xffff;
        this.checkBreak();
        break;
      case IFLS:
        this.ifls = value & 0x3f;
        return;
      case IMSC:
        this.imsc = value & 0x7ff;
        break;
      case ICR:
        this.ris &= ~this.rawWriteValue;
        break;
      case DMACR:
        this.dmacr = value & 7;
        break;
      default:
        super.writeUint32(offset, value);
        return;
    }
    this.checkInterrupts();
    this.checkDreq();
  }

  reset() {
    this.txAlarm.cancel();
    this.breakAlarm.cancel();
    this.timeoutAlarm.cancel();
    this.clear();
    this.wave.edge();
    this.checkInterrupts();
    this.checkDreq();
  }
}
