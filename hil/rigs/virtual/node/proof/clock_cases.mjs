/**
 * Programs whose clocks can be counted on paper: exceptions, and what the stack takes. Each runs interpreted and
 * translated, and must take what stands there both times.
 *
 * On paper: an exception is entered in 15 clocks, without wait states (Cortex-M0+ TRM 3.6.1, which the RP2040 datasheet
 * repeats in 2.4.3); a return takes what a POP of its eight words does beyond the branch that asked for it, 3 + 8, and
 * one that the next exception follows (tail-chaining) only what is left of entering without the eight words: 15 - (1 + 8).
 * These two are not published. Instructions as in TRM table 3-1.
 */
import { FastCpu, REASON } from '../cpu/fast.mjs';
import { CODE_FLASH, ChipMemory, FLASH_BASE, RAM_BASE, SLOT } from '../cpu/state.mjs';
import { XipCache } from '../cpu/xip_cache.mjs';

const [ENTRY, EXIT, CHAIN] = [15, 11, 6];
const MISS_CLK = 50;

const NOP = 0xbf00;
const WFI = 0xbf30;
const SVC = 0xdf00;
const UDF = 0xde00;
const BX_LR = 0x4770;
const CPSID = 0xb672;
const CPSIE = 0xb662;
const PUSH_LR = 0xb500;
const POP_PC = 0xbd00;
const PUSH_R0_R1_LR = 0xb503;
const POP_R0_R1_PC = 0xbd03;
const PUSH_R0_R1 = 0xb403;
const POP_R0_R1 = 0xbc03;
const BL_OVER_WFI_NOP = [0xf000, 0xf802]; // to the third halfword behind it

/** Clocks of them. */
const ONE = 1; // NOP, SVC, CPS, UDF
const BRANCH = 2; // BX
const CALL = 3; // BL
const SLEEP = 2; // WFI

const START = RAM_BASE + 0x8000;
const VECTORS = { ram: RAM_BASE, flash: FLASH_BASE };
const HARD_FAULT = 3;
const [SVCALL, PENDSV] = [11, 14];
const IRQ = 28; // by software alone: its being taken ends it
const HANDLER_BYTES = 32; // apart
const MOST_RUNS = 200;

/**
 * name; code; what the handlers are, by exception number; the core before it; `asleep`: done when it sleeps for the first
 * time; `inSvc`: when it has entered that handler; clocks on paper, of each run if there are several; `flash`: vectors
 * and handlers lie there, cached.
 */
const CASES = [
  { name: 'a handler that returns', code: [SVC, NOP, WFI], clocks: [ONE + ENTRY + BRANCH + EXIT + ONE + SLEEP] },
  {
    name: 'a handler that returns by POP',
    code: [SVC, NOP, WFI],
    handlers: { [SVCALL]: [PUSH_LR, POP_PC] },
    clocks: [ONE + ENTRY + (1 + 1) + (3 + 1) + EXIT + ONE + SLEEP],
  },
  {
    name: 'on the process stack',
    code: [SVC, NOP, WFI],
    before: { SPSEL: 1 },
    clocks: [ONE + ENTRY + BRANCH + EXIT + ONE + SLEEP],
  },
  { name: 'a fault', code: [UDF], handlers: { [HARD_FAULT]: [WFI] }, clocks: [ONE + ENTRY + SLEEP] },
  {
    name: 'an exception that had to wait',
    code: [CPSID, NOP, CPSIE, NOP, WFI],
    before: { pendingPendSV: true },
    clocks: [3 * ONE + ENTRY + BRANCH + EXIT + ONE + SLEEP],
  },
  {
    name: 'one that wakes the core',
    code: [WFI, NOP, WFI],
    asleep: (core) => Object.assign(core, { pendingPendSV: true, interruptsUpdated: true }),
    clocks: [SLEEP + ENTRY + BRANCH + EXIT + ONE + SLEEP],
  },
  {
    name: 'one behind the other, without the stack between them',
    code: [CPSID, NOP, CPSIE, NOP, WFI],
    before: { pendingPendSV: true, pendingSVCall: true, pendingSystick: true },
    clocks: [3 * ONE + ENTRY + BRANCH + CHAIN + BRANCH + CHAIN + BRANCH + EXIT + ONE + SLEEP],
  },
  {
    name: 'one within the other',
    code: [CPSID, NOP, CPSIE, NOP, WFI],
    handlers: { [PENDSV]: [SVC, BX_LR] },
    before: { pendingPendSV: true, SHPR3: 1 << 22 },
    clocks: [3 * ONE + ENTRY + (ONE + ENTRY + BRANCH + EXIT) + BRANCH + EXIT + ONE + SLEEP],
  },
  {
    name: 'one that may not interrupt what is returned to is not chained to it',
    code: [CPSID, NOP, CPSIE, NOP, WFI],
    handlers: { [PENDSV]: [SVC, BX_LR] },
    before: { pendingPendSV: true, SHPR3: 1 << 22, enabledInterrupts: 1 << IRQ, interruptPriorities: [0, 1 << IRQ, 0, 0] },
    inSvc: (core) => core.setInterrupt(IRQ, true), // of PendSV's priority
    clocks: [3 * ONE + ENTRY + (ONE + ENTRY + BRANCH + EXIT) + BRANCH + CHAIN + BRANCH + EXIT + ONE + SLEEP],
  },
  {
    name: 'vector and handler come through the cache',
    flash: true,
    code: [SVC, NOP, WFI],
    clocks: [2 * MISS_CLK, 0].map((missed) => ONE + ENTRY + missed + BRANCH + EXIT + ONE + SLEEP),
  },
  {
    name: 'registers onto the stack and back',
    code: [PUSH_R0_R1, POP_R0_R1, WFI],
    clocks: [1 + 2 + (1 + 2) + SLEEP],
  },
  {
    name: 'a call that keeps its return address on the stack',
    code: [...BL_OVER_WFI_NOP, WFI, NOP, PUSH_LR, POP_PC],
    clocks: [CALL + (1 + 1) + (3 + 1) + SLEEP],
  },
  {
    name: 'one that keeps registers, too',
    code: [...BL_OVER_WFI_NOP, WFI, NOP, PUSH_R0_R1_LR, POP_R0_R1_PC],
    clocks: [CALL + (1 + 3) + (3 + 3) + SLEEP],
  },
];

class Bench {
  /** @param hot see FastCpu */
  constructor(makeChip, hot, { flash = false }) {
    this.chip = makeChip();
    this.chip.logger = { debug() {}, info() {}, warn() {}, error() {} };
    this.base = flash ? VECTORS.flash : VECTORS.ram;
    if (flash) {
      this.chip.flash = new Uint8Array(CODE_FLASH);
      const memory = ChipMemory.of(this.chip);
      memory.xip = new XipCache(memory, { missClk: MISS_CLK });
    }
    this.cpu = new FastCpu(this.chip, { hot });
  }

  #write(address, halfwords) {
    const { chip } = this;
    const [bytes, offset] = address < RAM_BASE ? [chip.flash, address - FLASH_BASE] : [chip.sram, address - RAM_BASE];
    halfwords.forEach((halfword, n) => new DataView(bytes.buffer, bytes.byteOffset + offset).setUint16(2 * n, halfword, true));
  }

  /** Clocks of one run, until the core sleeps and nothing more is to come. */
  run({ code, handlers = {}, before = {}, asleep, inSvc }) {
    const { chip, cpu, base } = this;
    const { core } = chip;
    for (let exception = 1; exception < 48; exception++) {
      const handler = base + 0x400 + HANDLER_BYTES * exception;
      this.#write(base + 4 * exception, [(handler & 0xffff) | 1, handler >>> 16]);
      this.#write(handler, handlers[exception] ?? [BX_LR]);
    }
    this.#write(START, code);
    cpu.reset();
    cpu.invalidateFlash();
    Object.assign(core, { VTOR: base, IPSR: 0, currentMode: 0, waiting: false, interruptsUpdated: true, PM: false });
    Object.assign(core, { SPSEL: 0, bankedSP: RAM_BASE + 0xa000, cycles: 0 }, before);
    core.registers[13] = RAM_BASE + 0x9000;
    core.registers[15] = START;
    cpu.state.R[SLOT.FETCHED] = -1; // as after a branch
    let [wake, interrupt] = [asleep, inSvc];
    for (let n = 0; n < MOST_RUNS; n++) {
      // a clock at a time: what takes until then lets nothing more be executed
      const reason = cpu.run(core.cycles + 1);
      if (core.IPSR === SVCALL) {
        interrupt?.(core);
        interrupt = null;
      }
      if (reason !== REASON.SLEEPING) continue;
      if (!wake) return core.cycles;
      wake(core);
      wake = null;
    }
    return null;
  }
}

/** Results: { name, ok, found, paper }. */
export function runClockCases(makeChip) {
  return CASES.flatMap((testCase) =>
    [Infinity, 1].map((hot) => {
      const bench = new Bench(makeChip, hot, testCase);
      const found = testCase.clocks.map(() => bench.run(testCase));
      const name = `${testCase.name}, ${hot === 1 ? 'translated' : 'interpreted'}`;
      return { name, found, paper: testCase.clocks, ok: String(found) === String(testCase.clocks) };
    }),
  );
}
