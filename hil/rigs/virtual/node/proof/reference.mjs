/**
 * The reference that FastCpu is compared with: rp2040js's own `executeInstruction`, plus a correction for each case in
 * which rp2040js 1.4.1 contradicts the ARMv6-M manual and FastCpu follows the manual. Every correction has a name and
 * is counted, so that a run can show which of them mattered. It shares no code with FastCpu.
 */

const HARD_FAULT = 3;

/** Of an exception: entered, entered right behind another one, left (clock_cases.mjs says where they are from). */
const CLOCKS = { entry: 15, chain: 6, exit: 11 };

const bit = (value, n) => (n >= 0 && n < 32 ? (value >>> n) & 1 : 0) === 1;
const signed = (value) => value | 0;
const isWide = (op) => op >>> 11 === 0b11101 || op >>> 12 === 0b1111;

/** Size in bytes of the access of a single load or store through registers, 0 for other instructions. */
function accessSize(op) {
  if (op >>> 12 === 0b0101) return [4, 2, 1, 1, 4, 2, 1, 2][(op >> 9) & 7];
  return { 0b0110: 4, 0b0111: 1, 0b1000: 2, 0b1001: 4 }[op >>> 12] ?? 0;
}

/** Address of that access. */
function accessAddress(op, r) {
  const [rn, rm, imm5] = [r[(op >> 3) & 7], r[(op >> 6) & 7], (op >> 6) & 31];
  if (op >>> 12 === 0b0101) return rn + rm;
  return op >>> 12 === 0b1001 ? r[13] : rn + imm5 * accessSize(op);
}

const isMultiple = (op) => op >>> 12 === 0b1100;
const usesStack = (op) => op >>> 9 === 0b1011010 || op >>> 9 === 0b1011110;

function misaligned(op, r) {
  if (isMultiple(op)) return r[(op >> 8) & 7] % 4 !== 0;
  if (usesStack(op)) return r[13] % 4 !== 0;
  return accessAddress(op, r) % accessSize(op) !== 0;
}

const isUdf = (op, op2) => op >>> 8 === 0xde || (op >>> 4 === 0xf7f && op2 >>> 12 === 0xa);

function hardFault(core, state) {
  core.PC = state.pc;
  core.cycles = state.cycles + 1;
  if (core.exceptionPriority(core.IPSR) < 0) state.lockedUp = true;
  else core.exceptionEntry(HARD_FAULT);
}

/** Is an exception pending that would be taken if PRIMASK were clear? */
function wouldPreempt(core) {
  const active = core.exceptionPriority(core.IPSR);
  const pending = [];
  if (core.pendingNMI) pending.push(-2);
  if (core.pendingSVCall) pending.push(core.svCallPriority);
  if (core.pendingPendSV) pending.push(core.pendSVPriority);
  if (core.pendingSystick) pending.push(core.systickPriority);
  for (let irq = 0; irq < 32; irq++) {
    if (core.pendingInterrupts & core.enabledInterrupts & (1 << irq)) pending.push(core.exceptionPriority(16 + irq));
  }
  return pending.some((priority) => priority < active);
}

/**
 * name, section of the ARMv6-M Architecture Reference Manual (or as named), the opcodes it is about (`of`), the test on
 * (op, registers before, state) if it depends on more, and the correction: `instead` of the stock step, or `after` it.
 */
export const CORRECTIONS = [
  {
    name: 'unaligned access takes a HardFault',
    section: 'A3.2.1',
    of: (op) => isMultiple(op) || usesStack(op) || accessSize(op) > 1,
    test: misaligned,
    instead: hardFault,
  },
  {
    name: 'undefined instruction takes a HardFault',
    section: 'A5.2, A6.7.75 UDF',
    of: (op) => isWide(op) || op >>> 8 === 0xde || isUndefined(op, 0),
    test: (op, r, { op2 }) => isUdf(op, op2) || isUndefined(op, op2),
    instead: hardFault,
  },
  {
    name: 'BLX LR branches to the old LR',
    section: 'A6.7.14',
    of: (op) => op === 0x47f0,
    after: (core, state) => {
      core.PC = state.r[14] & ~1;
    },
  },
  {
    name: 'a shift by 0 keeps the carry',
    section: 'A2.2.1, A6.7.36/9/54',
    of: (op) => [0b0100000011, 0b0100000100, 0b0100000111].includes(op >>> 6),
    test: (op, r) => (r[(op >> 3) & 7] & 0xff) === 0,
    after: (core, state) => {
      core.C = state.C;
    },
  },
  {
    name: 'LSLS by more than 32 clears the carry',
    section: 'A2.2.1',
    of: (op) => op >>> 6 === 0b0100000010,
    test: (op, r) => (r[(op >> 3) & 7] & 0xff) > 32,
    after: (core) => {
      core.C = false;
    },
  },
  {
    name: 'ADCS overflow counts the carry once',
    section: 'A2.2.1 AddWithCarry',
    of: (op) => op >>> 6 === 0b0100000101,
    after: (core, { op, r, C }) => {
      const sum = signed(r[op & 7]) + signed(r[(op >> 3) & 7]) + (C ? 1 : 0);
      core.V = sum !== signed(sum);
    },
  },
  {
    name: 'SBCS overflow counts the borrow once',
    section: 'A2.2.1 AddWithCarry',
    of: (op) => op >>> 6 === 0b0100000110,
    after: (core, { op, r, C }) => {
      const difference = signed(r[op & 7]) - signed(r[(op >> 3) & 7]) - (C ? 0 : 1);
      core.V = difference !== signed(difference);
    },
  },
  {
    name: 'STM always writes its base back',
    section: 'A6.7.58',
    of: (op) => op >>> 11 === 0b11000 && bit(op, (op >> 8) & 7),
    after: (core, { op, r }) => {
      let count = 0;
      for (let i = 0; i < 8; i++) count += bit(op, i) ? 1 : 0;
      core.registers[(op >> 8) & 7] = r[(op >> 8) & 7] + 4 * count;
    },
  },
  {
    name: 'PUSH counts LR, POP counts PC',
    section: 'Cortex-M0+ TRM table 3-1: 1 + N, 3 + N',
    of: (op) => op >>> 8 === 0xb5 || op >>> 8 === 0xbd,
    after: (core) => {
      core.cycles += 1;
    },
  },
  {
    name: "SEV sets the core's own event",
    section: 'A6.7.57, B1.4.2',
    of: (op) => op === 0xbf40,
    after: (core) => {
      core.eventRegistered = true;
    },
  },
  {
    name: 'WFI does not sleep on a pending exception',
    section: 'B1.4.2',
    of: (op) => op === 0xbf30,
    test: (op, r, { core }) => wouldPreempt(core),
    after: (core) => {
      core.waiting = false;
    },
  },
  {
    name: 'MSR XPSR cannot write IPSR',
    section: 'B5.2.3',
    of: (op) => op >>> 4 === 0xf38,
    test: (op, r, { op2 }) => (op2 & 0xff) === 3,
    after: (core, state) => {
      core.IPSR = state.IPSR;
    },
  },
  {
    name: 'stack pointers are word aligned',
    section: 'B1.4.1',
    of: (op) => op >>> 4 === 0xf38,
    test: (op, r, { op2 }) => [8, 9].includes(op2 & 0xff),
    after: (core) => {
      core.bankedSP = (core.bankedSP & ~3) >>> 0;
    },
  },
];

/** All that a correction may change, as one text. */
function correctable(core) {
  const { C, V, waiting, IPSR, eventRegistered, bankedSP, cycles } = core;
  return [...core.registers, C, V, waiting, IPSR, eventRegistered, bankedSP, cycles].join();
}

const READ_ONLY = 'a store cannot change flash or boot ROM';

/** The reference for one rp2040js chip. `counts[name]` says how often each correction made a difference. */
export class Reference {
  /** @param cache PaperCache: what reading flash costs; null: nothing */
  constructor(chip, cache = null) {
    this.chip = chip;
    this.cache = cache;
    this.reading = false; // data, while an instruction executes
    this.fetches = 0; // reads by the present instruction that fetch it
    this.core = chip.core;
    this.counts = Object.fromEntries(CORRECTIONS.map(({ name }) => [name, 0]));
    this.lockedUp = false;
    this.counts[READ_ONLY] = 0;
    this.#correctInterrupts();
    this.#correctStores();
    if (cache) this.#chargeLoads();
  }

  /** Each read of flash that the core makes to execute an instruction, and not to fetch it, is an access. */
  #chargeLoads() {
    const { chip } = this;
    for (const name of ['readUint32', 'readUint16', 'readUint8']) {
      const read = chip[name].bind(chip);
      chip[name] = (address) => {
        const charged = this.reading && address >>> 26 === 4 && --this.fetches < 0;
        const { reading } = this;
        this.reading = false; // one read may be made of others
        if (charged) this.core.cycles += this.cache.access(address);
        const value = read(address);
        this.reading = reading;
        return value;
      };
    }
  }

  /** Flash and boot ROM do not change by stores, those of exception entry included (RP2040 datasheet 2.6.3). */
  #correctStores() {
    for (const name of ['writeUint32', 'writeUint16', 'writeUint8']) {
      const write = this.chip[name].bind(this.chip);
      this.chip[name] = (address, value) => {
        const readOnly = address >>> 0 < 0x4000 || (address >>> 0 >= 0x10000000 && address >>> 0 < 0x14000000);
        if (readOnly) this.counts[READ_ONLY]++;
        else write(address, value);
      };
    }
  }

  /**
   * 'A sleeping core wakes without entering the handler', 'handlers start at an even PC' (B1.4.2, B1.5.6); the clocks of
   * entering and leaving them.
   */
  #correctInterrupts() {
    const { core } = this;
    const [enter, leave] = [core.exceptionEntry.bind(core), core.exceptionReturn.bind(core)];
    const check = core.checkForInterrupts.bind(core);
    // The stack is taken to lie in RAM: reading it is not charged.
    const uncharged = (act, argument) => {
      const { reading } = this;
      this.reading = false;
      act(argument);
      this.reading = reading;
    };
    core.exceptionReturn = (value) => {
      uncharged(leave, value);
      const chained = core.pendingNMI || (!core.PM && wouldPreempt(core));
      core.cycles += chained ? CLOCKS.chain - CLOCKS.entry : CLOCKS.exit;
      if (chained) core.checkForInterrupts();
    };
    core.exceptionEntry = (number) => {
      uncharged(enter, number);
      core.PC &= ~1;
      core.cycles += CLOCKS.entry;
      const inFlash = core.VTOR >>> 26 === 4;
      if (this.cache && inFlash) core.cycles += this.cache.access(core.VTOR + 4 * number);
      this.cache?.branched();
    };
    core.checkForInterrupts = () => {
      core.waiting = false;
      return check();
    };
    core.setInterrupt = (irq, on) => {
      const mask = 1 << irq;
      if (on && !(core.pendingInterrupts & mask)) {
        core.pendingInterrupts |= mask;
        core.interruptsUpdated = true;
        core.waiting &&= !wouldPreempt(core);
      } else if (!on) {
        core.pendingInterrupts &= ~mask;
      }
    };
  }

  /** A sleeping core: does something wake it now? */
  wakes() {
    return wouldPreempt(this.core);
  }

  /**
   * Execute one instruction, after taking a pending exception; or only one or both of taking that and fetching, if it
   * takes until `limit`.
   */
  step(limit = Infinity) {
    const { core, chip, cache } = this;
    if (core.interruptsUpdated) core.checkForInterrupts();
    if (core.cycles >= limit) return;
    const pc = core.PC & ~1;
    const op = chip.readUint16(pc >>> 0) & 0xffff;
    if (cache === null) {
      this.#execute(pc, op);
      return;
    }
    if (pc >>> 26 === 4) {
      core.cycles += cache.fetch(pc, isWide(op));
      if (core.cycles >= limit) return;
    }
    const branched = branches(core, op, isWide(op) ? chip.readUint16((pc + 2) >>> 0) & 0xffff : 0);
    const { fetched } = cache;
    this.#execute(pc, op);
    if (branched || cache.fetched !== fetched) cache.branched();
  }

  #execute(pc, op) {
    const { core, chip } = this;
    const candidates = CANDIDATES[op];
    if (candidates === null) {
      this.#executeStock(pc, op);
      return;
    }
    const op2 = isWide(op) ? chip.readUint16((pc + 2) >>> 0) & 0xffff : 0;
    const state = { core, pc, op, op2, C: core.C, cycles: core.cycles, IPSR: core.IPSR, r: null, lockedUp: false };
    const corrections = candidates.filter(({ test }) => !test || test(op, core.registers, state));
    if (!corrections.length) this.#executeStock(pc, op);
    else this.#correct(corrections, state);
  }

  #executeStock(pc, op) {
    this.fetches = pc >>> 26 === 4 ? 1 + isWide(op) : 0;
    this.reading = this.cache !== null;
    try {
      this.core.executeInstruction();
    } finally {
      this.reading = false;
    }
  }

  #correct(corrections, state) {
    const { core } = this;
    const replaced = corrections.find(({ instead }) => instead);
    if (replaced) {
      replaced.instead(core, state);
      this.counts[replaced.name]++;
      this.lockedUp ||= state.lockedUp;
      return;
    }
    state.r = Array.from(core.registers);
    this.#executeStock(state.pc, state.op);
    for (const { name, after } of corrections) {
      const stock = correctable(core);
      after(core, state);
      if (stock !== correctable(core)) this.counts[name]++;
    }
  }
}

/** Opcodes rp2040js has no case for, apart from the hints, which execute as NOP (A5.2.5). */
function isUndefined(op, op2) {
  if (op >>> 8 === 0xbf) return (op & 15) !== 0;
  if (isWide(op)) return !isWideDefined(op, op2);
  if (op >>> 8 === 0x47) return (op & 7) !== 0;
  if (op >>> 12 === 0b1011) {
    const row = (op >> 8) & 15;
    if (row === 6) return op !== 0xb662 && op !== 0xb672;
    if (row === 10) return ((op >> 6) & 3) === 2;
    return ![0, 2, 4, 5, 12, 13, 14].includes(row);
  }
  return false;
}

function isWideDefined(op, op2) {
  if (op >>> 11 === 0b11110 && (op2 & 0xd000) === 0xd000) return true;
  if (op === 0xf3bf) return [0x8f40, 0x8f50, 0x8f60].includes(op2 & 0xfff0);
  if (op === 0xf3ef) return op2 >>> 12 === 8;
  return op >>> 4 === 0xf38 && op2 >>> 8 === 0x88;
}

/** For each opcode, the corrections that are about it, or null. */
const CANDIDATES = Array.from({ length: 65536 }, (_, op) => {
  const about = CORRECTIONS.filter(({ of }) => of(op));
  return about.length ? about : null;
});

/** Does the instruction go on at an address that is not the next one's, even if that has the same number? */
function branches(core, op, op2) {
  if (op >>> 12 === 0b1101) return ((op >> 8) & 15) < 14 && core.checkCondition((op >> 8) & 15);
  if (op >>> 11 === 0b11100 || op >>> 8 === 0x47 || op >>> 8 === 0xbd) return true;
  if (op >>> 11 === 0b11110) return (op2 & 0xd000) === 0xd000;
  return [0x44, 0x46].includes(op >>> 8) && (op & 0x87) === 0x87;
}

/** Fields of the core that are compared, beside its 16 registers. */
const COMPARED = [
  ...[
    'cycles',
    'N',
    'Z',
    'C',
    'V',
    'PM',
    'SPSEL',
    'nPRIV',
    'IPSR',
    'bankedSP',
    'waiting',
    'eventRegistered',
    'currentMode',
  ],
  ...['pendingInterrupts', 'enabledInterrupts', 'pendingSVCall', 'pendingPendSV', 'pendingSystick'],
];

/** Names and values of what differs: ['r3: fast 1, reference 2', ...]. PC counts without bit 0. */
export function differences(fast, reference) {
  const found = [];
  const hex = (value) => (typeof value === 'number' ? `0x${value.toString(16)}` : value);
  const compare = (name, a, b) => {
    if (a !== b) found.push(`${name}: fast ${hex(a)}, reference ${hex(b)}`);
  };
  for (let n = 0; n < 15; n++) compare(`r${n}`, fast.registers[n], reference.registers[n]);
  compare('pc', (fast.PC & ~1) >>> 0, (reference.PC & ~1) >>> 0);
  for (const name of COMPARED) compare(name, fast[name], reference[name]);
  return found;
}
