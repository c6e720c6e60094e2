// The GPIO: pads with pulls, function select, overrides, input synchronisation to interrupts
// (RP2040 datasheet 2.19). A level is what the wire has: the output's if it is enabled, else what drives
// it from outside, else the pull's.

import { BasePeripheral } from 'rp2040js';
import { RELEASED } from './wires.mjs';

export const FUNCTION_UART = 2;
export const FUNCTION_PWM = 4;
export const FUNCTION_SIO = 5;
export const FUNCTION_PIO0 = 6;
export const FUNCTION_PIO1 = 7;
const FUNCTION_NULL = 0x1f;

const LEVEL_LOW = 1;
const LEVEL_HIGH = 2;
const EDGE_LOW = 4;
const EDGE_HIGH = 8;

const PAD_RESET = 0x56; // input enabled, 4 mA, pull-down, Schmitt trigger
const PULL_DOWN = 4;
const PULL_UP = 8;
const INPUT_ENABLE = 0x40;
const OUTPUT_DISABLE = 0x80;
const IRQ_IO_BANK0 = 13;

function override(value, kind) {
  return kind === 0 ? value : kind === 1 ? value ^ 1 : kind === 2 ? 0 : 1;
}

export class Pin {
  constructor(pads, index) {
    this.pads = pads;
    this.index = index;
    this.ctrl = FUNCTION_NULL;
    this.pad = PAD_RESET;
    this.oe = 0;
    this.out = 0;
    this.level = 0;
    this.edges = 0; // latched INTR edge bits
    this.inte = 0;
    this.intf = 0;
    this.edgeMode = 0; // PWM edges are followed one by one while > 0
  }

  get functionSelect() {
    return this.ctrl & 0x1f;
  }

  get inputEnable() {
    return (this.pad & INPUT_ENABLE) !== 0;
  }

  /** Level as the chip's input sees it: after input enable and input override. */
  get input() {
    const level = this.pad & INPUT_ENABLE ? this.level : 0;
    return override(level, (this.ctrl >>> 16) & 3);
  }

  // The names rp2040js uses
  get inputValue() {
    this.pads.refreshLazy();
    return this.input === 1;
  }

  get intr() {
    return this.edges | (this.input ? LEVEL_HIGH : LEVEL_LOW);
  }

  get ints() {
    return (this.intr & this.inte) | this.intf;
  }

  get status() {
    return (
      (this.ints ? (1 << 26) | (1 << 24) : 0) |
      (this.input ? 1 << 19 : 0) |
      (this.level ? 1 << 17 : 0) |
      (this.oe ? (1 << 13) | (1 << 12) : 0) |
      (this.out ? (1 << 9) | (1 << 8) : 0)
    );
  }

  checkForUpdates() {
    this.update();
  }

  /** Works out the pin's output and level anew and tells whoever depends on it. */
  update() {
    const { chip } = this.pads;
    const { index } = this;
    const bit = 1 << index;
    let oe = 0;
    let out = 0;
    switch (this.ctrl & 0x1f) {
      case FUNCTION_SIO:
        oe = chip.sio.gpioOutputEnable & bit ? 1 : 0;
        out = chip.sio.gpioValue & bit ? 1 : 0;
        break;
      case FUNCTION_PIO0:
        oe = chip.pio[0].pinDirections & bit ? 1 : 0;
        out = chip.pio[0].pinValues & bit ? 1 : 0;
        break;
      case FUNCTION_PIO1:
        oe = chip.pio[1].pinDirections & bit ? 1 : 0;
        out = chip.pio[1].pinValues & bit ? 1 : 0;
        break;
      case FUNCTION_PWM:
        oe = chip.pwm.outputEnable(index);
        out = chip.pwm.level(index);
        break;
      case FUNCTION_UART:
        // Transmit lines idle high; the bytes themselves are carried by uart.mjs, not as edges.
        oe = (index & 3) === 0 ? 1 : 0;
        out = oe;
        break;
    }
    oe = override(oe, (this.ctrl >>> 12) & 3);
    out = override(out, (this.ctrl >>> 8) & 3);
    if (this.pad & OUTPUT_DISABLE) {
      oe = 0;
    }
    this.oe = oe;
    this.out = out;
    this.setLevel(oe ? out : this.undriven());
    const { wires } = this.pads;
    if (wires.dutyWatched[index]) {
      wires.dutyIs(index, this.duty(), chip.clock.nanos);
    }
  }

  undriven() {
    const external = this.pads.wires.external[this.index];
    if (external !== RELEASED) {
      return external;
    }
    const pulls = this.pad & (PULL_UP | PULL_DOWN);
    if (pulls === (PULL_UP | PULL_DOWN)) {
      return this.level; // bus keeper
    }
    return pulls === PULL_UP ? 1 : 0;
  }

  setLevel(level) {
    if (level === this.level) {
      return;
    }
    const before = this.input;
    const { pads, index } = this;
    const after = this.pad & INPUT_ENABLE ? override(level, (this.ctrl >>> 16) & 3) : before;
    if (after !== before) {
      pads.chip.pio[0].beforeInput(1 << index);
      pads.chip.pio[1].beforeInput(1 << index);
    }
    this.level = level;
    pads.wires.levelIs(index, level, pads.chip.clock.nanos);
    this.inputMayHaveChanged(before);
  }

  /** Latches edges, keeps the input word, wakes PIO machines that wait for this pin. */
  inputMayHaveChanged(before) {
    const { pads, index } = this;
    const now = this.input;
    if (now === before) {
      return;
    }
    const bit = 1 << index;
    if (now) {
      pads.inputs |= bit;
      this.edges |= EDGE_HIGH;
    } else {
      pads.inputs &= ~bit;
      this.edges |= EDGE_LOW;
    }
    if (this.inte !== 0) {
      pads.updateInterrupt();
    }
    pads.chip.pio[0].inputChanged(bit);
    pads.chip.pio[1].inputChanged(bit);
  }

  /** Share of the time the pin is high: its PWM's duty, or 0 or 1 for any other function. */
  duty() {
    if ((this.ctrl & 0x1f) === FUNCTION_PWM && this.oe && ((this.ctrl >>> 8) & 3) === 0) {
      return this.pads.chip.pwm.duty(this.index);
    }
    return this.level;
  }
}

export class Pads {
  constructor(chip, wires) {
    this.chip = chip;
    this.wires = wires;
    this.inputs = 0;
    this.lazyMask = 0; // pins whose level follows PWM and is worked out only when asked for
    this.pins = [];
    for (let index = 0; index < 30; index++) {
      this.pins.push(new Pin(this, index));
    }
  }

  /** First look at every wire, once the chip's blocks are all there. */
  start() {
    for (const pin of this.pins) {
      pin.level = pin.undriven();
      if (pin.input) {
        this.inputs |= 1 << pin.index;
      }
      this.wires.levelIs(pin.index, pin.level, this.chip.clock.nanos);
      pin.update();
    }
  }

  /** The world outside drives a pin to 0 or 1, or lets go (RELEASED). */
  drive(index, level) {
    this.wires.external[index] = level;
    this.pins[index].update();
  }

  refreshLazy() {
    let mask = this.lazyMask;
    for (let index = 0; mask !== 0; index++, mask >>>= 1) {
      if (mask & 1) {
        const pin = this.pins[index];
        pin.setLevel(pin.oe ? override(this.chip.pwm.level(index), (pin.ctrl >>> 8) & 3) : pin.undriven());
      }
    }
  }

  /** All 30 inputs as one word, as SIO's GPIO_IN gives them. */
  get gpioValues() {
    if (this.lazyMask !== 0) {
      this.refreshLazy();
    }
    return this.inputs;
  }

  updateInterrupt() {
    let active = false;
    for (const pin of this.pins) {
      if ((pin.inte | pin.intf) !== 0 && pin.ints) {
        active = true;
        break;
      }
    }
    this.chip.setInterrupt(IRQ_IO_BANK0, active);
  }

  /** PWM edges of this pin are needed one by one (somebody watches, or an interrupt or PIO waits). */
  needEdges(index, need) {
    const pin = this.pins[index];
    pin.edgeMode += need ? 1 : -1;
    this.functionChanged(pin);
  }

  functionChanged(pin) {
    const bit = 1 << pin.index;
    const isPwm = pin.functionSelect === FUNCTION_PWM;
    if (isPwm && !this.followsEdges(pin)) {
      this.lazyMask |= bit;
    } else {
      this.lazyMask &= ~bit;
    }
    this.chip.pwm.edgesWanted(pin.index, isPwm && this.followsEdges(pin));
    pin.update();
  }

  followsEdges(pin) {
    return pin.edgeMode > 0 || this.wires.watched[pin.index] !== 0 || pin.inte !== 0;
  }
}

const CTRL_LAST = 0x0ec;
const INTR0 = 0x0f0;
const INTE0 = 0x100;
const INTF0 = 0x110;
const INTS0 = 0x120;
const PROC1_INTE0 = 0x130;
const PROC1_LAST = 0x15c;

/** IO_BANK0 registers (datasheet 2.19.6.1). Core 1 and dormant wake interrupts are stored, not used. */
export class IoBank0 extends BasePeripheral {
  constructor(chip, name, pads) {
    super(chip, name);
    this.pads = pads;
    this.unused = new Uint32Array(32);
  }

  readUint32(offset) {
    const { pins } = this.pads;
    if (offset <= CTRL_LAST) {
      this.pads.refreshLazy();
      const pin = pins[offset >>> 3];
      return offset & 4 ? pin.ctrl : pin.status >>> 0;
    }
    if (offset >= INTR0 && offset < PROC1_INTE0) {
      this.pads.refreshLazy();
      const first = ((offset & 0xf) >>> 2) * 8;
      const register = offset & ~0xf;
      let result = 0;
      for (let i = 0; i < 8 && first + i < 30; i++) {
        const pin = pins[first + i];
        const bits =
          register === INTR0 ? pin.intr : register === INTE0 ? pin.inte : register === INTF0 ? pin.intf : pin.ints;
        result |= bits << (i * 4);
      }
      return result >>> 0;
    }
    return offset <= PROC1_LAST + 0x30 ? this.unused[(offset - PROC1_INTE0) >>> 2] : super.readUint32(offset);
  }

  writeUint32(offset, value) {
    const { pins } = this.pads;
    if (offset <= CTRL_LAST) {
      if (offset & 4) {
        const pin = pins[offset >>> 3];
        const before = pin.input;
        pin.ctrl = value & 0x3003331f;
        this.pads.functionChanged(pin);
        pin.inputMayHaveChanged(before);
      }
      return;
    }
    if (offset >= INTR0 && offset < INTS0) {
      const first = ((offset & 0xf) >>> 2) * 8;
      const register = offset & ~0xf;
      for (let i = 0; i < 8 && first + i < 30; i++) {
        const pin = pins[first + i];
        const bits = (value >>> (i * 4)) & 0xf;
        if (register === INTR0) {
          pin.edges &= ~((this.rawWriteValue >>> (i * 4)) & (EDGE_LOW | EDGE_HIGH));
        } else if (register === INTE0) {
          const changed = (pin.inte !== 0) !== (bits !== 0);
          pin.inte = bits;
          if (changed && pin.functionSelect === FUNCTION_PWM) {
            this.pads.functionChanged(pin);
          }
        } else {
          pin.intf = bits;
        }
      }
      this.pads.updateInterrupt();
      return;
    }
    if (offset >= PROC1_INTE0 && offset <= PROC1_LAST + 0x30) {
      this.unused[(offset - PROC1_INTE0) >>> 2] = value;
      return;
    }
    super.writeUint32(offset, value);
  }

  reset() {
    for (const pin of this.pads.pins) {
      const before = pin.input;
      pin.ctrl = FUNCTION_NULL;
      pin.inte = 0;
      pin.intf = 0;
      pin.edges = 0;
      this.pads.functionChanged(pin);
      pin.inputMayHaveChanged(before);
    }
    this.pads.updateInterrupt();
  }
}

/** PADS_BANK0 registers (datasheet 2.19.6.3). */
export class PadsBank0 extends BasePeripheral {
  constructor(chip, name, pads) {
    super(chip, name);
    this.pads = pads;
    this.voltageSelect = 0;
    this.swd = [0xda, 0x5a];
  }

  readUint32(offset) {
    if (offset === 0) {
      return this.voltageSelect;
    }
    const index = (offset >>> 2) - 1;
    return index < 30 ? this.pads.pins[index].pad : (this.swd[index - 30] ?? super.readUint32(offset));
  }

  writeUint32(offset, value) {
    if (offset === 0) {
      this.voltageSelect = value & 1;
      return;
    }
    const index = (offset >>> 2) - 1;
    if (index < 30) {
      this.setPad(this.pads.pins[index], value & 0xff);
    } else if (index < 32) {
      this.swd[index - 30] = value & 0xff;
    } else {
      super.writeUint32(offset, value);
    }
  }

  setPad(pin, value) {
    const before = pin.input;
    pin.pad = value;
    pin.inputMayHaveChanged(before);
    pin.update();
  }

  reset() {
    for (const pin of this.pads.pins) {
      this.setPad(pin, PAD_RESET);
    }
  }
}
