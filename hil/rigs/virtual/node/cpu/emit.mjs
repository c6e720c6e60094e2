/**
 * What each instruction becomes: one function per row of the instruction table, which adds the WebAssembly code of an
 * instruction to a trace. Rows that are missing here are left to the interpreter.
 */
import { K, bccOffset } from './decode.mjs';
import { evenAddress, isExceptionReturn, loadMultiple, pop, push, storeMultiple } from './emit_lists.mjs';
import { SLOT } from './state.mjs';
import { storeSlot } from './trace.mjs';
import { i32, select, when } from './wasm.mjs';

const { SP, LR, PC, PRIMASK, EVENT } = SLOT;
const number = i32.const;

// Fields of an opcode.
const low = (op) => op & 7;
const mid = (op) => (op >> 3) & 7;
const high = (op) => (op >> 6) & 7;
export const top = (op) => (op >> 8) & 7;
const imm5 = (op) => (op >> 6) & 31;
const imm8 = (op) => op & 0xff;
const anyM = (op) => (op >> 3) & 15;
const anyD = (op) => ((op >> 4) & 8) | (op & 7);

/** `carry(x, n)` may be null: the flag stays. `fold`: the result for a known operand. */
function shiftImmediate(result, carry, fold) {
  return (t, op) => {
    const x = t.read(mid(op));
    const known = t.knownValue(mid(op));
    const n = imm5(op);
    const value = t.assign(low(op), result(x, n), known === null ? null : fold(known, n));
    t.flagsFromResult(value);
    t.flags.c = carry(x, n) ?? t.flags.c;
    return 1;
  };
}

/** Shift by register: amounts 0 and >= 32 have rules of their own (ARM ARM A2.2.1). `carry` is for amounts > 0. */
function shiftRegister(result, carry) {
  return (t, op) => {
    const x = t.read(low(op));
    const n = t.define(i32.and(t.read(mid(op)), number(255)));
    const before = t.carry();
    const value = t.assign(low(op), result(x, n));
    t.flagsFromResult(value);
    t.flags.c = t.define(select(i32.eqz(n), before, carry(x, n, value)));
    return 1;
  };
}

const below32 = (n) => i32.lt_u(n, number(32));
const bitOf = (x, n) => i32.and(i32.shr_u(x, n), number(1));

function addition(d, n, operand) {
  return (t, op) => {
    const a = t.read(n(op));
    const [b, known] = operand(t, op);
    const left = t.knownValue(n(op));
    const sum = known === null || left === null ? null : (left + known) | 0;
    const result = t.assign(d(op), i32.add(a, b), sum);
    t.flagsFromAddition(a, b, result);
    return 1;
  };
}

function subtraction(d, n, operand) {
  return (t, op) => {
    const a = n === null ? number(0) : t.read(n(op));
    const [b, known] = operand(t, op);
    const left = n === null ? 0 : t.knownValue(n(op));
    const difference = known === null || left === null ? null : (left - known) | 0;
    const result = d === null ? i32.sub(a, b) : t.assign(d(op), i32.sub(a, b), difference);
    t.flagsFromSubtraction(a, b, result);
    return 1;
  };
}

const byRegister = (m) => (t, op) => [t.read(m(op)), t.knownValue(m(op))];
const byNumber = (i) => (t, op) => [number(i(op)), i(op)];

/** a + b + C, where b comes from the operand m. */
function withCarry(second) {
  return (t, op) => {
    const a = t.read(low(op));
    const b = second(t.read(mid(op)));
    const c = t.define(t.carry());
    t.flagsFromAddition(a, b, t.assign(low(op), i32.add(i32.add(a, b), c)));
    return 1;
  };
}

function bitwise(code, keepsResult = true) {
  return (t, op) => {
    const result = code(t.read(low(op)), t.read(mid(op)));
    t.flagsFromResult(keepsResult ? t.assign(low(op), result) : t.define(result));
    return 1;
  };
}

function unary(code) {
  return (t, op) => {
    t.assign(low(op), code(t.read(mid(op))));
    return 1;
  };
}

/** Address of a load or store: [code, number or null]. */
const addressPlus = (n, offset) => (t, op) => {
  const known = t.knownValue(n(op));
  if (known !== null) return [number((known + offset(op)) | 0), (known + offset(op)) | 0];
  return [i32.add(t.read(n(op)), number(offset(op))), null];
};
const addressSum = (t, op) => {
  const [a, b] = [t.knownValue(mid(op)), t.knownValue(high(op))];
  if (a !== null && b !== null) return [number((a + b) | 0), (a + b) | 0];
  return [i32.add(t.read(mid(op)), t.read(high(op))), null];
};

/**
 * A load or store of register n whose address is known to be a peripheral's: 0 cycles, as the interpreter counts them.
 */
function leaveToInterpreter(t, n) {
  t.interpretInPlace(n);
  return 0;
}

/** `target(op)`: the register; `address(trace, op)`: [code, number or null]. */
export function load(target, size, signed, address) {
  return (t, op) => {
    const value = t.load(...address(t, op), size, signed);
    if (value === null) return leaveToInterpreter(t, target(op));
    t.write(target(op), value);
    return 2;
  };
}

function store(source, size, address) {
  return (t, op) => {
    const value = t.read(source(op));
    return t.store(...address(t, op), size, value) ? 2 : leaveToInterpreter(t, source(op));
  };
}

const wordAligned = (value) => i32.and(value, number(-4));

function moveHigh(t, op) {
  const value = t.read(anyM(op));
  if (anyD(op) === PC) t.end(t.jump(evenAddress(value), 2));
  else if (anyD(op) === SP) t.assign(SP, wordAligned(value));
  else t.write(anyD(op), value, t.knownValue(anyM(op)));
  return 1;
}

function addHigh(t, op) {
  const sum = i32.add(t.read(anyD(op)), t.read(anyM(op)));
  if (anyD(op) === PC) t.end(t.jump(evenAddress(sum), 2));
  else t.assign(anyD(op), anyD(op) === SP ? wordAligned(sum) : sum);
  return 1;
}

function branchConditional(t, op) {
  const target = (t.pc + 4 + bccOffset(op)) | 0;
  t.emit(when(t.condition((op >> 8) & 15), t.branch(target, 2, 1)));
  return 1;
}

function branchRegister(t, op) {
  const target = t.read(anyM(op));
  t.emit(when(isExceptionReturn(target), t.interpret()));
  t.end(t.jump(evenAddress(target), 2));
  return 2;
}

function callRegister(t, op) {
  const target = t.read(anyM(op));
  t.writeKnown(LR, (t.pc + 2) | 1);
  t.end(t.jump(evenAddress(target), 2));
  return 2;
}

/** The interpreter executes this instruction; the block ends. */
export function interpretAndEnd(t) {
  t.end(t.interpret());
  return 0;
}

/** Address of a literal or label. */
export const literalAddress = (t, op) => ((t.pc + 4) & ~3) + (imm8(op) << 2);
const not = (value) => i32.xor(value, number(-1));

/** The bytes of each halfword change places. */
const swapBytes = (x) =>
  i32.or(i32.shl(i32.and(x, number(0x00ff00ff)), number(8)), i32.and(i32.shr_u(x, number(8)), number(0x00ff00ff)));

const EMIT = {
  LSLI: shiftImmediate(
    (x, n) => i32.shl(x, number(n)),
    (x, n) => (n ? bitOf(x, number(32 - n)) : null),
    (x, n) => x << n,
  ),
  LSRI: shiftImmediate(
    (x, n) => (n ? i32.shr_u(x, number(n)) : number(0)),
    (x, n) => bitOf(x, number((n || 32) - 1)),
    (x, n) => (n ? (x >>> n) | 0 : 0),
  ),
  ASRI: shiftImmediate(
    (x, n) => i32.shr_s(x, number(n || 31)),
    (x, n) => bitOf(x, number((n || 32) - 1)),
    (x, n) => x >> (n || 31),
  ),
  LSLR: shiftRegister(
    (x, n) => select(below32(n), i32.shl(x, n), number(0)),
    (x, n) => select(i32.le_u(n, number(32)), bitOf(x, i32.sub(number(32), n)), number(0)),
  ),
  LSRR: shiftRegister(
    (x, n) => select(below32(n), i32.shr_u(x, n), number(0)),
    (x, n) => select(i32.le_u(n, number(32)), bitOf(x, i32.sub(n, number(1))), number(0)),
  ),
  ASRR: shiftRegister(
    (x, n) => i32.shr_s(x, select(below32(n), n, number(31))),
    (x, n) => select(below32(n), bitOf(x, i32.sub(n, number(1))), i32.shr_u(x, number(31))),
  ),
  ROR: shiftRegister(i32.rotr, (x, n, result) => i32.shr_u(result, number(31))),
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
    t.flagsFromAddition(a, b, t.define(i32.add(a, b)));
    return 1;
  },
  ADC: withCarry((m) => m),
  SBC: withCarry(not),
  MOVI: (t, op) => {
    t.writeKnown(top(op), imm8(op));
    t.flagsFromResult(number(imm8(op)));
    return 1;
  },
  AND: bitwise(i32.and),
  EOR: bitwise(i32.xor),
  ORR: bitwise(i32.or),
  BIC: bitwise((a, b) => i32.and(a, not(b))),
  MUL: bitwise(i32.mul),
  MVN: bitwise((a, b) => not(b)),
  TST: bitwise(i32.and, false),
  ADDH: addHigh,
  MOVH: moveHigh,
  ADR: (t, op) => {
    t.writeKnown(top(op), literalAddress(t, op) | 0);
    return 1;
  },
  ADDSPR: (t, op) => {
    t.assign(top(op), i32.add(t.read(SP), number(imm8(op) << 2)));
    return 1;
  },
  ADDSP: (t, op) => {
    t.assign(SP, wordAligned(i32.add(t.read(SP), number((op & 0x7f) << 2))));
    return 1;
  },
  SUBSP: (t, op) => {
    t.assign(SP, wordAligned(i32.sub(t.read(SP), number((op & 0x7f) << 2))));
    return 1;
  },
  SXTH: unary(i32.extend16_s),
  SXTB: unary(i32.extend8_s),
  UXTH: unary((x) => i32.and(x, number(0xffff))),
  UXTB: unary((x) => i32.and(x, number(0xff))),
  REV: unary((x) => swapBytes(i32.rotr(x, number(16)))),
  REV16: unary(swapBytes),
  REVSH: unary((x) => i32.extend16_s(swapBytes(x))),
  LDRR: load(low, 4, false, addressSum),
  LDRHR: load(low, 2, false, addressSum),
  LDRBR: load(low, 1, false, addressSum),
  LDRSHR: load(low, 2, true, addressSum),
  LDRSBR: load(low, 1, true, addressSum),
  LDRI: load(
    low,
    4,
    false,
    addressPlus(mid, (op) => imm5(op) << 2),
  ),
  LDRHI: load(
    low,
    2,
    false,
    addressPlus(mid, (op) => imm5(op) << 1),
  ),
  LDRBI: load(low, 1, false, addressPlus(mid, imm5)),
  LDRSP: load(
    top,
    4,
    false,
    addressPlus(
      () => SP,
      (op) => imm8(op) << 2,
    ),
  ),
  STRR: store(low, 4, addressSum),
  STRHR: store(low, 2, addressSum),
  STRBR: store(low, 1, addressSum),
  STRI: store(
    low,
    4,
    addressPlus(mid, (op) => imm5(op) << 2),
  ),
  STRHI: store(
    low,
    2,
    addressPlus(mid, (op) => imm5(op) << 1),
  ),
  STRBI: store(low, 1, addressPlus(mid, imm5)),
  STRSP: store(
    top,
    4,
    addressPlus(
      () => SP,
      (op) => imm8(op) << 2,
    ),
  ),
  PUSH: push,
  POP: pop,
  STM: storeMultiple,
  LDM: loadMultiple,
  BCC: branchConditional,
  BX: branchRegister,
  BLX: callRegister,
  NOP: () => 1,
  SEV: (t) => {
    t.emit(storeSlot(EVENT, number(1)));
    return 1;
  },
  CPSID: (t) => {
    t.emit(storeSlot(PRIMASK, number(1)));
    return 1;
  },
};

/** By row number of the instruction table: (trace, opcode) => cycles it takes, apart from those already counted. */
export const EMIT_BY_KIND = Object.keys(K).map((name) => EMIT[name] ?? interpretAndEnd);
