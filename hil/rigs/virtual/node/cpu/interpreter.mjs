/**
 * Interpreter of the fast CPU: executes one instruction at a time, exactly. It runs code that is not (yet) worth
 * translating, and every instruction that touches a peripheral: when a register of a peripheral is read or written,
 * core.cycles and all registers are therefore those of the instruction boundary before it, as in rp2040js.
 *
 * Clocks are those of the Cortex-M0+ (TRM table 3-1) and of the RP2040's bus: see `ioCycles`, and what the rows below
 * return.
 */
import { ioCycles, makeBus } from './bus.mjs';
import { listedClk } from './charges.mjs';
import {
  K,
  KIND,
  KIND_NAMES,
  ENDS_BLOCK,
  W,
  wideKind,
  bccOffset,
  bOffset,
  blOffset,
  countBits,
} from './decode.mjs';
import { SLOT } from './state.mjs';
import { isXip } from './xip_cache.mjs';

const { SP, LR, PC, N, Z, C, V, CYCLES, LIMIT, PRIMASK, EVENT, FETCHED } = SLOT;

/**
 * Build the interpreter for one CPU.
 * `cpu` provides: state (CpuState), storedToCode(offset, length), fault(kind, pc, address), afterAccess().
 * Returns `{ step, runBlock, bindPeripherals }`.
 */
export function makeInterpreter(cpu) {
  const { state } = cpu;
  const { rp2040, core, R } = state;
  const { xip } = state.memory;
  const bus = makeBus(cpu);
  const { fetch, read32, read16, read8, write32, write16, write8 } = bus;

  function setNZ(value) {
    R[N] = value;
    R[Z] = value;
  }

  /** a + b + carry, all flags (ARM ARM: AddWithCarry). */
  function addFlags(a, b, carry) {
    const result = (a + b + carry) | 0;
    setNZ(result);
    R[C] = ((a & b) | ((a | b) & ~result)) >>> 31;
    R[V] = (a ^ result) & (b ^ result);
    return result;
  }

  const subFlags = (a, b) => addFlags(a, ~b, 1);

  function shiftLeft(value, amount) {
    const result = amount < 32 ? value << amount : 0;
    if (amount) R[C] = amount <= 32 ? (value >>> (32 - amount)) & 1 : 0;
    setNZ(result);
    return result;
  }

  function shiftRight(value, amount) {
    const result = amount < 32 ? value >>> amount : 0;
    if (amount) R[C] = amount <= 32 ? (value >>> (amount - 1)) & 1 : 0;
    setNZ(result | 0);
    return result;
  }

  function shiftRightArithmetic(value, amount) {
    const result = value >> (amount < 32 ? amount : 31);
    if (amount) R[C] = amount < 32 ? (value >>> (amount - 1)) & 1 : value >>> 31;
    setNZ(result);
    return result;
  }

  function rotateRight(value, amount) {
    const turn = amount & 31;
    const result = turn ? (value >>> turn) | (value << (32 - turn)) : value;
    if (amount) R[C] = result >>> 31;
    setNZ(result);
    return result;
  }

  /** Condition `cond` (0..13) on the flags (ARM ARM A7.3). */
  function condition(cond) {
    let result;
    switch (cond >> 1) {
      case 0:
        result = R[Z] === 0;
        break;
      case 1:
        result = R[C] !== 0;
        break;
      case 2:
        result = R[N] < 0;
        break;
      case 3:
        result = R[V] < 0;
        break;
      case 4:
        result = R[C] !== 0 && R[Z] !== 0;
        break;
      case 5:
        result = (R[N] ^ R[V]) >= 0;
        break;
      default:
        result = (R[N] ^ R[V]) >= 0 && R[Z] !== 0;
        break;
    }
    return cond & 1 ? !result : result;
  }

  const register = (n, pc) => (n === PC ? (pc + 4) | 0 : R[n]);

  /**
   * Fetch the instruction at `pc`, as far as the XIP cache is concerned. False if that stalled the core until the limit
   * or longer: then it is yet to be executed, after what is due by now.
   */
  function fetched(pc) {
    if (!isXip(pc)) return true;
    const first = pc >>> 2;
    const last = KIND[fetch(pc)] === K.WIDE ? (pc + 2) >>> 2 : first;
    const before = R[FETCHED];
    if (before === last) return true;
    if (before !== first) xip.access(pc);
    if (last !== first) xip.access(4 * last);
    R[FETCHED] = last;
    return R[CYCLES] < R[LIMIT];
  }

  /** Go on at `target`, by a branch. */
  function branchTo(target) {
    R[PC] = target;
    R[FETCHED] = -1;
  }

  /** Branch to an interworking address or leave an exception. */
  function branchExchange(target) {
    R[FETCHED] = -1;
    if (target >>> 28 === 0xf) {
      core.BXWritePC(target >>> 0);
      R[PC] &= ~1;
      R[LIMIT] = -1;
    } else {
      R[PC] = target & ~1;
    }
  }

  function loadMultiple(base, list) {
    let address = base;
    for (let i = 0; i < 8; i++) {
      if (list & (1 << i)) {
        R[i] = read32(address);
        address = (address + 4) | 0;
      }
    }
    return address;
  }

  function storeMultiple(base, list) {
    let address = base;
    for (let i = 0; i < 8; i++) {
      if (list & (1 << i)) {
        write32(address, R[i]);
        address = (address + 4) | 0;
      }
    }
    return address;
  }

  function undefinedInstruction(op, pc) {
    R[CYCLES] += 1;
    cpu.fault('undefined instruction', pc, pc);
    return 0;
  }

  function wide(first, pc) {
    const second = fetch((pc + 2) | 0);
    R[PC] = (pc + 4) | 0;
    switch (wideKind(first, second)) {
      case W.BL:
        R[LR] = (pc + 4) | 1;
        branchTo((pc + 4 + blOffset(first, second)) | 0);
        return 3;
      case W.BARRIER:
        return 3;
      case W.MRS:
        R[(second >> 8) & 0xf] = core.readSpecialRegister(second & 0xff);
        return 3;
      case W.MSR:
        cpu.writeSpecialRegister(second & 0xff, R[first & 0xf]);
        return 3;
      default:
        return undefinedInstruction(first, pc);
    }
  }

  /**
   * Load or store at `address`; `size` in bytes. False (and a HardFault taken) if it is not aligned (ARM ARM A3.2.1).
   */
  function aligned(address, size, pc) {
    if (address & (size - 1)) {
      R[CYCLES] += 1;
      cpu.fault('unaligned access', pc, address);
      return false;
    }
    return true;
  }

  function load(t, address, size, signed, pc) {
    if (!aligned(address, size, pc)) return 0;
    let value;
    if (size === 4) value = read32(address);
    else if (size === 2) value = signed ? (read16(address) << 16) >> 16 : read16(address);
    else value = signed ? (read8(address) << 24) >> 24 : read8(address);
    R[t] = value;
    return 1 + ioCycles(address, false);
  }

  function store(t, address, size, pc) {
    if (!aligned(address, size, pc)) return 0;
    const value = R[t];
    if (size === 4) write32(address, value);
    else if (size === 2) write16(address, value);
    else write8(address, value);
    return 1 + ioCycles(address, true);
  }

  const low = (op) => op & 7;
  const mid = (op) => (op >> 3) & 7;
  const high = (op) => (op >> 6) & 7;
  const top = (op) => (op >> 8) & 7;
  const imm5 = (op) => (op >> 6) & 31;
  const anyM = (op) => (op >> 3) & 15;
  const anyD = (op) => ((op >> 4) & 8) | (op & 7);
  const sum = (op) => (R[mid(op)] + R[high(op)]) | 0;
  const plus = (op, scale) => (R[mid(op)] + (imm5(op) << scale)) | 0;
  const spPlus = (op) => (R[SP] + ((op & 0xff) << 2)) | 0;
  const literalAddress = (op, pc) => (((pc + 4) & ~3) + ((op & 0xff) << 2)) | 0;

  /** Register d takes `value`; returns the cycles. */
  function writeHigh(d, value) {
    if (d === PC) {
      branchTo(value & ~1);
      return 2;
    }
    R[d] = d === SP ? value & ~3 : value;
    return 1;
  }

  /** What each row of the instruction table does: (opcode, address) => cycles; `return 0` if already counted. */
  const HANDLERS = {
    LSLI: (op) => ((R[low(op)] = shiftLeft(R[mid(op)], imm5(op))), 1),
    LSRI: (op) => ((R[low(op)] = shiftRight(R[mid(op)], imm5(op) || 32)), 1),
    ASRI: (op) => ((R[low(op)] = shiftRightArithmetic(R[mid(op)], imm5(op) || 32)), 1),
    ADDR: (op) => ((R[low(op)] = addFlags(R[mid(op)], R[high(op)], 0)), 1),
    SUBR: (op) => ((R[low(op)] = subFlags(R[mid(op)], R[high(op)])), 1),
    ADDI3: (op) => ((R[low(op)] = addFlags(R[mid(op)], high(op), 0)), 1),
    SUBI3: (op) => ((R[low(op)] = subFlags(R[mid(op)], high(op))), 1),
    MOVI: (op) => (setNZ((R[top(op)] = op & 0xff)), 1),
    CMPI: (op) => (subFlags(R[top(op)], op & 0xff), 1),
    ADDI8: (op) => ((R[top(op)] = addFlags(R[top(op)], op & 0xff, 0)), 1),
    SUBI8: (op) => ((R[top(op)] = subFlags(R[top(op)], op & 0xff)), 1),
    AND: (op) => (setNZ((R[low(op)] &= R[mid(op)])), 1),
    EOR: (op) => (setNZ((R[low(op)] ^= R[mid(op)])), 1),
    LSLR: (op) => ((R[low(op)] = shiftLeft(R[low(op)], R[mid(op)] & 0xff)), 1),
    LSRR: (op) => ((R[low(op)] = shiftRight(R[low(op)], R[mid(op)] & 0xff)), 1),
    ASRR: (op) => ((R[low(op)] = shiftRightArithmetic(R[low(op)], R[mid(op)] & 0xff)), 1),
    ADC: (op) => ((R[low(op)] = addFlags(R[low(op)], R[mid(op)], R[C])), 1),
    SBC: (op) => ((R[low(op)] = addFlags(R[low(op)], ~R[mid(op)], R[C])), 1),
    ROR: (op) => ((R[low(op)] = rotateRight(R[low(op)], R[mid(op)] & 0xff)), 1),
    TST: (op) => (setNZ(R[low(op)] & R[mid(op)]), 1),
    NEG: (op) => ((R[low(op)] = subFlags(0, R[mid(op)])), 1),
    CMPR: (op) => (subFlags(R[low(op)], R[mid(op)]), 1),
    CMN: (op) => (addFlags(R[low(op)], R[mid(op)], 0), 1),
    ORR: (op) => (setNZ((R[low(op)] |= R[mid(op)])), 1),
    MUL: (op) => (setNZ((R[low(op)] = Math.imul(R[low(op)], R[mid(op)]))), 1),
    BIC: (op) => (setNZ((R[low(op)] &= ~R[mid(op)])), 1),
    MVN: (op) => (setNZ((R[low(op)] = ~R[mid(op)])), 1),
    ADDH: (op, pc) => writeHigh(anyD(op), (register(anyD(op), pc) + register(anyM(op), pc)) | 0),
    CMPH: (op, pc) => (subFlags(register(anyD(op), pc), register(anyM(op), pc)), 1),
    MOVH: (op, pc) => writeHigh(anyD(op), register(anyM(op), pc)),
    BX: (op, pc) => (branchExchange(register(anyM(op), pc)), 2),
    BLX: (op, pc) => {
      const target = register(anyM(op), pc); // before LR is written: BLX LR is allowed
      R[LR] = (pc + 2) | 1;
      branchTo(target & ~1);
      return 2;
    },
    LDRLIT: (op, pc) => load(top(op), literalAddress(op, pc), 4, false, pc),
    STRR: (op, pc) => store(low(op), sum(op), 4, pc),
    STRHR: (op, pc) => store(low(op), sum(op), 2, pc),
    STRBR: (op, pc) => store(low(op), sum(op), 1, pc),
    LDRSBR: (op, pc) => load(low(op), sum(op), 1, true, pc),
    LDRR: (op, pc) => load(low(op), sum(op), 4, false, pc),
    LDRHR: (op, pc) => load(low(op), sum(op), 2, false, pc),
    LDRBR: (op, pc) => load(low(op), sum(op), 1, false, pc),
    LDRSHR: (op, pc) => load(low(op), sum(op), 2, true, pc),
    STRI: (op, pc) => store(low(op), plus(op, 2), 4, pc),
    LDRI: (op, pc) => load(low(op), plus(op, 2), 4, false, pc),
    STRBI: (op, pc) => store(low(op), plus(op, 0), 1, pc),
    LDRBI: (op, pc) => load(low(op), plus(op, 0), 1, false, pc),
    STRHI: (op, pc) => store(low(op), plus(op, 1), 2, pc),
    LDRHI: (op, pc) => load(low(op), plus(op, 1), 2, false, pc),
    STRSP: (op, pc) => store(top(op), spPlus(op), 4, pc),
    LDRSP: (op, pc) => load(top(op), spPlus(op), 4, false, pc),
    ADR: (op, pc) => ((R[top(op)] = literalAddress(op, pc)), 1),
    ADDSPR: (op) => ((R[top(op)] = spPlus(op)), 1),
    ADDSP: (op) => ((R[SP] = (R[SP] + ((op & 0x7f) << 2)) & ~3), 1),
    SUBSP: (op) => ((R[SP] = (R[SP] - ((op & 0x7f) << 2)) & ~3), 1),
    SXTH: (op) => ((R[low(op)] = (R[mid(op)] << 16) >> 16), 1),
    SXTB: (op) => ((R[low(op)] = (R[mid(op)] << 24) >> 24), 1),
    UXTH: (op) => ((R[low(op)] = R[mid(op)] & 0xffff), 1),
    UXTB: (op) => ((R[low(op)] = R[mid(op)] & 0xff), 1),
    REV: (op) => {
      const x = R[mid(op)];
      R[low(op)] = (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
      return 1;
    },
    REV16: (op) => {
      const x = R[mid(op)];
      R[low(op)] = ((x & 0x00ff00ff) << 8) | ((x >>> 8) & 0x00ff00ff);
      return 1;
    },
    REVSH: (op) => {
      const x = R[mid(op)];
      R[low(op)] = ((x << 24) >> 16) | ((x >>> 8) & 0xff);
      return 1;
    },
    PUSH: (op, pc) => {
      const count = countBits(op & 0x1ff);
      const size = 4 * count;
      if (!aligned(R[SP], 4, pc)) return 0;
      const end = storeMultiple((R[SP] - size) | 0, op & 0xff);
      if (op & 0x100) write32(end, R[LR]);
      R[SP] = (R[SP] - size) & ~3;
      return 1 + listedClk(op);
    },
    POP: (op, pc) => {
      if (!aligned(R[SP], 4, pc)) return 0;
      const end = loadMultiple(R[SP], op & 0xff);
      const cycles = 1 + listedClk(op);
      if (!(op & 0x100)) {
        R[SP] = end & ~3;
        return cycles;
      }
      R[SP] = (end + 4) & ~3;
      branchExchange(read32(end));
      return cycles + 2;
    },
    STM: (op, pc) => {
      if (!aligned(R[top(op)], 4, pc)) return 0;
      R[top(op)] = storeMultiple(R[top(op)], op & 0xff); // always writes back (ARM ARM A6.7.58)
      return 1 + countBits(op & 0xff);
    },
    LDM: (op, pc) => {
      if (!aligned(R[top(op)], 4, pc)) return 0;
      const end = loadMultiple(R[top(op)], op & 0xff);
      if (!(op & (1 << top(op)))) R[top(op)] = end;
      return 1 + countBits(op & 0xff);
    },
    CPSID: () => ((R[PRIMASK] = 1), 1),
    CPSIE: () => {
      R[PRIMASK] = 0;
      core.interruptsUpdated = true;
      R[LIMIT] = -1;
      return 1;
    },
    NOP: () => 1,
    SEV: () => ((R[EVENT] = 1), 1),
    WFE: () => {
      if (R[EVENT]) R[EVENT] = 0;
      else cpu.sleep();
      return 2;
    },
    WFI: () => {
      if (!cpu.wakeUpPending()) cpu.sleep();
      return 2;
    },
    SVC: () => {
      core.pendingSVCall = true;
      core.interruptsUpdated = true;
      R[LIMIT] = -1;
      return 1;
    },
    BKPT: (op) => {
      core.breakRewind = 2;
      rp2040.onBreak(op & 0xff);
      cpu.afterAccess();
      return 1;
    },
    BCC: (op, pc) => {
      if (!condition((op >> 8) & 15)) return 1;
      branchTo((pc + 4 + bccOffset(op)) | 0);
      return 2;
    },
    B: (op, pc) => (branchTo((pc + 4 + bOffset(op)) | 0), 2),
    WIDE: wide,
    UDF: undefinedInstruction,
    UNDEF: undefinedInstruction,
  };
  const BY_KIND = KIND_NAMES.map((name) => HANDLERS[name]);

  /** Execute the instruction `op`, which stands at `pc`. */
  function execute(op, pc) {
    R[PC] = (pc + 2) | 0;
    const cycles = BY_KIND[KIND[op]](op, pc);
    R[CYCLES] += cycles;
  }

  /** Execute one instruction at PC; or only fetch it, if that takes until the limit. */
  function step() {
    const pc = R[PC];
    if (xip === null || fetched(pc)) execute(fetch(pc), pc);
  }

  /** Execute from PC up to and with the next instruction that ends a block, or until the limit. */
  function runBlock() {
    for (;;) {
      const pc = R[PC];
      if (xip !== null && !fetched(pc)) return;
      const op = fetch(pc);
      execute(op, pc);
      if (R[PC] !== pc + 2 || ENDS_BLOCK[KIND[op]] || R[CYCLES] >= R[LIMIT]) return;
    }
  }

  return { step, runBlock, bindPeripherals: bus.bindPeripherals };
}
