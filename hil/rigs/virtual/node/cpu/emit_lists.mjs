/**
 * The instructions with a register list (PUSH, POP, STM, LDM) as WebAssembly code; see emit.mjs.
 */
import { listedClk } from './charges.mjs';
import { AT, SLOT } from './state.mjs';
import { i32, when } from './wasm.mjs';

const { SP, LR, PC } = SLOT;
const number = i32.const;
const imm8 = (op) => op & 0xff;
const top = (op) => (op >> 8) & 7;

/** Words of a register list as [register, position] pairs. */
function listed(list, extra) {
  const registers = [0, 1, 2, 3, 4, 5, 6, 7].filter((i) => list & (1 << i));
  return [...registers, ...extra].map((register, position) => [register, position]);
}

function storeWords(t, base, words) {
  const values = words.map(([register]) => t.read(register));
  const offset = t.ramWords(base, words.length, true);
  words.forEach(([, position]) => t.emit(i32.store(AT.RAM + 4 * position, offset, values[position])));
}

const EMPTY_LIST = (t) => {
  t.end(t.interpret());
  return 1;
};

export function push(t, op) {
  const words = listed(imm8(op), op & 0x100 ? [LR] : []);
  if (!words.length) return EMPTY_LIST(t);
  const base = t.define(i32.sub(t.read(SP), number(4 * words.length)));
  storeWords(t, base, words);
  t.write(SP, base);
  return 1 + listedClk(op);
}

export function storeMultiple(t, op) {
  const words = listed(imm8(op), []);
  if (!words.length) return EMPTY_LIST(t);
  const base = t.read(top(op));
  storeWords(t, base, words);
  t.assign(top(op), i32.add(base, number(4 * words.length)));
  return 1 + words.length;
}

const word = (offset, position) => i32.load(AT.RAM + 4 * position, offset);

export function loadMultiple(t, op) {
  const words = listed(imm8(op), []);
  if (!words.length) return EMPTY_LIST(t);
  const base = t.read(top(op));
  const offset = t.ramWords(base, words.length, false);
  for (const [register, position] of words) t.assign(register, word(offset, position));
  if (!(imm8(op) & (1 << top(op)))) t.assign(top(op), i32.add(base, number(4 * words.length)));
  return 1 + words.length;
}

/** Code: is the branch target a return from an exception (B1.5.8)? */
export const isExceptionReturn = (target) => i32.eq(i32.shr_u(target, number(28)), number(15));
export const evenAddress = (target) => i32.and(target, number(-2));

export function pop(t, op) {
  const words = listed(imm8(op), op & 0x100 ? [PC] : []);
  if (!words.length) return EMPTY_LIST(t);
  const base = t.read(SP);
  const offset = t.ramWords(base, words.length, false);
  const target = op & 0x100 ? t.define(word(offset, words.length - 1)) : null;
  if (target) t.emit(when(isExceptionReturn(target), t.interpret()));
  for (const [register, position] of words) {
    if (register !== PC) t.assign(register, word(offset, position));
  }
  t.assign(SP, i32.add(base, number(4 * words.length)));
  const cycles = 1 + listedClk(op);
  if (target) t.end(t.jump(evenAddress(target), cycles + 2));
  return cycles;
}
