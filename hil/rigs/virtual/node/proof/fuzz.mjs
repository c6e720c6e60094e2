/**
 * Random programs for FastCpu against the reference: every 16-bit encoding and the 32-bit BL, MSR, MRS and barriers,
 * with random registers, flags, memory and interrupts. A seed reproduces a run exactly.
 */
import { KIND_NAMES, KIND } from '../cpu/decode.mjs';
import { FastCpu, REASON } from '../cpu/fast.mjs';
import { ChipMemory } from '../cpu/state.mjs';
import { XipCache } from '../cpu/xip_cache.mjs';
import { FLASH_SIZE } from '../flash/nor.mjs';
import { PaperCache } from './paper_cache.mjs';
import { Reference, differences } from './reference.mjs';

const RAM = 0x20000000;
const WINDOW = { from: RAM + 0x8000, to: RAM + 0x9000 }; // programs and most data lie here
const VECTORS = RAM;
const HANDLER = RAM + 0x400;

/** Small fast generator (mulberry32); `next(n)` gives 0 .. n-1. */
export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  word() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  next(n) {
    return this.word() % n;
  }

  pick(list) {
    return list[this.next(list.length)];
  }
}

const OPCODES_BY_KIND = KIND_NAMES.map((_, kind) => [...KIND.keys()].filter((op) => KIND[op] === kind));
const SPECIAL_REGISTERS = [0, 3, 5, 8, 9, 16, 20];

/** Encodings whose effect the manual leaves UNPREDICTABLE: not generated. */
function unpredictable(op) {
  const name = KIND_NAMES[KIND[op]];
  const [rm, rdn] = [(op >> 3) & 15, ((op >> 4) & 8) | (op & 7)];
  if (['STM', 'LDM'].includes(name)) return (op & 0xff) === 0;
  if (['PUSH', 'POP'].includes(name)) return (op & 0x1ff) === 0;
  if (name === 'CMPH') return rm === 15 || rdn === 15 || (rm < 8 && rdn < 8);
  if (name === 'ADDH') return rm === 15 && rdn === 15;
  return (name === 'BX' || name === 'BLX') && rm === 15;
}

/** Likewise for MSR and MRS: SP or PC as the general register, special registers that ARMv6-M does not have. */
function unpredictableWide(op, op2) {
  const general = op >>> 4 === 0xf38 ? op & 15 : op === 0xf3ef ? (op2 >> 8) & 15 : null;
  return general !== null && (general === 13 || general === 15 || !SPECIAL_REGISTERS.includes(op2 & 0xff));
}

function randomWide(random) {
  const choice = random.next(8);
  if (choice < 3) return [0xf000 | (random.next(2) * 0x400) | random.pick([0, 0x3ff]), 0xf800 | random.next(0x80)];
  if (choice === 3) return [0xf3bf, random.pick([0x8f4f, 0x8f5f, 0x8f6f])];
  if (choice === 4) return [0xf3ef, 0x8000 | (random.next(13) << 8) | random.pick(SPECIAL_REGISTERS)];
  if (choice === 5) return [0xf380 | random.next(13), 0x8800 | random.pick(SPECIAL_REGISTERS)];
  if (choice === 6) return [0xf7f0 | random.next(16), 0xa000 | random.next(0x1000)];
  return [0xe800 | random.next(0x800), random.next(0x10000)];
}

/** Halfwords of a random program. */
function randomProgram(random) {
  const halfwords = [];
  const length = 1 + random.next(24);
  while (halfwords.length < length) {
    const name = random.pick(KIND_NAMES);
    if (name === 'WIDE') {
      halfwords.push(...randomWide(random));
      continue;
    }
    const op = random.pick(OPCODES_BY_KIND[KIND_NAMES.indexOf(name)]);
    const rare = ['UNDEF', 'UDF', 'SVC', 'WFI', 'WFE', 'BKPT'].includes(name) && random.next(4);
    if (!rare && !unpredictable(op)) halfwords.push(op);
  }
  return halfwords;
}

/** Data that is harmless when executed: programs run on into it. */
function randomHalfword(random) {
  const op = random.next(0x10000);
  return unpredictable(op) || KIND_NAMES[KIND[op]] === 'WIDE' ? 0xbf00 : op;
}

function randomValue(random) {
  switch (random.next(10)) {
    case 0:
    case 1:
    case 2:
      return WINDOW.from + 4 * random.next(1000);
    case 3:
      return WINDOW.from + random.next(4000);
    case 4:
      return random.pick([0, 1, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0xfffffffe]);
    case 5:
      return random.pick([0, 1, 31, 32, 33, 63, 64, 255, 256, 288]);
    case 6:
      return random.next(256);
    case 7:
      return random.pick([0xd0000060, 0xd0000064, 0xd0000068, 0xd000006c, 0xd0000070, 0x40054028, 0x4005400c]);
    case 8:
      return random.pick([0x10000000, 0x100, 0x13ff0000, RAM + 0x41ff0]) + 4 * random.next(16);
    default:
      return random.word();
  }
}

/** Two chips that start each program alike. */
export class Fuzz {
  /**
   * @param makeChip () => rp2040js RP2040 with a boot ROM  @param hot see FastCpu
   * @param xipMissClk clocks of a cache miss; 0: no cache
   */
  constructor(makeChip, { seed, hot, xipMissClk = 0 }) {
    this.random = new Random(seed);
    this.makeChip = makeChip;
    this.hot = hot;
    this.xipMissClk = xipMissClk;
    this.instructions = 0;
    this.abandoned = 0; // programs that came upon something unpredictable
    this.translated = 0;
    this.#renewChips();
  }

  #renewChips() {
    const { makeChip, hot, reference, xipMissClk } = this;
    this.fast = makeChip();
    this.slow = makeChip();
    this.xip = null;
    this.paper = null;
    if (xipMissClk) {
      this.fast.flash = new Uint8Array(FLASH_SIZE).fill(0xff);
      const memory = ChipMemory.of(this.fast);
      this.xip = memory.xip = new XipCache(memory, { missClk: xipMissClk });
      this.paper = new PaperCache(xipMissClk);
    }
    this.cpu = new FastCpu(this.fast, { hot });
    this.reference = new Reference(this.slow, this.paper);
    Object.assign(this.reference.counts, reference?.counts);
    for (const chip of [this.fast, this.slow]) {
      chip.logger = { debug() {}, info() {}, error() {}, warn() {} };
      chip.onBreak = () => chip.breaks++;
    }
  }

  #prepare() {
    const { random } = this;
    const [a, b] = [this.fast, this.slow];
    const data = new Uint16Array((WINDOW.to - WINDOW.from) >>> 1).map(() => randomHalfword(random));
    const program = randomProgram(random);
    const inFlash = random.next(this.xipMissClk ? 2 : 8) === 0;
    const start = (inFlash ? 0x10000000 : WINDOW.from) + 2 * random.next(1500);
    const registers = Array.from({ length: 13 }, () => randomValue(random));
    const sp = WINDOW.from + 0x800 + 4 * random.next(64);
    const flags = {
      N: random.next(2),
      Z: random.next(2),
      C: random.next(2),
      V: random.next(2),
      PM: random.next(4) === 0,
    };
    const interrupts = random.next(6) === 0 ? random.word() & 0x03ffffff : 0;
    for (const chip of [a, b]) {
      const { core } = chip;
      chip.breaks = 0;
      chip.sram.fill(0);
      new Uint16Array(chip.sram.buffer, chip.sram.byteOffset + WINDOW.from - RAM, data.length).set(data);
      const vectors = new Uint32Array(chip.sram.buffer, chip.sram.byteOffset, 48);
      vectors.fill(HANDLER | 1);
      chip.sramView.setUint16(HANDLER - RAM, 0x4770, true); // bx lr
      program.forEach((op, i) => {
        if (inFlash) chip.flashView.setUint16(start - 0x10000000 + 2 * i, op, true);
        else chip.sramView.setUint16(start - RAM + 2 * i, op, true);
      });
      Object.assign(core, {
        SPSEL: 0,
        nPRIV: false,
        IPSR: 0,
        currentMode: 0,
        bankedSP: WINDOW.from + 0xf00,
        waiting: false,
      });
      Object.assign(core, {
        eventRegistered: false,
        pendingSVCall: false,
        pendingPendSV: false,
        pendingSystick: false,
      });
      Object.assign(core, {
        pendingNMI: false,
        VTOR: VECTORS,
        pendingInterrupts: 0,
        enabledInterrupts: 0x0f0f0f,
        cycles: 0,
      });
      core.interruptPriorities = [0x00ff00ff, 0x3f00ff00 | 0, 0xc0000000 | 0, 0];
      for (const [name, on] of Object.entries(flags)) core[name] = Boolean(on);
      registers.forEach((value, n) => (core.registers[n] = value));
      core.registers[13] = sp;
      core.registers[14] = (start + 2 * (program.length >>> 1)) | 1;
      core.registers[15] = start;
      core.interruptsUpdated = false;
      chip.sio.divDividend = 0;
      chip.sio.divDivisor = 1;
      for (let irq = 0; irq < 26; irq++) if (interrupts & (1 << irq)) core.setInterrupt(irq, true);
    }
    this.cpu.reset();
    if (inFlash) this.cpu.invalidateFlash(start - 0x10000000, start - 0x10000000 + 2 * program.length);
    this.reference.lockedUp = false;
    return { start, program };
  }

  /** FastCpu is ahead of the reference, which shall not follow: the chips may differ from now on, so take new ones. */
  #abandon() {
    this.abandoned++;
    this.translated += this.cpu.statistics.translated;
    this.#renewChips();
    return null;
  }

  #cacheDifferences() {
    const { xip, paper } = this;
    if (xip === null || (xip.accesses === paper.accesses && xip.hits === paper.hits)) return [];
    return [`cache: fast ${xip.accesses} accesses, ${xip.hits} hits; on paper ${paper.accesses}, ${paper.hits}`];
  }

  #meetsUnpredictable() {
    const { core } = this.slow;
    if (core.interruptsUpdated) core.checkForInterrupts();
    if (!inMemory((core.PC & ~1) >>> 0)) return true; // fetching from peripherals changes them
    const [op, op2] = [0, 2].map((plus) => this.slow.readUint16(((core.PC & ~1) + plus) >>> 0) & 0xffff);
    return unpredictable(op) || unpredictableWide(op, op2);
  }

  /** One random program. Returns null, or a description of the difference. */
  iterate() {
    const { cpu, reference } = this;
    const [a, b] = [this.fast.core, this.slow.core];
    const { start, program } = this.#prepare();
    let faults = 0;
    cpu.onFault = () => faults++;
    for (let turn = 0; turn < 40; turn++) {
      const reason = cpu.run(a.cycles + 1 + this.random.pick([0, 0, 60, 600]));
      for (let n = 0; b.cycles < a.cycles && !reference.lockedUp; n++) {
        if (this.#meetsUnpredictable()) return this.#abandon();
        reference.step(a.cycles);
        this.instructions++;
        if (n > 2000) break;
      }
      const found = reference.lockedUp ? [] : [...differences(a, b), ...this.#cacheDifferences()];
      if (reference.lockedUp !== (reason === REASON.LOCKED_UP))
        found.push(`locked up: ${reason}, ${reference.lockedUp}`);
      if (this.fast.breaks !== this.slow.breaks) found.push(`breaks: ${this.fast.breaks}, ${this.slow.breaks}`);
      const last = turn === 39 || reason === REASON.LOCKED_UP || a.waiting || !inMemory(a.PC) || faults > 1;
      const compare = last ? [this.fast.sram, this.slow.sram] : [this.fast, this.slow].map(windowOf);
      if (Buffer.compare(...compare) !== 0) found.push(firstMemoryDifference(this.fast, this.slow));
      if (found.length) {
        const code = program.map((op) => op.toString(16).padStart(4, '0')).join(' ');
        return `program ${code} at ${start.toString(16)}, turn ${turn}:\n  ${found.join('\n  ')}`;
      }
      if (last) return null;
    }
    return null;
  }
}

const inMemory = (pc) => (pc >= WINDOW.from && pc < WINDOW.to) || pc < 0x3000 || pc >>> 16 === 0x1000 || pc === HANDLER;

const windowOf = (chip) => chip.sram.subarray(WINDOW.from - RAM, WINDOW.to - RAM);

function firstMemoryDifference(fast, slow) {
  const offset = fast.sram.findIndex((byte, i) => byte !== slow.sram[i]);
  return `RAM byte ${(RAM + offset).toString(16)}: fast ${fast.sram[offset]}, reference ${slow.sram[offset]}`;
}
