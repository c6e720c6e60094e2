// One RP2040 from a reset to the next: rp2040js's, with the blocks replaced that must be right.
// A reset of the chip makes a new one; what outlives it (board, flash chip, RAM, reason registers) is passed in.

import { RP2040 } from 'rp2040js';
import { Adc } from './adc.mjs';
import { fitDma } from './dma.mjs';
import { FaultLogger } from './faults.mjs';
import { IoBank0, Pads, PadsBank0 } from './pads.mjs';
import { LockstepPio } from './pio_lockstep.mjs';
import { Pwm } from './pwm.mjs';
import { Resets, Rosc, VregAndChipReset, XipCtrl } from './resets.mjs';
import { IoQspi, Ssi } from './ssi.mjs';
import { Timer } from './timer.mjs';
import { Uart } from './uart.mjs';
import { UsbDevice } from './usb_device.mjs';
import { Watchdog } from './watchdog.mjs';

const AIRCR = 0xd0c;
const SYSRESETREQ = 0x05fa0004;
const SCR = 0xd10;
const CCR = 0xd14;
const ROSC_HZ = 6.5e6;

export class Chip extends RP2040 {
  /**
   * `board`: {events, wires, analog, host, nor, kept, lines, random, timerStartMicros, bootrom, memory,
   * keepAlarms, bootselHeld(), onReset(cause), onBreak(code)}.
   */
  constructor(clock, board) {
    clock.core = { cycles: 0 };
    super(clock);
    clock.dropAlarms(board.keepAlarms); // those that blocks replaced below have set
    clock.core = this.core;
    this.board = board;
    this.logger = new FaultLogger();
    this.onBreak = board.onBreak;
    this.bootrom.set(board.bootrom);
    this.sram = board.memory.sram;
    this.sramView = board.memory.sramView;
    this.flash = board.memory.flash;
    this.flash16 = board.memory.flash16;
    this.flashView = board.memory.flashView;
    this.fitBlocks();
    this.fitCore();
    fitDma(this);
    this.pio.forEach((pio) => pio.reset());
    this.pads.start();
    this.setSystemClock(ROSC_HZ);
    this.core.reset();
  }

  /** rp2040js's constructor ends with this; ours does what is needed itself. */
  reset() {}

  fitBlocks() {
    const { board, peripherals } = this;
    this.pads = new Pads(this, board.wires);
    this.gpio = this.pads.pins;
    this.pwm = new Pwm(this, 'PWM');
    this.adc = new Adc(this, 'ADC', board.analog);
    this.pio = [new LockstepPio(this, 'PIO0', 0), new LockstepPio(this, 'PIO1', 1)];
    this.uart = [0, 1].map((n) => new Uart(this, `UART${n}`, n, board.lines[n], board.events));
    this.usbCtrl = new UsbDevice(this, 'USB', board.host);
    this.timer = new Timer(this, 'TIMER', board.timerStartMicros);
    this.watchdog = new Watchdog(this, 'WATCHDOG', board.kept, (reason) =>
      board.onReset(reason === 1 ? 'watchdog-timer' : 'watchdog-force'),
    );
    this.ssi = new Ssi(this, 'SSI', board.nor);
    const ioBank0 = new IoBank0(this, 'IO_BANK0', this.pads);
    const padsBank0 = new PadsBank0(this, 'PADS_BANK0', this.pads);
    const ioQspi = new IoQspi(this, 'IO_QSPI', this.ssi);
    const resets = new Resets(this, 'RESETS', {
      0: this.adc,
      2: this.dma,
      5: ioBank0,
      6: ioQspi,
      8: padsBank0,
      10: this.pio[0],
      11: this.pio[1],
      14: this.pwm,
      21: this.timer,
      22: this.uart[0],
      23: this.uart[1],
      24: this.usbCtrl,
    });
    Object.assign(peripherals, {
      0x14000: new XipCtrl(this, 'XIP_CTRL'),
      0x18000: this.ssi,
      0x4000c: resets,
      0x40014: ioBank0,
      0x40018: ioQspi,
      0x4001c: padsBank0,
      0x40034: this.uart[0],
      0x40038: this.uart[1],
      0x4004c: this.adc,
      0x40050: this.pwm,
      0x40054: this.timer,
      0x40058: this.watchdog,
      0x40060: new Rosc(this, 'ROSC', board.random),
      0x40064: new VregAndChipReset(this, 'VREG_AND_CHIP_RESET', board.kept),
      0x50110: this.usbCtrl,
      0x50200: this.pio[0],
      0x50300: this.pio[1],
    });
    // The chip-select pad, which the mask ROM reads as the BOOTSEL button: pulled up unless held.
    Object.defineProperty(this.qspi[1], 'inputValue', { get: () => !board.bootselHeld() });
  }

  /** Where rp2040js's system blocks differ from silicon. */
  fitCore() {
    const { ppb, sio, board } = this;
    const { readUint32, writeUint32 } = ppb;
    ppb.readUint32 = function read(offset) {
      return offset === AIRCR ? 0xfa050000 : offset === SCR ? 0 : offset === CCR ? 0x204 : readUint32.call(this, offset);
    };
    ppb.writeUint32 = function write(offset, value) {
      if (offset === AIRCR) {
        if ((value & 0x05ff0004) >>> 0 === SYSRESETREQ) {
          board.onReset('system');
        }
      } else if (offset !== SCR) {
        writeUint32.call(this, offset, value);
      }
    };
    // The divider takes its 8 cycles while the firmware waits or does something else (datasheet 2.3.1.5);
    // a division by 0 gives all ones, or 1 for a negative dividend.
    sio.updateHardwareDivider = function divide(signed) {
      const dividend = signed ? this.divDividend | 0 : this.divDividend >>> 0;
      const divisor = signed ? this.divDivisor | 0 : this.divDivisor >>> 0;
      if (divisor === 0) {
        this.divQuotient = dividend < 0 ? 1 : 0xffffffff;
        this.divRemainder = dividend >>> 0;
      } else {
        this.divQuotient = Math.trunc(dividend / divisor) >>> 0;
        this.divRemainder = (dividend % divisor) >>> 0;
      }
      this.divCSR = 0b11;
    };
    const sioRead = sio.readUint32;
    sio.readUint32 = function read(offset) {
      return offset === 0x50 ? 2 : sioRead.call(this, offset); // FIFO_ST: room to write, core 1 never answers
    };
    const sioWrite = sio.writeUint32;
    sio.writeUint32 = function write(offset, value) {
      if (offset !== 0x50 && offset !== 0x54) {
        sioWrite.call(this, offset, value);
      }
    };
  }

  get gpioValues() {
    return this.pads.gpioValues;
  }

  updateIOInterrupt() {
    this.pads.updateInterrupt();
  }

  updateClkSys() {
    const hz = this.clocks.sysFreq;
    if (hz) {
      this.setSystemClock(hz);
    }
  }

  setSystemClock(hz) {
    if (hz === this.clkSys && this.clock.cycleNanos === 1e9 / hz) {
      return;
    }
    this.clkSys = hz;
    this.ppb.systickTimer.frequency = hz;
    this.board.onClockChange(1e9 / hz);
    this.pio.forEach((pio) => pio.clockChanged());
  }
}
