// The registers of IO_BANK0 and PADS_BANK0, over the pins of pads.mjs.

import { BasePeripheral } from 'rp2040js';
import { EDGE_HIGH, EDGE_LOW, FUNCTION_NULL, PAD_RESET } from './pads.mjs';

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
        this.pads.tellLate();
        pin.ctrl = value & 0x3003331f;
        this.pads.functionChanged(pin);
        pin.inputMayHaveChanged();
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
          if (changed) {
            this.pads.followingChanged(pin);
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
    this.pads.tellLate();
    for (const pin of this.pads.pins) {
      pin.ctrl = FUNCTION_NULL;
      pin.inte = 0;
      pin.intf = 0;
      pin.edges = 0;
      this.pads.functionChanged(pin);
      pin.inputMayHaveChanged();
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
    this.pads.tellLate();
    pin.pad = value;
    pin.inputMayHaveChanged();
    pin.update();
  }

  reset() {
    for (const pin of this.pads.pins) {
      this.setPad(pin, PAD_RESET);
    }
  }
}
