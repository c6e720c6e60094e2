/**
 * Translator of the fast CPU: turns the code at an address into a JavaScript function that executes it.
 *
 * A translated block starts at one address and has many ways out: it follows unconditional branches and calls, and goes on
 * behind a conditional branch that is not taken. What it cannot do on RAM and flash alone (peripherals, special registers,
 * faults) it leaves to the interpreter, which then executes that one instruction; see Trace.interpret.
 */
import { K, KIND, W, wideKind, bccOffset, bOffset, blOffset, countBits } from './fastcpu_decode.mjs';
import { SLOT, FLASH_BASE, RAM_BASE, RAM_SIZE, ROM_SIZE } from './fastcpu_state.mjs';
import { Trace, literal } from './fastcpu_trace.mjs';

const { SP, LR, PC } = SLOT;

/** A pass through a block takes at most about this many cycles (0.25 us at 125 MHz). */
const MAX_CYCLES = 30;

const PRIMASK = 16;

/** What translated functions see, in this order. */
const NAMES = ['R', 'M8', 'MS8', 'M16', 'MS16', 'M32', 'F8', 'FS8', 'F16', 'FS16', 'F32', 'CL', 'core', 'step'];

// ---- one function per shape of instruction: (trace, opcode) => cycles -----------------------------------------------

const low = (op) => op & 7;
const mid = (op) => (op >> 3) & 7;
const high = (op) => (op >> 6) & 7;
const top = (op) => (op >> 8) & 7;
const imm5 = (op) => (op >> 6) & 31;
const imm8 = (op) => op & 0xff;
const anyM = (op) => (op >> 3) & 15;
const anyD = (op) => ((op >> 4) & 8) | (op & 7);

function shiftImmediate(text, carry, fold) {
  return (t, op) => {
    const x = t.read(mid(op));
    const known = t.knownValue(mid(op));
    const n = imm5(op);
    const c = carry(x, n);
    const result = t.assign(low(op), text(x, n), known === null ? null : fold(known, n));
    t.flagsFromResult(result);
    if (c !== null) t.flags.c = c;
    return 1;
  };
}

/** Shift by register: amounts 0 and >= 32 have rules of their own (ARM ARM A2.2.1). */
function shiftRegister(text, carry) {
  return (t, op) => {
    const x = t.read(low(op));
    const n = t.define(`${t.read(mid(op))}&255`);
    const before = t.flags.c === null ? 'R[18]' : t.define(t.flags.c);
    const result = t.assign(low(op), text(x, n));
    t.flagsFromResult(result);
    const name = t.define(`${n}===0?${before}:${carry(x, n, result)}`);
    t.flags.c = name;
    return 1;
  };
}

function addition(d, n, operand) {
  return (t, op) => {
    const a = t.read(n(op));
    const [b, known] = operand(t, op);
    const left = t.knownValue(n(op));
    const number = known === null || left === null ? null : (left + known) | 0;
    const result = t.assign(d(op), `${a}+${b}|0`, number);
    t.flagsFromAddition(a, b, result);
    return 1;
  };
}

function subtraction(d, n, operand) {
  return (t, op) => {
    const a = n === null ? '0' : t.read(n(op));
    const [b, known] = operand(t, op);
    const left = n === null ? 0 : t.knownValue(n(op));
    const number = known === null || left === null ? null : (left - known) | 0;
    const result = d === null ? `(${a}-${b}|0)` : t.assign(d(op), `${a}-${b}|0`, number);
    t.flagsFromSubtraction(a, b, result);
    return 1;
  };
}

const byRegister = (m) => (t, op) => [t.read(m(op)), t.knownValue(m(op))];
const byNumber = (i) => (t, op) => [`${i(op)}`, i(op)];

function withCarry(text, second) {
  return (t, op) => {
    const a = t.read(low(op));
    const m = t.read(mid(op));
    const b = second(m);
    const c = t.define(t.carry());
    const result = t.assign(low(op), text(a, m, c));
    t.flagsFromAddition(a, b, result);
    return 1;
  };
}

function bitwise(text, keepsResult = true) {
  return (t, op) => {
    const expression = text(t.read(low(op)), t.read(mid(op)));
    t.flagsFromResult(keepsResult ? t.assign(low(op), expression) : t.define(expression));
    return 1;
  };
}

function unary(text) {
  return (t, op) => {
    t.assign(low(op), text(t.read(mid(op))));
    return 1;
  };
}

/** Address of a load or store: [text, number or null]. */
const addressPlus = (n, offset) => (t, op) => {
  const known = t.knownValue(n(op));
  if (known !== null) return [literal((known + offset(op)) | 0), (known + offset(op)) | 0];
  return [offset(op) ? `(${t.read(n(op))}+${offset(op)}|0)` : t.read(n(op)), null];
};
const addressSum = (t, op) => {
  const [a, b] = [t.knownValue(mid(op)), t.knownValue(high(op))];
  if (a !== null && b !== null) return [literal((a + b) | 0), (a + b) | 0];
  return [`(${t.read(mid(op))}+${t.read(high(op))}|0)`, null];
};

function load(target, size, signed, address) {
  return (t, op) => {
    const value = t.load(...address(t, op), size, signed);
    if (value !== null) t.write(target(op), value);
    return 2;
  };
}

function store(source, size, address) {
  return (t, op) => {
    const value = t.read(source(op));
    t.store(...address(t, op), size, value);
    return 2;
  };
}

/** Words of a register list as [register, position] pairs. */
function listed(list, extra) {
  const registers = [0, 1, 2, 3, 4, 5, 6, 7].filter((i) => list & (1 << i));
  return [...registers, ...extra].map((register, position) => [register, position]);
}

/** Text: `count` words from word index `i` lie in RAM and, for stores, hit no translated code. */
function wordsInRam(i, count, writing) {
  const inRam = `${i}>>>0<=${(RAM_SIZE >>> 2) - count}`;
  if (!writing) return inRam;
  const lines = [`CL[${i}>>>3]===0`];
  for (let word = 8; word < count; word += 8) lines.push(`CL[${i}+${word}>>>3]===0`);
  if (count > 1) lines.push(`CL[${i}+${count - 1}>>>3]===0`);
  return [inRam, ...lines].join('&&');
}

function storeWords(t, base, words) {
  const i = t.wordIndex(base);
  const values = words.map(([register]) => t.read(register));
  t.emit(`if(${wordsInRam(i, words.length, true)}){`);
  words.forEach(([, position]) => t.emit(`M32[${i}+${position}]=${values[position]};`));
  t.emit(`}else{${t.interpret()}}`);
}

const EMPTY_LIST = (t) => {
  t.end(t.interpret());
  return 1;
};

function push(t, op) {
  const words = listed(imm8(op), op & 0x100 ? [LR] : []);
  if (!words.length) return EMPTY_LIST(t);
  const base = t.define(`${t.read(SP)}-${4 * words.length}|0`);
  storeWords(t, base, words);
  t.write(SP, base);
  return 1 + countBits(imm8(op));
}

function storeMultiple(t, op) {
  const words = listed(imm8(op), []);
  if (!words.length) return EMPTY_LIST(t);
  const base = t.read(top(op));
  storeWords(t, base, words);
  t.assign(top(op), `${base}+${4 * words.length}|0`);
  return 1 + words.length;
}

function loadMultiple(t, op) {
  const words = listed(imm8(op), []);
  if (!words.length) return EMPTY_LIST(t);
  const base = t.read(top(op));
  const i = t.wordIndex(base);
  t.emit(`if(!(${wordsInRam(i, words.length, false)})){${t.interpret()}}`);
  for (const [register, position] of words) t.assign(register, `M32[${i}+${position}]`);
  if (!(imm8(op) & (1 << top(op)))) t.assign(top(op), `${base}+${4 * words.length}|0`);
  return 1 + words.length;
}

function pop(t, op) {
  const words = listed(imm8(op), op & 0x100 ? [PC] : []);
  if (!words.length) return EMPTY_LIST(t);
  const base = t.read(SP);
  const i = t.wordIndex(base);
  t.emit(`if(!(${wordsInRam(i, words.length, false)})){${t.interpret()}}`);
  const target = op & 0x100 ? t.define(`M32[${i}+${words.length - 1}]`) : null;
  if (target) t.emit(`if(${target}>>>28===15){${t.interpret()}}`); // a return from an exception
  for (const [register, position] of words) {
    if (register !== PC) t.assign(register, `M32[${i}+${position}]`);
  }
  t.assign(SP, `${base}+${4 * words.length}&-4`);
  const cycles = 1 + countBits(imm8(op));
  if (target) t.end(t.leave(`${target}&-2`, cycles + 2));
  return cycles;
}

function moveHigh(t, op) {
  const value = t.read(anyM(op));
  if (anyD(op) === PC) t.end(t.leave(`${value}&-2`, 2));
  else if (anyD(op) === SP) t.assign(SP, `${value}&-4`);
  else if (t.knownValue(anyM(op)) !== null) t.writeKnown(anyD(op), t.knownValue(anyM(op)));
  else t.write(anyD(op), value);
  return 1;
}

function addHigh(t, op) {
  const sum = `${t.read(anyD(op))}+${t.read(anyM(op))}`;
  if (anyD(op) === PC) t.end(t.leave(`(${sum})&-2`, 2));
  else t.assign(anyD(op), anyD(op) === SP ? `(${sum})&-4` : `${sum}|0`);
  return 1;
}

function branchConditional(t, op) {
  const target = (t.pc + 4 + bccOffset(op)) | 0;
  t.emit(`if(${t.condition((op >> 8) & 15)}){${t.branch(target, 2)}}`);
  return 1;
}

function branchRegister(t, op) {
  const target = t.read(anyM(op));
  t.emit(`if(${target}>>>28===15){${t.interpret()}}`);
  t.end(t.leave(`${target}&-2`, 2));
  return 2;
}

function callRegister(t, op) {
  const target = t.read(anyM(op));
  t.writeKnown(LR, (t.pc + 2) | 1);
  t.end(t.leave(`${target}&-2`, 2));
  return 2;
}

function interpretAndEnd(t) {
  t.end(t.interpret());
  return 0;
}

const literalAddress = (t, op) => ((t.pc + 4) & ~3) + (imm8(op) << 2);
const carryOut = (bit) => (x, n) => `${x}>>>${bit(n)}&1`;

const EMIT = {
  LSLI: shiftImmediate((x, n) => `${x}<<${n}`, (x, n) => (n ? carryOut((k) => 32 - k)(x, n) : null), (x, n) => x << n),
  LSRI: shiftImmediate(
    (x, n) => (n ? `${x}>>>${n}|0` : '0'),
    carryOut((n) => (n || 32) - 1),
    (x, n) => (n ? (x >>> n) | 0 : 0)
  ),
  ASRI: shiftImmediate((x, n) => `${x}>>${n || 31}`, carryOut((n) => (n || 32) - 1), (x, n) => x >> (n || 31)),
  LSLR: shiftRegister((x, n) => `${n}<32?${x}<<${n}:0`, (x, n) => `${n}<=32?${x}>>>32-${n}&1:0`),
  LSRR: shiftRegister((x, n) => `${n}<32?${x}>>>${n}|0:0`, (x, n) => `${n}<=32?${x}>>>${n}-1&1:0`),
  ASRR: shiftRegister((x, n) => `${x}>>(${n}<32?${n}:31)`, (x, n) => `${n}<32?${x}>>>${n}-1&1:${x}>>>31`),
  ROR: shiftRegister((x, n) => `${x}>>>${n}|${x}<<32-${n}`, (x, n, result) => `${result}>>>31`),
  ADDR: addition(low, mid, byRegister(high)),
  ADDI3: addition(low, mid, byNumber(high)),
  ADDI8: addition(top, top, byNumber(imm8)),
  SUBR: subtraction(low, mid, byRegister(high)),
  SUBI3: subtraction(low, mid, byNumber(high)),
  SUBI8: subtraction(top, top, byNumber(imm8)),
  NEG: subtraction(low, null, byRegister(mid)),
  CMPI: subtraction(null, top, byNumber(imm8)),
  CMPR: subtraction(null, low, byRegister(mid)),
  CMPH: subtraction(null, anyD, byRegister(anyM)),
  CMN: (t, op) => {
    const [a, b] = [t.read(low(op)), t.read(mid(op))];
    t.flagsFromAddition(a, b, t.define(`${a}+${b}|0`));
    return 1;
  },
  ADC: withCarry((a, m, c) => `${a}+${m}+${c}|0`, (m) => m),
  SBC: withCarry((a, m, c) => `${a}+~${m}+${c}|0`, (m) => `~${m}`),
  MOVI: (t, op) => {
    t.writeKnown(top(op), imm8(op));
    t.flagsFromResult(`${imm8(op)}`);
    return 1;
  },
  AND: bitwise((a, b) => `${a}&${b}`),
  EOR: bitwise((a, b) => `${a}^${b}`),
  ORR: bitwise((a, b) => `${a}|${b}`),
  BIC: bitwise((a, b) => `${a}&~${b}`),
  MUL: bitwise((a, b) => `Math.imul(${a},${b})`),
  MVN: bitwise((a, b) => `~${b}`),
  TST: bitwise((a, b) => `${a}&${b}`, false),
  ADDH: addHigh,
  MOVH: moveHigh,
  ADR: (t, op) => {
    t.writeKnown(top(op), literalAddress(t, op) | 0);
    return 1;
  },
  ADDSPR: (t, op) => {
    t.assign(top(op), `${t.read(SP)}+${imm8(op) << 2}|0`);
    return 1;
  },
  ADDSP: (t, op) => {
    t.assign(SP, `${t.read(SP)}+${(op & 0x7f) << 2}&-4`);
    return 1;
  },
  SUBSP: (t, op) => {
    t.assign(SP, `${t.read(SP)}-${(op & 0x7f) << 2}&-4`);
    return 1;
  },
  SXTH: unary((x) => `${x}<<16>>16`),
  SXTB: unary((x) => `${x}<<24>>24`),
  UXTH: unary((x) => `${x}&65535`),
  UXTB: unary((x) => `${x}&255`),
  REV: unary((x) => `${x}<<24|(${x}&65280)<<8|${x}>>>8&65280|${x}>>>24`),
  REV16: unary((x) => `(${x}&16711935)<<8|${x}>>>8&16711935`),
  REVSH: unary((x) => `${x}<<24>>16|${x}>>>8&255`),
  LDRR: load(low, 4, false, addressSum),
  LDRHR: load(low, 2, false, addressSum),
  LDRBR: load(low, 1, false, addressSum),
  LDRSHR: load(low, 2, true, addressSum),
  LDRSBR: load(low, 1, true, addressSum),
  LDRI: load(low, 4, false, addressPlus(mid, (op) => imm5(op) << 2)),
  LDRHI: load(low, 2, false, addressPlus(mid, (op) => imm5(op) << 1)),
  LDRBI: load(low, 1, false, addressPlus(mid, imm5)),
  LDRSP: load(top, 4, false, addressPlus(() => SP, (op) => imm8(op) << 2)),
  STRR: store(low, 4, addressSum),
  STRHR: store(low, 2, addressSum),
  STRBR: store(low, 1, addressSum),
  STRI: store(low, 4, addressPlus(mid, (op) => imm5(op) << 2)),
  STRHI: store(low, 2, addressPlus(mid, (op) => imm5(op) << 1)),
  STRBI: store(low, 1, addressPlus(mid, imm5)),
  STRSP: store(top, 4, addressPlus(() => SP, (op) => imm8(op) << 2)),
  PUSH: push,
  POP: pop,
  STM: storeMultiple,
  LDM: loadMultiple,
  BCC: branchConditional,
  BX: branchRegister,
  BLX: callRegister,
  NOP: () => 1,
  SEV: (t) => {
    t.emit('core.eventRegistered=true;');
    return 1;
  },
  CPSID: (t) => {
    t.emit('core.PM=true;');
    return 1;
  },
};

/** EMIT by row number of the instruction table; rows without one are left to the interpreter. */
const BY_KIND = Object.entries(K).map(([name]) => EMIT[name] ?? interpretAndEnd);

/**
 * Build the translator. Returns `{ translate(pc, inRam), statistics }`; `translate` gives `{ run, ranges }`: the function,
 * and the address ranges [from, to) it was made from.
 */
export function makeTranslator(state, { step, fetch }) {
  const statistics = { blocks: 0, made: 0, characters: 0 };
  const { F32, B32 } = state;
  const values = NAMES.map((name) => ({ CL: state.codeLines, core: state.core, step })[name] ?? state[name]);

  const spaceSize = (base) => ({ [FLASH_BASE]: state.flashSize, [RAM_BASE]: RAM_SIZE, 0: ROM_SIZE })[base];

  function translate(start, inRam) {
    const base = inRam ? RAM_BASE : start >>> 0 < ROM_SIZE ? 0 : FLASH_BASE;
    const inSpace = (address) => (address - base) >>> 0 < spaceSize(base);
    const trace = new Trace(start, state);
    const seen = new Set();
    const ranges = [];
    const covers = (from, to) => {
      const last = ranges.at(-1);
      if (last && last[1] === from) last[1] = to;
      else ranges.push([from, to]);
    };

    function emitLiteral(op) {
      const address = literalAddress(trace, op);
      if (inRam || !inSpace(address)) return load(top, 4, false, () => [literal(address), address])(trace, op);
      trace.writeKnown(top(op), base === 0 ? B32[address >>> 2] : F32[(address - FLASH_BASE) >>> 2]);
      ranges.unshift([address, address + 4]);
      return 2;
    }

    function emitWide(first, second) {
      switch (wideKind(first, second)) {
        case W.BL:
          trace.writeKnown(LR, (trace.pc + 4) | 1);
          trace.next = (trace.pc + 4 + blOffset(first, second)) | 0;
          return 3;
        case W.BARRIER:
          return 3;
        case W.MRS:
          if ((second & 0xff) !== PRIMASK || (second >> 8 & 15) >= SP) break;
          trace.assign((second >> 8) & 15, 'core.PM?1:0');
          return 3;
      }
      return interpretAndEnd(trace);
    }

    while (!trace.ended) {
      if (trace.next === start && seen.size) {
        trace.end(trace.branch(start, 0));
      } else if (seen.has(trace.next) || trace.cycles >= MAX_CYCLES || !inSpace(trace.next)) {
        trace.end(trace.leave(trace.next, 0));
      } else {
        const pc = (trace.pc = trace.next);
        seen.add(pc);
        const op = fetch(pc);
        const kind = KIND[op];
        const length = kind === K.WIDE ? 4 : 2;
        covers(pc, pc + length);
        trace.next = pc + length;
        if (kind === K.WIDE) trace.cycles += emitWide(op, fetch(pc + 2));
        else if (kind === K.LDRLIT) trace.cycles += emitLiteral(op);
        else if (kind === K.B) {
          trace.next = (pc + 4 + bOffset(op)) | 0;
          trace.cycles += 2;
        } else trace.cycles += BY_KIND[kind](trace, op);
      }
    }
    const body = trace.lines.join('\n');
    const text = `"use strict";return function block_${(start >>> 0).toString(16)}(){${trace.loops ? `for(;;){${body}}` : body}}`;
    statistics.blocks++;
    statistics.made++;
    statistics.characters += text.length;
    return { run: new Function(...NAMES, text)(...values), ranges, text };
  }

  return { translate, statistics };
}
