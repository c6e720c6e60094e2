// RESETS (RP2040 datasheet 2.14), and the small always-on blocks around the chip's power-up.

import { BasePeripheral } from 'rp2040js';

const ALL_BLOCKS = 0x01ffffff;

/** Holds blocks in reset; a block that enters reset goes back to its reset state if it has a `reset()`. */
export class Resets extends BasePeripheral {
  constructor(chip, name, blocks) {
    super(chip, name);
    this.blocks = blocks; // bit -> object with reset()
    this.held = ALL_BLOCKS;
    this.wdsel = 0;
  }

  readUint32(offset) {
    switch (offset) {
      case 0x0:
        return this.held;
      case 0x4:
        return this.wdsel;
      case 0x8:
        return ~this.held & ALL_BLOCKS;
    }
    return super.readUint32(offset);
  }

  writeUint32(offset, value) {
    switch (offset) {
      case 0x0: {
        const entering = value & ~this.held & ALL_BLOCKS;
        this.held = value & ALL_BLOCKS;
        for (let bit = 0; bit < 25; bit++) {
          if (entering & (1 << bit)) {
            this.blocks[bit]?.reset();
          }
        }
        return;
      }
      case 0x4:
        this.wdsel = value & ALL_BLOCKS;
        return;
    }
    super.writeUint32(offset, value);
  }
}

export const HAD_POR = 1 << 8;
export const HAD_RUN = 1 << 16;

/** VREG_AND_CHIP_RESET (datasheet 2.10.7, 2.12.8): why the chip was last reset. */
export class VregAndChipReset extends BasePeripheral {
  constructor(chip, name, kept) {
    super(chip, name);
    this.kept = kept; // {chipReset}: untouched by a watchdog reset
    this.vreg = 0x10b1;
    this.bod = 0x91;
  }

  readUint32(offset) {
    switch (offset) {
      case 0x0:
        return this.vreg;
      case 0x4:
        return this.bod;
      case 0x8:
        return this.kept.chipReset;
    }
    return super.readUint32(offset);
  }

  writeUint32(offset, value) {
    switch (offset) {
      case 0x0:
        this.vreg = (value & 0xf3) | 0x1000;
        return;
      case 0x4:
        this.bod = value & 0xf1;
        return;
      case 0x8:
        this.kept.chipReset &= ~(value & (1 << 24)); // PSM_RESTART_FLAG is write-1-to-clear
        return;
    }
    super.writeUint32(offset, value);
  }
}

/** ROSC: registers, and the random bit that firmware gathers entropy from (here seeded). */
export class Rosc extends BasePeripheral {
  constructor(chip, name, random) {
    super(chip, name);
    this.random = random;
    this.registers = new Uint32Array(16);
  }

  readUint32(offset) {
    switch (offset) {
      case 0x18:
        return 0x80001000; // STATUS: stable, enabled
      case 0x1c:
        return this.random.uint32() & 1;
      case 0x20:
        return 0; // COUNT has run down
    }
    return this.registers[offset >> 2] ?? super.readUint32(offset);
  }

  writeUint32(offset, value) {
    this.registers[offset >> 2] = value;
  }
}
