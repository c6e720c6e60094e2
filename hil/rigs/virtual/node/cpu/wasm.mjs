/**
 * A small WebAssembly encoder: instructions as arrays of bytes, and a module made of functions without arguments or
 * results that share one memory, one table of functions and two imported functions.
 *
 * Source: WebAssembly Core Specification 1.0, chapter 5 (binary format).
 */

const I32 = 0x7f;
const VOID = 0x40;

/** Unsigned LEB128. */
export function leb(number) {
  const bytes = [];
  let rest = number >>> 0;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest);
  return bytes;
}

/** Signed LEB128 of a 32-bit number. */
function sleb(number) {
  const bytes = [];
  let rest = number | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(byte & 0x40)) || (rest === -1 && byte & 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

/** Signed LEB128 of a 64-bit number (a BigInt). */
function sleb64(number) {
  const bytes = [];
  let rest = number;
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && !(byte & 0x40)) || (rest === -1n && byte & 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

const unary = (code) => (a) => [...a, code];
const binary = (code) => (a, b) => [...a, ...b, code];
const loading = (code, align) => (offset, address) => [...address, code, align, ...leb(offset)];
const storing = (code, align) => (offset, address, value) => [...address, ...value, code, align, ...leb(offset)];

/** Instructions on i32; operands and results are byte arrays. `offset` is added to the address. */
export const i32 = {
  const: (number) => [0x41, ...sleb(number)],
  eqz: unary(0x45),
  eq: binary(0x46),
  ne: binary(0x47),
  lt_s: binary(0x48),
  lt_u: binary(0x49),
  gt_s: binary(0x4a),
  gt_u: binary(0x4b),
  le_u: binary(0x4d),
  ge_s: binary(0x4e),
  ge_u: binary(0x4f),
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  and: binary(0x71),
  or: binary(0x72),
  xor: binary(0x73),
  shl: binary(0x74),
  shr_s: binary(0x75),
  shr_u: binary(0x76),
  rotr: binary(0x78),
  extend8_s: unary(0xc0),
  extend16_s: unary(0xc1),
  load: loading(0x28, 2),
  load8_s: loading(0x2c, 0),
  load8_u: loading(0x2d, 0),
  load16_s: loading(0x2e, 1),
  load16_u: loading(0x2f, 1),
  store: storing(0x36, 2),
  store8: storing(0x3a, 0),
  store16: storing(0x3b, 1),
};

/** Instructions on i64, likewise; a constant is given by its halves. */
export const i64 = {
  const: (low, high) => [0x42, ...sleb64(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low >>> 0)))],
  add: binary(0x7c),
  load: loading(0x29, 3),
  store: storing(0x37, 3),
};

export const local = {
  get: (index) => [0x20, ...leb(index)],
  set: (index, value) => [...value, 0x21, ...leb(index)],
};

export const select = (condition, yes, no) => [...yes, ...no, ...condition, 0x1b];
export const when = (condition, yes, no = null) =>
  no === null ? [...condition, 0x04, VOID, ...yes, 0x0b] : [...condition, 0x04, VOID, ...yes, 0x05, ...no, 0x0b];
/** A value, chosen by a condition; either side may leave the function instead. */
export const choose = (condition, yes, no) => [...condition, 0x04, I32, ...yes, 0x05, ...no, 0x0b];
export const loop = (body) => [0x03, VOID, ...body, 0x0b];
/** Branch to the enclosing construct `depth` levels out (to its start, if it is a loop). */
export const branch = (depth) => [0x0c, ...leb(depth)];
export const leave = [0x0f];
/** Call the first or the second imported function. */
export const callImport = [0x10, 0];
export const callSecondImport = [0x10, 1];
/** Leave the function and go on in another one of the table. */
export const jumpTable = (index) => [...index, 0x13, 0, 0];
export const callTable = (index) => [...index, 0x11, 0, 0];

const name = (text) => [...leb(text.length), ...[...text].map((letter) => letter.charCodeAt(0))];

/** One after the other, as one Uint8Array; large parts, so without spreading. */
function join(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const vector = (items) => join([leb(items.length), ...items]);
const section = (id, content) => join([[id], leb(content.length), content]);

/** Bytes of a function with `locals` i32 variables. */
export function functionBody({ locals, code }) {
  const declared = locals ? [1, ...leb(locals), I32] : [0];
  return join([leb(declared.length + code.length + 1), declared, code, [0x0b]]);
}

/**
 * Bytes of a module. Imports `e.m` (memory), `e.t` (table), `e.f` and `e.g` (the imported functions). The functions
 * (of functionBody) are put into the table from index `tableAt` on, or exported as `f0`, `f1`, ... if that is null.
 */
export function encodeModule(bodies, tableAt) {
  const indices = bodies.map((_, n) => leb(n + 2)); // behind the imported ones
  const imports = [
    [...name('e'), ...name('m'), 0x02, 0x00, 0x01],
    [...name('e'), ...name('t'), 0x01, 0x70, 0x00, 0x01],
    [...name('e'), ...name('f'), 0x00, 0x00],
    [...name('e'), ...name('g'), 0x00, 0x00],
  ];
  const toTable = () => section(9, vector([join([[0x00], i32.const(tableAt), [0x0b], vector(indices)])]));
  const toExports = () => section(7, vector(indices.map((index, n) => [...name(`f${n}`), 0x00, ...index])));
  return join([
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    section(1, vector([[0x60, 0x00, 0x00]])),
    section(2, vector(imports)),
    section(3, vector(bodies.map(() => [0x00]))),
    tableAt === null ? toExports() : toTable(),
    section(10, vector(bodies)),
  ]);
}
