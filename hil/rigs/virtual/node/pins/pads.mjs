// The GPIO: pads with pulls, function select, overrides, input synchronisation to interrupts
// (RP2040 datasheet 2.19). A level is what the wire has: the output's if it is enabled, else what drives
// it from outside, else the pull's.

import { RELEASED } from '../outside/wires.mjs';

export const FUNCTION_UART = 2;
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
        oe = chip.pio[0].outputs.directions.bits & bit ? 1 : 0;
        out = chip.pio[0].outputs.levels.bits & bit ? 1 : 0;
        break;
      case FUNCTION_PIO1:
        oe = chip.pio[1].outputs.directions.bits & bit ? 1 : 0;
        out = chip.pio[1].outputs.levels.bits & bit ? 1 : 0;
        break;
      case FUNCTION_PWM:
        oe = chip.pwm.outputEnable(index);
        out = chip.pwm.level(index);
        break;
      case FUNCTION_UART:
        // Transmit lines idle high; the bytes themselves are carried by serial/uart.mjs, not as edges.
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

  /** All 30 inputs as one word, as SIO's GPIO_IN gives them; right for those in `mask`. */
  read(mask) {
    if ((this.lazyMask & mask) !== 0) {
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

  /** PIO machines have begun, or ended, to wait for these pins. */
  followersChanged(changed) {
    for (let index = 0, left = changed; left !== 0; index++, left >>>= 1) {
      if (left & 1 && this.pins[index].functionSelect === FUNCTION_PWM) {
        this.functionChanged(this.pins[index]);
      }
    }
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

  /** Whether PWM edges of this pin are needed one by one: somebody watches, or an interrupt or PIO waits. */
  followsEdges(pin) {
    const { pio } = this.chip;
    const waited = (pio[0].pinsFollowed | pio[1].pinsFollowed) & (1 << pin.index);
    return waited !== 0 || this.wires.watched[pin.index] !== 0 || pin.inte !== 0;
  }
}
