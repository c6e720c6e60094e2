// The GPIO: pads with pulls, function select, overrides, input synchronisation to interrupts
// (RP2040 datasheet 2.19). A level is what the wire has: the output's if it is enabled, else what drives
// it from outside, else the pull's.

import { FREE, NOWHERE, PULLS_DOWN, PULLS_UP, RELEASED } from '../outside/wires.mjs';
import { InputHistory } from './history.mjs';

export const FUNCTION_SPI = 1;
export const FUNCTION_UART = 2;
export const FUNCTION_I2C = 3;
export const FUNCTION_PWM = 4;
export const FUNCTION_SIO = 5;
export const FUNCTION_PIO0 = 6;
export const FUNCTION_PIO1 = 7;
export const FUNCTION_NULL = 0x1f;

const LEVEL_LOW = 1;
const LEVEL_HIGH = 2;
export const EDGE_LOW = 4;
export const EDGE_HIGH = 8;

export const PAD_RESET = 0x56; // input enabled, 4 mA, pull-down, Schmitt trigger
const PULL_DOWN = 4;
const PULL_UP = 8;
const INPUT_ENABLE = 0x40;
const OUTPUT_DISABLE = 0x80;
const IRQ_IO_BANK0 = 13;
const SYNCHRONISER_CYCLES = 2;
const EPSILON = 1e-3; // ns; times are sums of doubles

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
    this.driver = null; // the block that works the output out from time, if one does
  }

  get functionSelect() {
    return this.ctrl & 0x1f;
  }

  get inputEnable() {
    return (this.pad & INPUT_ENABLE) !== 0;
  }

  /** Level as the chip's input sees it: after input enable and input override. */
  get input() {
    return this.inputOf(this.level);
  }

  inputOf(level) {
    return override(this.pad & INPUT_ENABLE ? level : 0, (this.ctrl >>> 16) & 3);
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

  /** The output at `nanos`: bit 0 its level, bit 1 whether it is enabled. */
  outputAt(nanos) {
    const { chip } = this.pads;
    const bit = 1 << this.index;
    let oe = 0;
    let out = 0;
    switch (this.ctrl & 0x1f) {
      case FUNCTION_SIO:
        oe = chip.sio.gpioOutputEnable & bit ? 1 : 0;
        out = chip.sio.gpioValue & bit ? 1 : 0;
        break;
      case FUNCTION_PIO0:
        oe = chip.pio[0].outputs.directions.bits & bit ? 1 : 0;
        out = chip.pio[0].outputs.levels.bits & bit ? 1 : 0;
        break;
      case FUNCTION_PIO1:
        oe = chip.pio[1].outputs.directions.bits & bit ? 1 : 0;
        out = chip.pio[1].outputs.levels.bits & bit ? 1 : 0;
        break;
      case FUNCTION_PWM:
      case FUNCTION_SPI:
      case FUNCTION_I2C:
      case FUNCTION_UART: {
        const driver = this.pads.driverOf(this);
        oe = driver.outputEnable(this.index, nanos);
        out = driver.level(this.index, nanos);
        break;
      }
    }
    oe = override(oe, (this.ctrl >>> 12) & 3);
    out = override(out, (this.ctrl >>> 8) & 3);
    return (this.pad & OUTPUT_DISABLE ? 0 : oe << 1) | out;
  }

  /** The wire at `nanos`, not long ago, where the output follows from time. */
  levelAt(nanos) {
    const output = this.outputAt(nanos);
    return output & 2 ? output & 1 : this.undriven();
  }

  /** Works out the pin's output and level anew and tells whoever depends on it. */
  update() {
    const { nanos } = this.pads.chip.clock;
    this.workOut(nanos);
    const { wires } = this.pads;
    this.setLevel(this.oe ? this.out : this.undriven());
    if (wires.dutyWatched[this.index]) {
      wires.dutyIs(this.index, this.duty(), nanos);
    }
  }

  /** Works its output out as of `nanos`, and tells the line soldered to it. */
  workOut(nanos) {
    const output = this.outputAt(nanos);
    this.oe = output >>> 1;
    this.out = output & 1;
    const { wires } = this.pads;
    if (wires.soldered[this.index]) {
      wires.endIs(this.index, this.end, nanos);
    }
  }

  /** What it does to the line soldered to it: what drives it from outside stands at the pin, before the line. */
  get end() {
    if (this.oe) {
      return this.out;
    }
    const external = this.pads.wires.external[this.index];
    if (external !== RELEASED) {
      return external;
    }
    const pulls = this.pad & (PULL_UP | PULL_DOWN);
    return pulls === PULL_UP ? PULLS_UP : pulls === PULL_DOWN ? PULLS_DOWN : FREE;
  }

  /** The line soldered to it has another level. */
  lineChanged() {
    const { wires, chip } = this.pads;
    if (!this.oe) {
      this.setLevel(this.undriven());
      if (wires.dutyWatched[this.index]) {
        wires.dutyIs(this.index, this.duty(), chip.clock.nanos);
      }
    }
  }

  undriven() {
    const { external, line } = this.pads.wires;
    if (external[this.index] !== RELEASED) {
      return external[this.index];
    }
    if (line[this.index] !== RELEASED) {
      return line[this.index];
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
    const { pads, index } = this;
    this.level = level;
    pads.wires.levelIs(index, level, pads.chip.clock.nanos);
    this.inputMayHaveChanged();
  }

  /** Latches edges, keeps the input word, wakes PIO machines that wait for this pin. */
  inputMayHaveChanged() {
    const { pads, index } = this;
    const now = this.input;
    const bit = 1 << index;
    if (((pads.inputs & bit) !== 0) === (now === 1)) {
      return;
    }
    pads.inputs ^= bit;
    if ((pads.lazyMask & bit) === 0) {
      pads.history.note(index, pads.chip.clock.nanos);
    }
    this.edges |= now ? EDGE_HIGH : EDGE_LOW;
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
    this.history = new InputHistory();
    this.lazyMask = 0; // pins whose level follows from time and is worked out only when asked for
    this.told = 0; // of these, pins with a line to another board whose edges are told late
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
    this.tellLate();
    this.wires.external[index] = level;
    this.pins[index].update();
  }

  /** The outputs of these pins, a bit each, may be others now. */
  changed(pins) {
    for (let index = 0, left = pins; left !== 0; index++, left >>>= 1) {
      if (left & 1) {
        this.pins[index].update();
      }
    }
  }

  /** Tells what lines to another board are told late: before anything about their pins changes, and in time for it. */
  tellLate() {
    if (this.told !== 0) {
      this.chip.pwm.tell();
    }
  }

  refreshLazy() {
    this.tellLate();
    this.changed(this.lazyMask);
  }

  // What lies behind the pads' flip-flops. Two in a row add two cycles of clk_sys to the way of an input, for PIO
  // (datasheet 3.5.6.3) as for the processor's GPIO_IN (2.21.2), unless they are bypassed.

  /** What has changed before this has come through them at `nanos`. */
  synchronised(nanos) {
    return nanos - SYNCHRONISER_CYCLES * this.chip.clock.cycleNanos - EPSILON;
  }

  /** The inputs that a reader has at `nanos`, in one word that is right for `pins`. */
  seen(nanos, pins, bypass) {
    const bypassed = pins & bypass;
    const word = this.before(this.synchronised(nanos), pins & ~bypassed);
    return bypassed === 0 ? word : (word & ~bypassed) | (this.before(nanos - EPSILON, bypassed) & bypassed);
  }

  /** Whether a reader at `nanos` has seen all that happened to these pins. */
  settled(nanos, pins, bypass) {
    const bypassed = pins & bypass;
    return (
      this.history.quietSince(this.synchronised(nanos), pins & ~bypassed) &&
      this.history.quietSince(nanos - EPSILON, bypassed)
    );
  }

  before(nanos, pins) {
    let word = this.history.before(nanos, this.inputs);
    for (let index = 0, lazy = this.lazyMask & pins; lazy !== 0; index++, lazy >>>= 1) {
      if (lazy & 1) {
        const pin = this.pins[index];
        word = (word & ~(1 << index)) | (pin.inputOf(pin.levelAt(nanos)) << index);
      }
    }
    return word;
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

  /** The block that works a pin's output out from time: {level(pin, nanos), outputEnable(pin, nanos),
   *  edgesWanted(pin, wanted)}, null for other functions. */
  driverOf({ index, functionSelect }) {
    const { pwm, spi, uart, i2c } = this.chip;
    switch (functionSelect) {
      case FUNCTION_PWM:
        return pwm;
      case FUNCTION_SPI:
        return spi[(index >>> 3) & 1];
      case FUNCTION_I2C:
        return i2c[(index >>> 1) & 1];
      case FUNCTION_UART:
        return uart[((index + 4) >>> 3) & 1];
    }
    return null;
  }

  /** Whether the pin is an I2C block's. */
  isI2c(index) {
    return this.pins[index].functionSelect === FUNCTION_I2C;
  }

  /** PIO machines look at these pins now, or no longer. */
  followersChanged(changed) {
    for (let index = 0, left = changed; left !== 0; index++, left >>>= 1) {
      if (left & 1) {
        this.followingChanged(this.pins[index]);
      }
    }
  }

  /** Somebody wants a pin's edges one by one now, or no longer. */
  followingChanged(pin) {
    if (pin.driver !== null) {
      if (this.lazyMask & (1 << pin.index)) {
        pin.setLevel(pin.levelAt(this.synchronised(this.chip.clock.nanos)));
      }
      this.functionChanged(pin);
    }
  }

  functionChanged(pin) {
    const bit = 1 << pin.index;
    const driver = this.driverOf(pin);
    const wanted = driver !== null && this.followsEdges(pin);
    const soldered = driver !== null && this.wires.soldered[pin.index] !== 0;
    const late = soldered && !wanted && driver === this.chip.pwm && this.wires.apart[pin.index] !== 0;
    const follows = wanted || (soldered && !late);
    if (late) {
      driver.sliceOf(pin.index).tell(); // what is told late begins now
    }
    this.told = late ? this.told | bit : this.told & ~bit;
    if (driver === null || follows) {
      this.lazyMask &= ~bit;
    } else {
      this.lazyMask |= bit;
    }
    if (pin.driver !== driver) {
      pin.driver?.edgesWanted(pin.index, false);
      pin.driver = driver;
    }
    driver?.edgesWanted(pin.index, follows);
    pin.update();
  }

  /** Whether this pin's edges are needed one by one on this board: somebody watches, an interrupt waits, PIO looks, a wire
   *  leads on. */
  followsEdges(pin) {
    const { pio } = this.chip;
    const waited = (pio[0].pinsFollowed | pio[1].pinsFollowed) & (1 << pin.index);
    const { watched, leads } = this.wires;
    return (
      waited !== 0 ||
      watched[pin.index] !== 0 ||
      pin.inte !== 0 ||
      leads[pin.index] !== NOWHERE
    );
  }
}
