// One PIO state machine: what each instruction does (RP2040 datasheet 3.4). When it runs is runner.mjs.
// An instruction that stalls has no effect but its side-set, and is tried again: `execute` then returns false.

import { lowBits, pinMask, PioShifter } from './shifter.mjs';

const SIDE_PINDIR = 1 << 29;
const SIDE_EN = 1 << 30;

function reverseBits(value) {
  let x = value;
  x = ((x & 0x55555555) << 1) | ((x >>> 1) & 0x55555555);
  x = ((x & 0x33333333) << 2) | ((x >>> 2) & 0x33333333);
  x = ((x & 0x0f0f0f0f) << 4) | ((x >>> 4) & 0x0f0f0f0f);
  x = ((x & 0x00ff00ff) << 8) | ((x >>> 8) & 0x00ff00ff);
  return ((x << 16) | (x >>> 16)) >>> 0;
}

export class PioMachine extends PioShifter {
  pendingExec = -1; // instruction that OUT or MOV EXEC has put in
  nowNanos = 0; // when the instruction at hand is executed
  catchesUp = false; // it was executed before, while the machine slept
  pinsRead = 0; // by the instruction at hand
  levelsWritten = 0;
  directionsWritten = 0;
  pinsLost = 0; // of those, to a machine that wrote them in the same cycle
  jumped = false;
  delay = 0; // cycles, of the instruction just executed

  get inBase() {
    return (this.pinCtrl >>> 15) & 0x1f;
  }

  get wrapTop() {
    return (this.execCtrl >>> 12) & 0x1f;
  }

  /** Executes `opcode`. `forced`: written to SMx_INSTR or given by OUT/MOV EXEC, so the PC does not move on. */
  execute(opcode, forced = false) {
    this.delay = 0;
    this.jumped = false;
    this.pinsRead = 0;
    this.levelsWritten = 0;
    this.directionsWritten = 0;
    this.pinsLost = 0;
    let done = true;
    const argument = opcode & 0xff;
    switch (opcode >>> 13) {
      case 0:
        if (this.condition(argument >>> 5)) {
          this.jump(argument & 0x1f);
        }
        break;
      case 1:
        done = this.wait(argument);
        break;
      case 2:
        done = this.inBits(argument >>> 5, argument & 0x1f || 32);
        break;
      case 3:
        done = this.outBits(argument >>> 5, argument & 0x1f || 32);
        break;
      case 4:
        done = argument & 0x80 ? this.pull(argument) : this.push(argument);
        break;
      case 5:
        this.move(argument >>> 5, this.operand(argument & 7), (argument >>> 3) & 3);
        break;
      case 6:
        done = this.irq(argument);
        break;
      case 7:
        this.set(argument >>> 5, argument & 0x1f);
        break;
    }
    // Over what the instruction itself puts on the same pin, and whether it stalls or not (datasheet 3.5.6.1).
    this.applySideSet(opcode);
    if (!done) {
      return false;
    }
    this.delay = (opcode >>> 8) & ((1 << (5 - this.sideSetCount)) - 1);
    if (!forced && !this.jumped) {
      this.pc = this.pc === this.wrapTop ? (this.execCtrl >>> 7) & 0x1f : (this.pc + 1) & 0x1f;
    }
    if (this.pendingExec >= 0) {
      const nested = this.pendingExec;
      this.pendingExec = -1;
      // Datasheet 3.4.5.2: the delay of the OUT/MOV itself is ignored; the executee runs in the next cycle.
      this.latched = nested;
      this.delay = 0;
    }
    return true;
  }

  get sideSetCount() {
    return (this.pinCtrl >>> 29) & 7;
  }

  applySideSet(opcode) {
    const count = this.sideSetCount;
    if (count === 0) {
      return;
    }
    const field = (opcode >>> 8) & 0x1f;
    const optional = (this.execCtrl & SIDE_EN) !== 0;
    if (optional && !(field & 0x10)) {
      return;
    }
    const bits = optional ? count - 1 : count;
    const value = (field >>> (5 - count)) & lowBits(bits);
    const base = (this.pinCtrl >>> 10) & 0x1f;
    if (this.execCtrl & SIDE_PINDIR) {
      this.pio.outputs.writeDirections(this, value, base, bits);
    } else {
      this.pio.outputs.writeLevels(this, value, base, bits);
    }
  }

  jump(target) {
    this.pc = target;
    this.jumped = true;
    this.irqWaits = false;
  }

  condition(kind) {
    switch (kind) {
      case 0:
        return true;
      case 1:
        return this.x === 0;
      case 2: {
        const old = this.x;
        this.x = (old - 1) >>> 0;
        return old !== 0;
      }
      case 3:
        return this.y === 0;
      case 4: {
        const old = this.y;
        this.y = (old - 1) >>> 0;
        return old !== 0;
      }
      case 5:
        return this.x !== this.y;
      case 6: {
        const pin = (this.execCtrl >>> 24) & 0x1f;
        return ((this.inputs(1 << pin) >>> pin) & 1) === 1;
      }
      default:
        return this.osrCount < this.pullThreshold;
    }
  }

  wait(argument) {
    const polarity = argument >>> 7;
    const index = argument & 0x1f;
    switch ((argument >>> 5) & 3) {
      case 0:
        return this.waitPin(index, polarity);
      case 1:
        return this.waitPin((index + this.inBase) & 0x1f, polarity);
      case 2: {
        const bit = 1 << this.irqNumber(index);
        if (((this.pio.irqFlags & bit) !== 0) !== (polarity === 1)) {
          return false;
        }
        if (polarity) {
          this.pio.setIrqFlags(this.pio.irqFlags & ~bit);
        }
        return true;
      }
    }
    return true;
  }

  waitPin(pin, polarity) {
    return ((this.inputs(1 << pin) >>> pin) & 1) === polarity;
  }

  inputs(pins) {
    this.pinsRead |= pins;
    return this.pio.inputs(pins, this.nowNanos);
  }

  irqNumber(index) {
    return index & 0x10 ? (index & 4) | ((index + this.index) & 3) : index & 7;
  }

  /** Value of a source of IN and MOV, of which only the low `count` bits are looked at. */
  operand(source, count = 32) {
    switch (source) {
      case 0: {
        const base = this.inBase;
        const inputs = this.inputs(pinMask(base, count));
        return base === 0 ? inputs >>> 0 : ((inputs >>> base) | (inputs << (32 - base))) >>> 0;
      }
      case 1:
        return this.x;
      case 2:
        return this.y;
      case 5: {
        const level = this.execCtrl & 0x10 ? this.rx.length : this.tx.length;
        return level < (this.execCtrl & 0xf) ? 0xffffffff : 0;
      }
      case 6:
        return this.isr;
      case 7:
        return this.osr;
    }
    return 0;
  }

  /** PINS, X, Y, NULL and PINDIRS of OUT and MOV: to the pins of OUT. */
  write(destination, value) {
    this.put(destination, value, this.pinCtrl & 0x1f, (this.pinCtrl >>> 20) & 0x3f);
  }

  /** SET: to pins of its own. */
  set(destination, value) {
    this.put(destination, value, (this.pinCtrl >>> 5) & 0x1f, (this.pinCtrl >>> 26) & 7);
  }

  put(destination, value, base, count) {
    switch (destination) {
      case 0:
        this.pio.outputs.writeLevels(this, value, base, count);
        break;
      case 1:
        this.x = value;
        break;
      case 2:
        this.y = value;
        break;
      case 4:
        this.pio.outputs.writeDirections(this, value, base, count);
        break;
    }
  }

  move(destination, source, operation) {
    const value = operation === 1 ? ~source >>> 0 : operation === 2 ? reverseBits(source) : source;
    switch (destination) {
      case 0:
      case 1:
      case 2:
        this.write(destination, value);
        break;
      case 4:
        this.pendingExec = value & 0xffff;
        break;
      case 5:
        this.jump(value & 0x1f);
        break;
      case 6:
        this.isr = value;
        this.isrCount = 0;
        break;
      case 7:
        this.osr = value;
        this.osrCount = 0;
        break;
    }
  }

  irq(argument) {
    const bit = 1 << this.irqNumber(argument & 0x1f);
    if (argument & 0x40) {
      this.pio.setIrqFlags(this.pio.irqFlags & ~bit);
      return true;
    }
    if (!this.irqWaits) {
      this.pio.setIrqFlags(this.pio.irqFlags | bit);
      if (argument & 0x20) {
        this.irqWaits = true;
        return false;
      }
      return true;
    }
    if (this.pio.irqFlags & bit) {
      return false;
    }
    this.irqWaits = false;
    return true;
  }
}
