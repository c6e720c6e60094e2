/**
 * Where the fast CPU keeps its state and the chip's memories: one WebAssembly memory, so that translated code reaches
 * all of it with constant addresses. JavaScript sees the same bytes through typed arrays.
 */

/** Slots (32-bit words from address 0) of the state; the first 16 are the core's registers. */
export const SLOT = Object.freeze({
  SP: 13,
  LR: 14,
  PC: 15,
  N: 16, // N flag = sign of this word
  Z: 17, // Z flag = this word is 0
  C: 18, // C flag = 0 or 1
  V: 19, // V flag = sign of this word
  CYCLES: 20, // cycles since `cycleBase`; with the next slot one 64-bit number, so that one addition counts both
  ACCESSES: 21, // of the XIP cache, since its last `fold`
  LIMIT: 22, // the run loop goes on while CYCLES < LIMIT; -1 makes it stop after the current instruction
  PRIMASK: 23, // 0 or 1
  EVENT: 24, // the event register of WFE: 0 or 1
  FETCHED: 25, // address / 4 of the word of flash that the core fetched last; -1 after a branch
});

export const ROM_SIZE = 0x4000;
export const FLASH_BASE = 0x10000000;
export const RAM_BASE = 0x20000000;
export const RAM_SIZE = 0x42000;

/** Flash, in bytes, from which code is translated: the Pico's 2 MB. Code further up is interpreted. */
export const CODE_FLASH = 0x200000;

/** Granule, in bytes, in which stores look whether they hit translated code. */
export const CODE_LINE = 32;

/** Addresses in the WebAssembly memory. The three BLOCKS_... hold a table index for each halfword of code; 0: none. */
export const AT = Object.freeze({
  CODE_LINES: 0x1000,
  ROM: 0x4000,
  RAM: 0x10000,
  BLOCKS_ROM: 0x60000,
  BLOCKS_RAM: 0x80000,
  RECENT: 0x10f000, // a byte for each set of the cache
  LINES: 0x110000, // a byte for each 8 bytes of CODE_FLASH: see xip_cache.mjs
  BLOCKS_FLASH: 0x200000,
  FLASH: 0x600000,
});

const PAGE = 65536;

/**
 * Does a store to `address` change nothing, as in the boot ROM and the XIP window (RP2040 datasheet 2.6.3: writes are
 * silently ignored, XIP CTRL.ERR_BADWRITE)? rp2040js lets stores overwrite its ROM and flash.
 */
export const isReadOnly = (address) => address >>> 0 < ROM_SIZE || address >>> 26 === FLASH_BASE >>> 26;

const memoryOfBuffer = new WeakMap();

/**
 * The memories of one chip. They outlive resets: pass the same object's `sram`, `sramView`, `flash`, `flash16`,
 * `flashView` and `bootrom` to each new RP2040, and translated code stays valid as long as its bytes do.
 */
export class ChipMemory {
  /** @param flashSize bytes of flash, a multiple of 64 KB */
  constructor(flashSize) {
    this.wasm = new WebAssembly.Memory({ initial: (AT.FLASH + flashSize) / PAGE });
    const { buffer } = this.wasm;
    this.flashSize = flashSize;
    this.sram = new Uint8Array(buffer, AT.RAM, RAM_SIZE);
    this.sramView = new DataView(buffer, AT.RAM, RAM_SIZE);
    this.flash = new Uint8Array(buffer, AT.FLASH, flashSize);
    this.flash16 = new Uint16Array(buffer, AT.FLASH, flashSize / 2);
    this.flashView = new DataView(buffer, AT.FLASH, flashSize);
    this.bootrom = new Uint32Array(buffer, AT.ROM, ROM_SIZE / 4);
    /** XipCache: what reading flash costs; null: nothing. To be set before code is translated. */
    this.xip = null;
    memoryOfBuffer.set(buffer, this);
  }

  /** The memories of `rp2040`: those it already has, or new ones with the same contents. */
  static of(rp2040) {
    const present = memoryOfBuffer.get(rp2040.sram.buffer);
    const memory = present ?? new ChipMemory(rp2040.flash.length);
    if (!present) {
      memory.sram.set(rp2040.sram);
      memory.flash.set(rp2040.flash);
    }
    if (rp2040.bootrom !== memory.bootrom) memory.bootrom.set(rp2040.bootrom);
    const { sram, sramView, flash, flash16, flashView, bootrom } = memory;
    Object.assign(rp2040, { sram, sramView, flash, flash16, flashView, bootrom });
    return memory;
  }
}

/**
 * State of one core, and typed views for the interpreter. The rp2040js core stays the owner of everything slow
 * (interrupt state, stack banking, special registers); what it shares with us is redirected to the state slots.
 */
export class CpuState {
  constructor(rp2040) {
    this.rp2040 = rp2040;
    this.core = rp2040.core;
    this.memory = ChipMemory.of(rp2040);
    const { buffer } = this.memory.wasm;
    const { flashSize } = this.memory;
    this.flashSize = flashSize;
    this.R = new Int32Array(buffer, 0, 32);
    this.R[SLOT.LIMIT] = -1;
    /** Cycle count at which R[CYCLES] was last set to 0. */
    this.cycleBase = this.core.cycles;
    this.R[SLOT.CYCLES] = 0;
    this.F8 = new Uint8Array(buffer, AT.FLASH, flashSize);
    this.F16 = new Uint16Array(buffer, AT.FLASH, flashSize >>> 1);
    this.F32 = new Int32Array(buffer, AT.FLASH, flashSize >>> 2);
    this.M8 = new Uint8Array(buffer, AT.RAM, RAM_SIZE);
    this.M16 = new Uint16Array(buffer, AT.RAM, RAM_SIZE >>> 1);
    this.M32 = new Int32Array(buffer, AT.RAM, RAM_SIZE >>> 2);
    this.B8 = new Uint8Array(buffer, AT.ROM, ROM_SIZE);
    this.B16 = new Uint16Array(buffer, AT.ROM, ROM_SIZE >>> 1);
    this.B32 = new Int32Array(buffer, AT.ROM, ROM_SIZE >>> 2);
    /** 1 for each CODE_LINE of RAM that holds translated code. */
    this.codeLines = new Uint8Array(buffer, AT.CODE_LINES, RAM_SIZE / CODE_LINE);
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
    this.memory.xip?.fold();
  }

  #redirectCore() {
    const { core, R } = this;
    const { N, Z, C, V, CYCLES, PRIMASK, EVENT } = SLOT;
    const registers = new Uint32Array(R.buffer, 0, 16);
    registers.set(core.registers);
    core.registers = registers;
    const { N: n, Z: z, C: c, V: v, PM, eventRegistered } = core;
    const property = (name, get, set) =>
      Object.defineProperty(core, name, { get, set, configurable: true, enumerable: true });
    property(
      'N',
      () => R[N] < 0,
      (on) => (R[N] = on ? -1 : 0),
    );
    property(
      'Z',
      () => R[Z] === 0,
      (on) => (R[Z] = on ? 0 : 1),
    );
    property(
      'C',
      () => R[C] !== 0,
      (on) => (R[C] = on ? 1 : 0),
    );
    property(
      'V',
      () => R[V] < 0,
      (on) => (R[V] = on ? -1 : 0),
    );
    property(
      'PM',
      () => R[PRIMASK] !== 0,
      (on) => (R[PRIMASK] = on ? 1 : 0),
    );
    property(
      'eventRegistered',
      () => R[EVENT] !== 0,
      (on) => (R[EVENT] = on ? 1 : 0),
    );
    property(
      'cycles',
      () => this.cycleBase + R[CYCLES],
      (value) => this.setCycles(value),
    );
    Object.assign(core, { N: n, Z: z, C: c, V: v, PM, eventRegistered });
  }
}
