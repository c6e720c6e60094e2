/**
 * Interpreter of the fast CPU: executes one instruction at a time, exactly. It runs code that is not (yet) worth
 * translating, and every instruction that touches a peripheral: when a register of a peripheral is read or written,
 * core.cycles and all registers are therefore those of the instruction boundary before it, as in rp2040js.
 *
 * Cycle counts are rp2040js's: see `ioCycles` and the increments in the cases below.
 */
import { K, KIND, ENDS_BLOCK, W, wideKind, bccOffset, bOffset, blOffset, countBits } from './fastcpu_decode.mjs';
import { SLOT, FLASH_BASE, RAM_BASE, RAM_SIZE, ROM_SIZE, isReadOnly } from './fastcpu_state.mjs';

const { SP, LR, PC, N, Z, C, V, CYCLES, LIMIT } = SLOT;

/** Extra cycles of a load or store, as rp2040js counts them: SIO 0, APB 3 (read) or 4 (write), all else 1. */
export function ioCycles(address, write) {
  const top = address >>> 28;
  if (top === 0xd) return 0;
  if (top === 0x4) return write ? 4 : 3;
  return 1;
}

/**
 * Build the interpreter for one CPU.
 * `cpu` provides: state (CpuState), storedToCode(offset, length), fault(kind, pc, address), afterAccess().
 * Returns `{ step, runBlock, fetch }`.
 */
export function makeInterpreter(cpu) {
  const { state } = cpu;
  const { rp2040, core, R, M8, M16, M32, F8, F16, F32, B16, B32, codeLines, flashSize } = state;

  function fetch(pc) {
    const flash = pc - FLASH_BASE;
    if (flash >>> 0 < flashSize) return F16[flash >>> 1];
    const ram = pc - RAM_BASE;
    if (ram >>> 0 < RAM_SIZE) return M16[ram >>> 1];
    if (pc >>> 0 < ROM_SIZE) return B16[pc >>> 1];
    return rp2040.readUint16((pc & ~1) >>> 0) & 0xffff;
  }

  function read32(address) {
    const ram = address - RAM_BASE;
    if (ram >>> 0 < RAM_SIZE) return M32[ram >>> 2];
    const flash = address - FLASH_BASE;
    if (flash >>> 0 < flashSize) return F32[flash >>> 2];
    if (address >>> 0 < ROM_SIZE) return B32[address >>> 2];
    const value = rp2040.readUint32(address >>> 0) | 0;
    cpu.afterAccess();
    return value;
  }

  function read16(address) {
    const ram = address - RAM_BASE;
    if (ram >>> 0 < RAM_SIZE) return M16[ram >>> 1];
    const flash = address - FLASH_BASE;
    if (flash >>> 0 < flashSize) return F16[flash >>> 1];
    const value = rp2040.readUint16(address >>> 0) & 0xffff;
    cpu.afterAccess();
    return value;
  }

  function read8(address) {
    const ram = address - RAM_BASE;
    if (ram >>> 0 < RAM_SIZE) return M8[ram];
    const flash = address - FLASH_BASE;
    if (flash >>> 0 < flashSize) return F8[flash];
    const value = rp2040.readUint8(address >>> 0) & 0xff;
    cpu.afterAccess();
    return value;
  }

  function write32(address, value) {
    const ram = address - RAM_BASE;
    if (ram >>> 0 < RAM_SIZE) {
      M32[ram >>> 2] = value;
      if (codeLines[ram >>> 5]) cpu.storedToCode(ram, 4);
    } else if (!isReadOnly(address)) {
      rp2040.writeUint32(address >>> 0, value >>> 0);
      cpu.afterAccess();
    }
  }

  function write16(address, value) {
    const ram = address - RAM_BASE;
    if (ram >>> 0 < RAM_SIZE) {
      M16[ram >>> 1] = value;
      if (codeLines[ram >>> 5]) cpu.storedToCode(ram, 2);
    } else if (!isReadOnly(address)) {
      rp2040.writeUint16(address >>> 0, value >>> 0);
      cpu.afterAccess();
    }
  }

  function write8(address, value) {
    const ram = address - RAM_BASE;
    if (ram >>> 0 < RAM_SIZE) {
      M8[ram] = value;
      if (codeLines[ram >>> 5]) cpu.storedToCode(ram, 1);
    } else if (!isReadOnly(address)) {
      rp2040.writeUint8(address >>> 0, value >>> 0);
      cpu.afterAccess();
    }
  }

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
      case 0: result = R[Z] === 0; break;
      case 1: result = R[C] !== 0; break;
      case 2: result = R[N] < 0; break;
      case 3: result = R[V] < 0; break;
      case 4: result = R[C] !== 0 && R[Z] !== 0; break;
      case 5: result = (R[N] ^ R[V]) >= 0; break;
      default: result = (R[N] ^ R[V]) >= 0 && R[Z] !== 0; break;
    }
    return cond & 1 ? !result : result;
  }

  const register = (n, pc) => (n === PC ? (pc + 4) | 0 : R[n]);

  /** Branch to an interworking address or leave an exception. */
  function branchExchange(target) {
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

  function wide(pc, first) {
    const second = fetch((pc + 2) | 0);
    R[PC] = (pc + 4) | 0;
    R[CYCLES] += 3;
    switch (wideKind(first, second)) {
      case W.BL:
        R[LR] = (pc + 4) | 1;
        R[PC] = (pc + 4 + blOffset(first, second)) | 0;
        return;
      case W.BARRIER:
        return;
      case W.MRS:
        R[(second >> 8) & 0xf] = core.readSpecialRegister(second & 0xff);
        return;
      case W.MSR:
        cpu.writeSpecialRegister(second & 0xff, R[first & 0xf]);
        return;
      default:
        R[CYCLES] -= 2;
        cpu.fault('undefined instruction', pc, pc);
    }
  }

  /** Load or store at `address`; `size` in bytes. False (and a HardFault taken) if it is not aligned (ARM ARM A3.2.1). */
  function aligned(address, size, pc) {
    if (address & (size - 1)) {
      R[CYCLES] += 1;
      cpu.fault('unaligned access', pc, address);
      return false;
    }
    return true;
  }

  function load(t, address, size, signed, pc) {
    if (!aligned(address, size, pc)) return;
    let value;
    if (size === 4) value = read32(address);
    else if (size === 2) value = signed ? (read16(address) << 16) >> 16 : read16(address);
    else value = signed ? (read8(address) << 24) >> 24 : read8(address);
    R[t] = value;
    R[CYCLES] += 1 + ioCycles(address, false);
  }

  function store(t, address, size, pc) {
    if (!aligned(address, size, pc)) return;
    const value = R[t];
    if (size === 4) write32(address, value);
    else if (size === 2) write16(address, value);
    else write8(address, value);
    R[CYCLES] += 1 + ioCycles(address, true);
  }

  /** Execute the instruction `op`, which stands at `pc`. */
  function execute(op, pc) {
    R[PC] = (pc + 2) | 0;
    const a = op & 7; // the field at bit 0
    const b = (op >> 3) & 7; // the field at bit 3
    const t = (op >> 8) & 7; // the field at bit 8
    const imm5 = (op >> 6) & 31; // also Rm, imm3 (masked with 7)
    const imm8 = op & 0xff;
    let cycles = 1;
    switch (KIND[op]) {
      case K.LSLI: R[a] = shiftLeft(R[b], imm5); break;
      case K.LSRI: R[a] = shiftRight(R[b], imm5 || 32); break;
      case K.ASRI: R[a] = shiftRightArithmetic(R[b], imm5 || 32); break;
      case K.ADDR: R[a] = addFlags(R[b], R[imm5 & 7], 0); break;
      case K.SUBR: R[a] = subFlags(R[b], R[imm5 & 7]); break;
      case K.ADDI3: R[a] = addFlags(R[b], imm5 & 7, 0); break;
      case K.SUBI3: R[a] = subFlags(R[b], imm5 & 7); break;
      case K.MOVI: R[t] = imm8; setNZ(imm8); break;
      case K.CMPI: subFlags(R[t], imm8); break;
      case K.ADDI8: R[t] = addFlags(R[t], imm8, 0); break;
      case K.SUBI8: R[t] = subFlags(R[t], imm8); break;
      case K.AND: setNZ((R[a] &= R[b])); break;
      case K.EOR: setNZ((R[a] ^= R[b])); break;
      case K.LSLR: R[a] = shiftLeft(R[a], R[b] & 0xff); break;
      case K.LSRR: R[a] = shiftRight(R[a], R[b] & 0xff); break;
      case K.ASRR: R[a] = shiftRightArithmetic(R[a], R[b] & 0xff); break;
      case K.ADC: R[a] = addFlags(R[a], R[b], R[C]); break;
      case K.SBC: R[a] = addFlags(R[a], ~R[b], R[C]); break;
      case K.ROR: R[a] = rotateRight(R[a], R[b] & 0xff); break;
      case K.TST: setNZ(R[a] & R[b]); break;
      case K.NEG: R[a] = subFlags(0, R[b]); break;
      case K.CMPR: subFlags(R[a], R[b]); break;
      case K.CMN: addFlags(R[a], R[b], 0); break;
      case K.ORR: setNZ((R[a] |= R[b])); break;
      case K.MUL: setNZ((R[a] = Math.imul(R[a], R[b]))); break;
      case K.BIC: setNZ((R[a] &= ~R[b])); break;
      case K.MVN: setNZ((R[a] = ~R[b])); break;
      case K.ADDH: {
        const d = ((op >> 4) & 8) | a;
        const sum = (register(d, pc) + register((op >> 3) & 15, pc)) | 0;
        R[d] = d === PC ? sum & ~1 : d === SP ? sum & ~3 : sum;
        if (d === PC) cycles = 2;
        break;
      }
      case K.CMPH: subFlags(register(((op >> 4) & 8) | a, pc), register((op >> 3) & 15, pc)); break;
      case K.MOVH: {
        const d = ((op >> 4) & 8) | a;
        const value = register((op >> 3) & 15, pc);
        R[d] = d === PC ? value & ~1 : d === SP ? value & ~3 : value;
        if (d === PC) cycles = 2;
        break;
      }
      case K.BX: branchExchange(register((op >> 3) & 15, pc)); cycles = 2; break;
      case K.BLX: {
        const target = register((op >> 3) & 15, pc); // before LR is written: BLX LR is allowed
        R[LR] = (pc + 2) | 1;
        R[PC] = target & ~1;
        cycles = 2;
        break;
      }
      case K.LDRLIT: load(t, (((pc + 4) & ~3) + (imm8 << 2)) | 0, 4, false, pc); return;
      case K.STRR: store(a, (R[b] + R[imm5 & 7]) | 0, 4, pc); return;
      case K.STRHR: store(a, (R[b] + R[imm5 & 7]) | 0, 2, pc); return;
      case K.STRBR: store(a, (R[b] + R[imm5 & 7]) | 0, 1, pc); return;
      case K.LDRSBR: load(a, (R[b] + R[imm5 & 7]) | 0, 1, true, pc); return;
      case K.LDRR: load(a, (R[b] + R[imm5 & 7]) | 0, 4, false, pc); return;
      case K.LDRHR: load(a, (R[b] + R[imm5 & 7]) | 0, 2, false, pc); return;
      case K.LDRBR: load(a, (R[b] + R[imm5 & 7]) | 0, 1, false, pc); return;
      case K.LDRSHR: load(a, (R[b] + R[imm5 & 7]) | 0, 2, true, pc); return;
      case K.STRI: store(a, (R[b] + (imm5 << 2)) | 0, 4, pc); return;
      case K.LDRI: load(a, (R[b] + (imm5 << 2)) | 0, 4, false, pc); return;
      case K.STRBI: store(a, (R[b] + imm5) | 0, 1, pc); return;
      case K.LDRBI: load(a, (R[b] + imm5) | 0, 1, false, pc); return;
      case K.STRHI: store(a, (R[b] + (imm5 << 1)) | 0, 2, pc); return;
      case K.LDRHI: load(a, (R[b] + (imm5 << 1)) | 0, 2, false, pc); return;
      case K.STRSP: store(t, (R[SP] + (imm8 << 2)) | 0, 4, pc); return;
      case K.LDRSP: load(t, (R[SP] + (imm8 << 2)) | 0, 4, false, pc); return;
      case K.ADR: R[t] = (((pc + 4) & ~3) + (imm8 << 2)) | 0; break;
      case K.ADDSPR: R[t] = (R[SP] + (imm8 << 2)) | 0; break;
      case K.ADDSP: R[SP] = (R[SP] + ((op & 0x7f) << 2)) & ~3; break;
      case K.SUBSP: R[SP] = (R[SP] - ((op & 0x7f) << 2)) & ~3; break;
      case K.SXTH: R[a] = (R[b] << 16) >> 16; break;
      case K.SXTB: R[a] = (R[b] << 24) >> 24; break;
      case K.UXTH: R[a] = R[b] & 0xffff; break;
      case K.UXTB: R[a] = R[b] & 0xff; break;
      case K.REV: {
        const x = R[b];
        R[a] = (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
        break;
      }
      case K.REV16: R[a] = ((R[b] & 0x00ff00ff) << 8) | ((R[b] >>> 8) & 0x00ff00ff); break;
      case K.REVSH: R[a] = ((R[b] << 24) >> 16) | ((R[b] >>> 8) & 0xff); break;
      case K.PUSH: {
        const low = countBits(imm8);
        const size = 4 * (low + ((op >> 8) & 1));
        if (!aligned(R[SP], 4, pc)) return;
        const end = storeMultiple((R[SP] - size) | 0, imm8);
        if (op & 0x100) write32(end, R[LR]);
        R[SP] = (R[SP] - size) & ~3;
        cycles = 1 + low; // rp2040js does not count LR
        break;
      }
      case K.POP: {
        if (!aligned(R[SP], 4, pc)) return;
        const end = loadMultiple(R[SP], imm8);
        cycles = 1 + countBits(imm8);
        if (op & 0x100) {
          R[SP] = (end + 4) & ~3;
          branchExchange(read32(end));
          cycles += 2;
        } else {
          R[SP] = end & ~3;
        }
        break;
      }
      case K.STM:
        if (!aligned(R[t], 4, pc)) return;
        R[t] = storeMultiple(R[t], imm8); // always writes back (ARM ARM A6.7.58)
        cycles = 1 + countBits(imm8);
        break;
      case K.LDM: {
        if (!aligned(R[t], 4, pc)) return;
        const end = loadMultiple(R[t], imm8);
        if (!(imm8 & (1 << t))) R[t] = end;
        cycles = 1 + countBits(imm8);
        break;
      }
      case K.CPSID: core.PM = true; break;
      case K.CPSIE:
        core.PM = false;
        core.interruptsUpdated = true;
        R[LIMIT] = -1;
        break;
      case K.NOP: break;
      case K.SEV: core.eventRegistered = true; break;
      case K.WFE:
        cycles = 2;
        if (core.eventRegistered) core.eventRegistered = false;
        else cpu.sleep();
        break;
      case K.WFI:
        cycles = 2;
        if (!cpu.wakeUpPending()) cpu.sleep();
        break;
      case K.SVC:
        core.pendingSVCall = true;
        core.interruptsUpdated = true;
        R[LIMIT] = -1;
        break;
      case K.BKPT:
        core.breakRewind = 2;
        rp2040.onBreak(imm8);
        cpu.afterAccess();
        break;
      case K.BCC:
        if (condition((op >> 8) & 15)) {
          R[PC] = (pc + 4 + bccOffset(op)) | 0;
          cycles = 2;
        }
        break;
      case K.B: R[PC] = (pc + 4 + bOffset(op)) | 0; cycles = 2; break;
      case K.WIDE: wide(pc, op); return;
      default:
        R[CYCLES] += 1;
        cpu.fault('undefined instruction', pc, pc);
        return;
    }
    R[CYCLES] += cycles;
  }

  /** Execute one instruction at PC. */
  function step() {
    const pc = R[PC];
    execute(fetch(pc), pc);
  }

  /** Execute from PC up to and with the next instruction that ends a block, or until the limit. */
  function runBlock() {
    for (;;) {
      const pc = R[PC];
      const op = fetch(pc);
      execute(op, pc);
      if (R[PC] !== pc + 2 || ENDS_BLOCK[KIND[op]] || R[CYCLES] >= R[LIMIT]) return;
    }
  }

  return { step, runBlock, fetch };
}
