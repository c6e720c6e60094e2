// Which instructions nobody but their machine can tell of: they move its registers about, by what these and the pins have,
// and never stall.

import { pinMask } from './shifter.mjs';

const AUTOPUSH = 1 << 16;
const AUTOPULL = 1 << 17;
const [JMP, IN, OUT, MOV, SET] = [0, 2, 3, 5, 7];
const [PINS, X, Y, NULL, PC, ISR] = [0, 1, 2, 3, 5, 6];
const PINS_READ_WHOLE = 0x3fffffff;

const bit = (...places) => places.reduce((bits, place) => bits | (1 << place), 0);
// Conditions that count a register down: a jump by one to itself has a way to sleep of its own (runner.mjs).
const COUNTING = bit(2, 4);
const JMP_PIN = 6;
const IN_SOURCES = bit(X, Y, NULL, ISR, 7);
const OUT_DESTINATIONS = bit(X, Y, NULL, PC, ISR);
const MOV_SOURCES = bit(X, Y, NULL, ISR, 7); // not STATUS, which is of the FIFOs
const MOV_DESTINATIONS = bit(X, Y, PC, ISR, 7);
const SET_DESTINATIONS = bit(X, Y);

const has = (bits, place) => ((bits >>> place) & 1) === 1;

/** `followed`: the pins that it looks at are among these. */
export function isQuiet(machine, opcode, followed) {
  if (machine.latched >= 0 || machine.sideSetCount !== 0) {
    return false;
  }
  const argument = (opcode >>> 5) & 7;
  const low = opcode & 0x1f;
  switch (opcode >>> 13) {
    case JMP:
      if (argument === JMP_PIN) {
        return has(followed, (machine.execCtrl >>> 24) & 0x1f);
      }
      return !(has(COUNTING, argument) && low === machine.pc);
    case IN:
      if (machine.shiftCtrl & AUTOPUSH) {
        return false;
      }
      return argument === PINS ? (pinMask(machine.inBase, low || 32) & ~followed) === 0 : has(IN_SOURCES, argument);
    case OUT:
      return (machine.shiftCtrl & AUTOPULL) === 0 && has(OUT_DESTINATIONS, argument);
    case MOV:
      if (!has(MOV_DESTINATIONS, argument)) {
        return false;
      }
      return (low & 7) === PINS ? (PINS_READ_WHOLE & ~followed) === 0 : has(MOV_SOURCES, low & 7);
    case SET:
      return has(SET_DESTINATIONS, argument);
  }
  return false;
}
