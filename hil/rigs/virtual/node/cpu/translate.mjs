/**
 * Translator of the fast CPU: turns the code at an address into a WebAssembly function that executes it.
 *
 * A translated block starts at one address and has many ways out: it follows unconditional branches and calls, and
 * goes on behind a conditional branch that is not taken. What it cannot do on RAM and flash alone (peripherals,
 * special registers, faults) it leaves to the interpreter, which then executes that one instruction; see
 * Trace.interpret.
 */
import { ENDS_BLOCK, K, KIND, W, bOffset, blOffset, wideKind } from './decode.mjs';
import { EMIT_BY_KIND, interpretAndEnd, literalAddress, load, top } from './emit.mjs';
import { FLASH_BASE, RAM_BASE, RAM_SIZE, ROM_SIZE, SLOT } from './state.mjs';
import { Trace, loadSlot } from './trace.mjs';
import { i32, loop } from './wasm.mjs';

const { SP, LR, PRIMASK } = SLOT;

/** A pass through a block takes at most about this many cycles (0.25 us at 125 MHz). */
const MAX_CYCLES = 30;

const SYSM_PRIMASK = 16;
const number = i32.const;

/** Base of the memory that code at `address` lies in, and its size; null: not memory that code is translated from. */
export function spaceOf(address, codeFlash) {
  if ((address - FLASH_BASE) >>> 0 < codeFlash) return { base: FLASH_BASE, size: codeFlash };
  if ((address - RAM_BASE) >>> 0 < RAM_SIZE) return { base: RAM_BASE, size: RAM_SIZE };
  return address >>> 0 < ROM_SIZE ? { base: 0, size: ROM_SIZE } : null;
}

/**
 * Translate the code at `start`, which lies in `space` (see spaceOf). `read16(address)` and `read32(address)` read
 * code; `memory` is the chip's (ChipMemory). Returns `{ locals, code, ranges }`: the function for encodeModule, and the
 * address ranges [from, to) it was made from.
 */
export function translate(start, space, memory, { read16, read32 }) {
  const trace = new Trace(start, memory, space.base === FLASH_BASE);
  const inSpace = (address) => (address - space.base) >>> 0 < space.size;
  const seen = new Set();
  const ranges = [];
  let run = null; // the range being extended

  function emitLiteral(op) {
    const address = literalAddress(trace, op);
    // RAM changes: a literal there is read when it is needed
    if (space.base === RAM_BASE || !inSpace(address))
      return load(top, 4, false, () => [number(address), address])(trace, op);
    if (space.base === FLASH_BASE) trace.useCached(address);
    trace.writeKnown(top(op), read32(address));
    ranges.push([address, address + 4]);
    return 2;
  }

  function emitWide(first, second) {
    switch (wideKind(first, second)) {
      case W.BL:
        trace.writeKnown(LR, (trace.pc + 4) | 1);
        trace.follow((trace.pc + 4 + blOffset(first, second)) | 0);
        return 3;
      case W.BARRIER:
        return 3;
      case W.MRS:
        if ((second & 0xff) !== SYSM_PRIMASK || ((second >> 8) & 15) >= SP) break;
        trace.assign((second >> 8) & 15, loadSlot(PRIMASK));
        return 3;
    }
    return interpretAndEnd(trace);
  }

  function emitInstruction(pc, op, kind) {
    if (kind === K.WIDE) return emitWide(op, read16(pc + 2));
    if (kind === K.LDRLIT) return emitLiteral(op);
    if (kind !== K.B) return EMIT_BY_KIND[kind](trace, op);
    trace.follow((pc + 4 + bOffset(op)) | 0);
    return 2;
  }

  /** Will the word behind that of `pc` be fetched after it? Most likely, unless there is a branch in it. */
  function goesOn(pc, op, kind) {
    const ends = (which) => ENDS_BLOCK[which] || which === K.POP;
    if (kind === K.WIDE) return wideKind(op, read16(pc + 2)) !== W.BL;
    return !ends(kind) && (pc & 2 || KIND[read16(pc + 2)] === K.WIDE || !ends(KIND[read16(pc + 2)]));
  }

  while (!trace.ended) {
    const pc = trace.next;
    if (pc === start && seen.size) {
      trace.end(trace.branch(start, 0, 0, trace.fetched));
    } else if (seen.has(pc) || trace.counted + trace.cycles >= MAX_CYCLES || !inSpace(pc) || !inSpace(pc + 3)) {
      trace.end(seen.size ? trace.chain(pc, 0) : trace.interpret());
    } else {
      seen.add(pc);
      const op = read16(pc);
      const kind = KIND[op];
      const length = kind === K.WIDE ? 4 : 2;
      if (run?.[1] === pc) run[1] = pc + length;
      else ranges.push((run = [pc, pc + length]));
      trace.pc = pc;
      trace.next = pc + length;
      trace.fetch(length, goesOn(pc, op, kind));
      const cycles = emitInstruction(pc, op, kind); // may itself move trace.cycles
      trace.cycles += cycles;
    }
  }
  const code = trace.loops ? loop(trace.code) : trace.code;
  return { locals: trace.locals, code, ranges };
}
