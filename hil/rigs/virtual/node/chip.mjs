// The RP2040: rp2040js's, with the blocks replaced that must be right. A reset makes every block anew; what outlives
// it (board, flash chip, RAM, reason registers) is the machine's and passed in.

import { RP2040 } from 'rp2040js';
import { Adc } from './analogue/adc.mjs';
import { Pwm } from './analogue/pwm.mjs';
import { FaultLogger } from './cpu/faults.mjs';
import { IoQspi, Ssi } from './flash/ssi.mjs';
import { XipCtrl } from './flash/xip_ctrl.mjs';
import { IoBank0, PadsBank0 } from './pins/io_bank.mjs';
import { Pads } from './pins/pads.mjs';
import { PioBlock } from './pio/block.mjs';
import { ALL_PINS } from './pio/shifter.mjs';
import { I2c } from './serial/i2c.mjs';
import { Spi } from './serial/spi.mjs';
import { Uart } from './serial/uart.mjs';
import { UsbDevice } from './serial/usb_device.mjs';
import { fitDma } from './system/dma.mjs';
import { Resets, Rosc, VregAndChipReset } from './system/resets.mjs';
import { Timer } from './time/timer.mjs';
import { Watchdog } from './time/watchdog.mjs';

const AIRCR = 0xd0c;
const SYSRESETREQ = 0x05fa0004;
const SCR = 0xd10;
const CCR = 0xd14;
const SYSCFG = 0x40004;
const PROC_IN_SYNC_BYPASS = 0xc;
// `b .` in the last halfword of the mask ROM, which ends in unused `bkpt 0`: where a core that is made to hang spins.
export const ENDLESS_LOOP_ADDRESS = 0x3ffe;
const QSPI_PINS = 0x3f;
const B_SELF = 0xe7fe;
const BKPT = 0xbe00;
// SYSINFO, SYSCFG, PSM, PADS_QSPI, XOSC, BUSCTRL, RTC, TBMAN
const STOCK_ADDRESSES = [0x40000, 0x40004, 0x40010, 0x40020, 0x40024, 0x40030, 0x4005c, 0x4006c];
const CORE_RESET_STATE = {
  bankedSP: 0,
  cycles: 0,
  eventRegistered: false,
  waiting: false,
  N: false,
  C: false,
  Z: false,
  V: false,
  PM: false,
  SPSEL: 0,
  nPRIV: false,
  currentMode: 0,
  IPSR: 0,
  interruptNMIMask: 0,
  pendingInterrupts: 0,
  enabledInterrupts: 0,
  pendingNMI: false,
  pendingPendSV: false,
  pendingSVCall: false,
  pendingSystick: false,
  interruptsUpdated: false,
  VTOR: 0,
  SHPR2: 0,
  SHPR3: 0,
};

export class Chip extends RP2040 {
  /**
   * `board`: {events, wires, analog, host, nor, kept, lines, random, roscHz, timerStartMicros(), bootrom, memory,
   * bootselHeld(), onReset(cause), onBreak(code), onUsbAttached(), onClockChange(cycleNanos)}.
   * `restart` is still to be called.
   */
  constructor(clock, board) {
    super(clock);
    clock.core = this.core;
    this.board = board;
    this.logger = new FaultLogger();
    this.onBreak = board.onBreak;
    this.bootrom.set(board.bootrom);
    this.bootrom[ENDLESS_LOOP_ADDRESS >> 2] = (B_SELF << 16) | BKPT;
    this.sram = board.memory.sram;
    this.sramView = board.memory.sramView;
    this.flash = board.memory.flash;
    this.flash16 = board.memory.flash16;
    this.flashView = board.memory.flashView;
  }

  /** What a reset does: every block and the core as after power-up. The old blocks' alarms must be gone. */
  restart() {
    this.stockBlocks();
    this.fitBlocks();
    this.fitSystem();
    this.resetCore();
    fitDma(this);
    this.pio.forEach((pio) => pio.reset());
    this.pads.start();
    this.setSystemClock(this.board.roscHz);
    this.core.reset();
  }

  /** rp2040js's own blocks, made anew by their own constructors. */
  stockBlocks() {
    const { peripherals } = this;
    const anew = (block, ...more) => new block.constructor(this, block.name, ...more);
    this.sio = new this.sio.constructor(this);
    this.ppb = anew(this.ppb);
    this.dma = anew(this.dma);
    this.clocks = anew(this.clocks);
    this.pllSys = anew(this.pllSys);
    this.pllUsb = anew(this.pllUsb);
    this.qspi = this.qspi.map((pin) => new pin.constructor(this, pin.index, pin.name));
    for (const at of STOCK_ADDRESSES) {
      peripherals[at] = anew(peripherals[at], peripherals[at].bank);
    }
    Object.assign(peripherals, {
      0x40008: this.clocks,
      0x40028: this.pllSys,
      0x4002c: this.pllUsb,
      0x50000: this.dma,
    });
  }

  resetCore() {
    const { core } = this;
    core.registers.fill(0);
    Object.assign(core, CORE_RESET_STATE);
    core.interruptPriorities = [0xffffffff, 0, 0, 0];
  }

  /** rp2040js's constructor ends with this; ours does what is needed itself. */
  reset() {}

  fitBlocks() {
    const { board, peripherals } = this;
    this.pads = new Pads(this, board.wires);
    this.gpio = this.pads.pins;
    this.pwm = new Pwm(this, 'PWM');
    this.adc = new Adc(this, 'ADC', board.analog);
    this.pio = [new PioBlock(this, 'PIO0', 0), new PioBlock(this, 'PIO1', 1)];
    this.uart = [0, 1].map((n) => new Uart(this, `UART${n}`, n, board.lines[n], board.events));
    this.spi = [0, 1].map((n) => new Spi(this, `SPI${n}`, n));
    this.i2c = [0, 1].map((n) => new I2c(this, `I2C${n}`, n));
    this.usbCtrl = new UsbDevice(this, 'USB', board.host);
    this.timer = new Timer(this, 'TIMER', board.timerStartMicros);
    this.watchdog = new Watchdog(this, 'WATCHDOG', board.kept, (reason) =>
      board.onReset(reason === 1 ? 'watchdog-timer' : 'watchdog-force'),
    );
    this.ssi = new Ssi(this, 'SSI', board.nor, board.memory.xip);
    const ioBank0 = new IoBank0(this, 'IO_BANK0', this.pads);
    const padsBank0 = new PadsBank0(this, 'PADS_BANK0', this.pads);
    const ioQspi = new IoQspi(this, 'IO_QSPI', this.ssi);
    const resets = new Resets(this, 'RESETS', {
      0: this.adc,
      2: this.dma,
      3: this.i2c[0],
      4: this.i2c[1],
      5: ioBank0,
      6: ioQspi,
      8: padsBank0,
      10: this.pio[0],
      11: this.pio[1],
      14: this.pwm,
      16: this.spi[0],
      17: this.spi[1],
      21: this.timer,
      22: this.uart[0],
      23: this.uart[1],
      24: this.usbCtrl,
    });
    Object.assign(peripherals, {
      0x14000: new XipCtrl(this, 'XIP_CTRL', board.memory.xip),
      0x18000: this.ssi,
      0x4000c: resets,
      0x40014: ioBank0,
      0x40018: ioQspi,
      0x4001c: padsBank0,
      0x40034: this.uart[0],
      0x40038: this.uart[1],
      0x4003c: this.spi[0],
      0x40040: this.spi[1],
      0x40044: this.i2c[0],
      0x40048: this.i2c[1],
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
  fitSystem() {
    const { ppb, sio, board } = this;
    const { readUint32, writeUint32 } = ppb;
    const syscfg = this.peripherals[SYSCFG];
    const { readUint32: syscfgRead, writeUint32: syscfgWrite } = syscfg;
    this.procInSyncBypass = 0; // GPIOs whose way to GPIO_IN has no flip-flops
    syscfg.readUint32 = function read(offset) {
      return offset === PROC_IN_SYNC_BYPASS ? this.rp2040.procInSyncBypass : syscfgRead.call(this, offset);
    };
    syscfg.writeUint32 = function write(offset, value) {
      if (offset === PROC_IN_SYNC_BYPASS) {
        this.rp2040.procInSyncBypass = value & ALL_PINS;
      } else {
        syscfgWrite.call(this, offset, value);
      }
    };
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
        // The bank of the flash's pins has six.
        this.qspiGpioValue &= QSPI_PINS;
        this.qspiGpioOutputEnable &= QSPI_PINS;
      }
    };
  }

  get gpioValues() {
    return this.pads.seen(this.clock.nanos, ALL_PINS, this.procInSyncBypass);
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
