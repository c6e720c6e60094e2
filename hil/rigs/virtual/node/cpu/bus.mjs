/**
 * What the interpreter of the fast CPU reads and writes: memories directly, everything else through the chip's
 * peripherals.
 */
import { FLASH_BASE, RAM_BASE, RAM_SIZE, ROM_SIZE, isReadOnly } from './state.mjs';
import { isXip } from './xip_cache.mjs';

const PERIPHERALS = 0x40000000;
const PERIPHERALS_SIZE = 0x10400000; // up to and with PIO1
const SIO = 0xd0000000;

/**
 * Cycles of a load or store beyond the instruction's own, in which the address goes out (datasheet 2.1.4, 2.4.3.3): none
 * at SIO's port, 1 on AHB, through the bridge to APB 3 to read (registered, set-up, access) and 4 to write (it waits for
 * the data, too).
 */
export function ioCycles(address, write) {
  const top = address >>> 28;
  if (top === 0xd) return 0;
  if (top === 0x4) return write ? 4 : 3;
  return 1;
}

/**
 * The bus of one CPU. `cpu` provides: state (CpuState), storedToCode(offset, length), afterAccess(). Addresses are
 * those of the chip, as signed 32-bit numbers, and aligned. Returns `{ fetch, read32, read16, read8, write32, write16,
 * write8, bindPeripherals }`.
 */
export function makeBus(cpu) {
  const { state } = cpu;
  const { xip } = state.memory;
  const { rp2040, M8, M16, M32, F8, F16, F32, B16, B32, codeLines, flashSize } = state;

  function fetch(pc) {
    const flash = pc - FLASH_BASE;
    if (flash >>> 0 < flashSize) return F16[flash >>> 1];
    const ram = pc - RAM_BASE;
    if (ram >>> 0 < RAM_SIZE) return M16[ram >>> 1];
    if (pc >>> 0 < ROM_SIZE) return B16[pc >>> 1];
    return rp2040.readUint16((pc & ~1) >>> 0) & 0xffff;
  }

  // rp2040js finds a peripheral by a chain of comparisons and a hash table: keep them in a flat list, by 16 KB
  const peripherals = new Array(PERIPHERALS_SIZE >>> 14).fill(null);

  /** Take note of the chip's peripherals: at the start, and when it has been given others. */
  function bindPeripherals() {
    peripherals.fill(null);
    for (const [key, peripheral] of Object.entries(rp2040.peripherals)) {
      const index = (Number(key) * 0x1000 - PERIPHERALS) >>> 14;
      if (index < peripherals.length) peripherals[index] = peripheral;
    }
  }
  bindPeripherals();

  const peripheralAt = (address) => {
    const offset = (address - PERIPHERALS) >>> 0;
    return offset < PERIPHERALS_SIZE ? peripherals[offset >>> 14] : null;
  };

  function readPeripheral(address) {
    if (address >>> 28 === SIO >>> 28) return rp2040.sio.readUint32((address - SIO) >>> 0) | 0;
    const peripheral = peripheralAt(address);
    return (peripheral === null ? rp2040.readUint32(address >>> 0) : peripheral.readUint32(address & 0x3fff)) | 0;
  }

  function writePeripheral(address, value) {
    if (address >>> 28 === SIO >>> 28) {
      rp2040.sio.writeUint32((address - SIO) >>> 0, value >>> 0);
      return;
    }
    const peripheral = peripheralAt(address);
    if (peripheral === null) rp2040.writeUint32(address >>> 0, value >>> 0);
    else peripheral.writeUint32Atomic(address & 0xfff, value >>> 0, (address & 0x3000) >> 12);
  }

  function read32(address) {
    const ram = address - RAM_BASE;
    if (ram >>> 0 < RAM_SIZE) return M32[ram >>> 2];
    if (xip !== null && isXip(address)) xip.access(address);
    const flash = address - FLASH_BASE;
    if (flash >>> 0 < flashSize) return F32[flash >>> 2];
    if (address >>> 0 < ROM_SIZE) return B32[address >>> 2];
    const value = readPeripheral(address);
    cpu.afterAccess();
    return value;
  }

  function read16(address) {
    const ram = address - RAM_BASE;
    if (ram >>> 0 < RAM_SIZE) return M16[ram >>> 1];
    if (xip !== null && isXip(address)) xip.access(address);
    const flash = address - FLASH_BASE;
    if (flash >>> 0 < flashSize) return F16[flash >>> 1];
    const value = rp2040.readUint16(address >>> 0) & 0xffff;
    cpu.afterAccess();
    return value;
  }

  function read8(address) {
    const ram = address - RAM_BASE;
    if (ram >>> 0 < RAM_SIZE) return M8[ram];
    if (xip !== null && isXip(address)) xip.access(address);
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
      writePeripheral(address, value);
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

  return { fetch, read32, read16, read8, write32, write16, write8, bindPeripherals };
}
