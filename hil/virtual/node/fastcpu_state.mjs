/**
 * Where the fast CPU keeps its state: one Int32Array for registers, flags and counters (so that translated code
 * reaches all of it with constant indices), and typed views of the chip's memories.
 *
 * The rp2040js core stays the owner of everything slow (interrupt state, stack banking, special registers). Its
 * `registers`, `N`, `Z`, `C`, `V` and `cycles` are redirected here, so both sides always see the same values.
 */

/** Slots of the state array after the 16 core registers. */
export const SLOT = Object.freeze({
  SP: 13,
  LR: 14,
  PC: 15,
  N: 16, // N flag = sign of this word
  Z: 17, // Z flag = this word is 0
  C: 18, // C flag = 0 or 1
  V: 19, // V flag = sign of this word
  CYCLES: 20, // cycles since `cycleBase`
  LIMIT: 21, // the run loop goes on while CYCLES < LIMIT; -1 makes it stop after the current instruction
});

export const ROM_SIZE = 0x4000;
export const FLASH_BASE = 0x10000000;
export const RAM_BASE = 0x20000000;
export const RAM_SIZE = 0x42000;

/** Granule, in bytes, in which stores look whether they hit translated code. */
export const CODE_LINE = 32;

/**
 * Does a store to `address` change nothing, as in the boot ROM and the XIP window (RP2040 datasheet 2.6.3: writes are
 * silently ignored, XIP CTRL.ERR_BADWRITE)? rp2040js lets stores overwrite its ROM and flash.
 */
export const isReadOnly = (address) => address >>> 0 < ROM_SIZE || address >>> 26 === FLASH_BASE >>> 26;

/**
 * State and memory views for one RP2040 instance of rp2040js.
 * The memories are bound here: replace their contents, never the arrays themselves.
 */
export class CpuState {
  constructor(rp2040) {
    this.rp2040 = rp2040;
    this.core = rp2040.core;
    const buffer = new ArrayBuffer(256);
    this.R = new Int32Array(buffer);
    this.R[SLOT.Z] = 1;
    /** Cycle count at which R[CYCLES] was last set to 0; may have a fraction (rp2040js adds none itself). */
    this.cycleBase = this.core.cycles;
    this.flashSize = rp2040.flash.length;
    this.F8 = rp2040.flash;
    this.FS8 = new Int8Array(rp2040.flash.buffer, rp2040.flash.byteOffset, this.flashSize);
    this.F16 = new Uint16Array(rp2040.flash.buffer, rp2040.flash.byteOffset, this.flashSize >>> 1);
    this.FS16 = new Int16Array(this.F16.buffer, this.F16.byteOffset, this.F16.length);
    this.F32 = new Int32Array(rp2040.flash.buffer, rp2040.flash.byteOffset, this.flashSize >>> 2);
    this.M8 = rp2040.sram;
    this.MS8 = new Int8Array(rp2040.sram.buffer, rp2040.sram.byteOffset, RAM_SIZE);
    this.M16 = new Uint16Array(rp2040.sram.buffer, rp2040.sram.byteOffset, RAM_SIZE >>> 1);
    this.MS16 = new Int16Array(rp2040.sram.buffer, rp2040.sram.byteOffset, RAM_SIZE >>> 1);
    this.M32 = new Int32Array(rp2040.sram.buffer, rp2040.sram.byteOffset, RAM_SIZE >>> 2);
    this.B16 = new Uint16Array(rp2040.bootrom.buffer, rp2040.bootrom.byteOffset, ROM_SIZE >>> 1);
    this.B32 = new Int32Array(rp2040.bootrom.buffer, rp2040.bootrom.byteOffset, ROM_SIZE >>> 2);
    /** 1 for each CODE_LINE of RAM that holds translated code. */
    this.codeLines = new Uint8Array(RAM_SIZE / CODE_LINE);
    this.#redirectCore();
  }

  /** Set the cycle counter (rp2040js: reset to 0, or `+= 8` by the hardware divider). */
  setCycles(value) {
    const relative = value - this.cycleBase;
    if (relative >= 0 && relative < 0x40000000) {
      this.R[SLOT.CYCLES] = relative;
    } else {
      this.cycleBase = value;
      this.R[SLOT.CYCLES] = 0;
      this.R[SLOT.LIMIT] = -1; // the limit was relative to the old base
    }
  }

  /** Move the base up to the present, so that the relative counter stays small. */
  rebase() {
    this.cycleBase += this.R[SLOT.CYCLES];
    this.R[SLOT.CYCLES] = 0;
  }

  #redirectCore() {
    const { core, R } = this;
    const { N, Z, C, V, CYCLES } = SLOT;
    const registers = new Uint32Array(R.buffer, 0, 16);
    registers.set(core.registers);
    core.registers = registers;
    const flags = { N: core.N, Z: core.Z, C: core.C, V: core.V };
    const property = (name, get, set) =>
      Object.defineProperty(core, name, { get, set, configurable: true, enumerable: true });
    property('N', () => R[N] < 0, (on) => (R[N] = on ? -1 : 0));
    property('Z', () => R[Z] === 0, (on) => (R[Z] = on ? 0 : 1));
    property('C', () => R[C] !== 0, (on) => (R[C] = on ? 1 : 0));
    property('V', () => R[V] < 0, (on) => (R[V] = on ? -1 : 0));
    property('cycles', () => this.cycleBase + R[CYCLES], (value) => this.setCycles(value));
    Object.assign(core, flags);
  }
}
