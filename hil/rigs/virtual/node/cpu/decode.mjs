/**
 * Instruction table of the ARMv6-M Thumb set: one row per encoding, and a lookup of the row for every 16-bit opcode.
 *
 * Source: ARMv6-M Architecture Reference Manual, section A5.2 (16-bit) and A5.3 (32-bit encodings).
 * Rows are matched from top to bottom, first match wins, so narrower patterns stand above wider ones.
 */

/** [name, pattern]: 0 and 1 must match, any letter is an operand bit. */
const ENCODINGS = [
  ['LSLI', '00000iiiiimmmddd'],
  ['LSRI', '00001iiiiimmmddd'],
  ['ASRI', '00010iiiiimmmddd'],
  ['ADDR', '0001100mmmnnnddd'],
  ['SUBR', '0001101mmmnnnddd'],
  ['ADDI3', '0001110iiinnnddd'],
  ['SUBI3', '0001111iiinnnddd'],
  ['MOVI', '00100dddiiiiiiii'],
  ['CMPI', '00101nnniiiiiiii'],
  ['ADDI8', '00110dddiiiiiiii'],
  ['SUBI8', '00111dddiiiiiiii'],
  ['AND', '0100000000mmmddd'],
  ['EOR', '0100000001mmmddd'],
  ['LSLR', '0100000010mmmddd'],
  ['LSRR', '0100000011mmmddd'],
  ['ASRR', '0100000100mmmddd'],
  ['ADC', '0100000101mmmddd'],
  ['SBC', '0100000110mmmddd'],
  ['ROR', '0100000111mmmddd'],
  ['TST', '0100001000mmmnnn'],
  ['NEG', '0100001001nnnddd'],
  ['CMPR', '0100001010mmmnnn'],
  ['CMN', '0100001011mmmnnn'],
  ['ORR', '0100001100mmmddd'],
  ['MUL', '0100001101nnnddd'],
  ['BIC', '0100001110mmmddd'],
  ['MVN', '0100001111mmmddd'],
  ['ADDH', '01000100dmmmmddd'],
  ['CMPH', '01000101nmmmmnnn'],
  ['MOVH', '01000110dmmmmddd'],
  ['BX', '010001110mmmm000'],
  ['BLX', '010001111mmmm000'],
  ['LDRLIT', '01001tttiiiiiiii'],
  ['STRR', '0101000mmmnnnttt'],
  ['STRHR', '0101001mmmnnnttt'],
  ['STRBR', '0101010mmmnnnttt'],
  ['LDRSBR', '0101011mmmnnnttt'],
  ['LDRR', '0101100mmmnnnttt'],
  ['LDRHR', '0101101mmmnnnttt'],
  ['LDRBR', '0101110mmmnnnttt'],
  ['LDRSHR', '0101111mmmnnnttt'],
  ['STRI', '01100iiiiinnnttt'],
  ['LDRI', '01101iiiiinnnttt'],
  ['STRBI', '01110iiiiinnnttt'],
  ['LDRBI', '01111iiiiinnnttt'],
  ['STRHI', '10000iiiiinnnttt'],
  ['LDRHI', '10001iiiiinnnttt'],
  ['STRSP', '10010tttiiiiiiii'],
  ['LDRSP', '10011tttiiiiiiii'],
  ['ADR', '10100dddiiiiiiii'],
  ['ADDSPR', '10101dddiiiiiiii'],
  ['ADDSP', '101100000iiiiiii'],
  ['SUBSP', '101100001iiiiiii'],
  ['SXTH', '1011001000mmmddd'],
  ['SXTB', '1011001001mmmddd'],
  ['UXTH', '1011001010mmmddd'],
  ['UXTB', '1011001011mmmddd'],
  ['PUSH', '1011010Rrrrrrrrr'],
  ['CPSIE', '1011011001100010'],
  ['CPSID', '1011011001110010'],
  ['REV', '1011101000mmmddd'],
  ['REV16', '1011101001mmmddd'],
  ['REVSH', '1011101011mmmddd'],
  ['POP', '1011110Rrrrrrrrr'],
  ['BKPT', '10111110iiiiiiii'],
  ['WFE', '1011111100100000'],
  ['WFI', '1011111100110000'],
  ['SEV', '1011111101000000'],
  ['NOP', '10111111hhhh0000'], // NOP, YIELD and the unallocated hints, which execute as NOP (A5.2.5)
  ['STM', '11000nnnrrrrrrrr'],
  ['LDM', '11001nnnrrrrrrrr'],
  ['UDF', '11011110iiiiiiii'],
  ['SVC', '11011111iiiiiiii'],
  ['BCC', '1101cccciiiiiiii'],
  ['B', '11100iiiiiiiiiii'],
  ['WIDE', '11101xxxxxxxxxxx'],
  ['WIDE', '1111xxxxxxxxxxxx'],
];

/** Row number by name; UNDEF stands for every opcode that no row matches. */
export const K = Object.freeze(
  Object.fromEntries(['UNDEF', ...new Set(ENCODINGS.map(([name]) => name))].map((name, index) => [name, index])),
);

/** Name by row number. */
export const KIND_NAMES = Object.freeze(Object.keys(K));

/** Row number for each of the 65,536 halfwords. */
export const KIND = new Uint8Array(65536);
for (const [name, pattern] of [...ENCODINGS].reverse()) {
  const mask = parseInt(pattern.replace(/[01]/g, '1').replace(/[^01]/g, '0'), 2);
  const value = parseInt(pattern.replace(/[^1]/g, '0'), 2);
  for (let opcode = 0; opcode < 65536; opcode++) {
    if ((opcode & mask) === value) KIND[opcode] = K[name];
  }
}

/** 1 for each row that may leave the straight line or change what the run loop must look at: a block ends there. */
export const ENDS_BLOCK = new Uint8Array(KIND_NAMES.length);
for (const name of ['UNDEF', 'BX', 'BLX', 'BKPT', 'CPSIE', 'WFE', 'WFI', 'SEV', 'UDF', 'SVC', 'BCC', 'B', 'WIDE']) {
  ENDS_BLOCK[K[name]] = 1;
}

/** Branch offset in bytes of BCC, relative to the instruction's address + 4. */
export const bccOffset = (opcode) => (opcode << 24) >> 23;

/** Branch offset in bytes of B, relative to the instruction's address + 4. */
export const bOffset = (opcode) => (opcode << 21) >> 20;

/** Names of the 32-bit encodings. */
export const W = Object.freeze({ UNDEF: 0, BL: 1, BARRIER: 2, MRS: 3, MSR: 4, UDF: 5 });

/** Which 32-bit encoding the two halfwords are (A5.3). */
export function wideKind(first, second) {
  if (first >>> 11 === 0b11110 && (second & 0xd000) === 0xd000) return W.BL;
  if (first === 0xf3bf && (second & 0xffc0) === 0x8f40 && (second & 0x30) !== 0x30) return W.BARRIER;
  if (first === 0xf3ef && second >>> 12 === 0b1000) return W.MRS;
  if (first >>> 4 === 0xf38 && second >>> 8 === 0x88) return W.MSR;
  if (first >>> 4 === 0xf7f && second >>> 12 === 0b1010) return W.UDF;
  return W.UNDEF;
}

/** Branch offset in bytes of BL, relative to the instruction's address + 4. */
export function blOffset(first, second) {
  const s = (first >>> 10) & 1;
  const i1 = 1 ^ s ^ ((second >>> 13) & 1);
  const i2 = 1 ^ s ^ ((second >>> 11) & 1);
  const high = (s ? 0xff000000 : 0) | (i1 << 23) | (i2 << 22);
  return high | ((first & 0x3ff) << 12) | ((second & 0x7ff) << 1);
}

/** Number of set bits of a register list (9 bits at most). */
export function countBits(list) {
  let count = 0;
  for (let rest = list; rest; rest &= rest - 1) count++;
  return count;
}
