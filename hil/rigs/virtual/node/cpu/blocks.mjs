/**
 * The translated blocks of one chip memory: which there are, when new ones are made, when old ones go, and the loop
 * that runs one block after the other. They belong to the memory, not to a core, and so outlive resets of the chip.
 */
import v8 from 'node:v8';
import { SLOT, AT, CODE_FLASH, CODE_LINE, FLASH_BASE, RAM_BASE, RAM_SIZE, ROM_SIZE } from './state.mjs';
import { loadSlot } from './trace.mjs';
import { spaceOf, translate } from './translate.mjs';
import {
  i32,
  local,
  when,
  choose,
  branch,
  loop,
  callImport,
  callTable,
  encodeModule,
  functionBody,
} from './wasm.mjs';

const { PC, CYCLES, LIMIT } = SLOT;

/**
 * V8 optimises a WebAssembly function after so many bytes of it were executed (its default is 1,800,000: firmware
 * spreads its time over too many functions for that). Measured: a third less time for a running rover, 0.3 s more for a
 * start.
 */
const TIERING_BUDGET = 200_000;
v8.setFlagsFromString(`--wasm-tiering-budget=${TIERING_BUDGET}`);

/** Blocks are compiled together: when so many wait, or after so many interpreted passes with one waiting. */
const BATCH = 48;
const PATIENCE = 1500;

/** Versions of the code at one address that are remembered. */
const VERSIONS = 4;

/** Bytes of flash whose blocks are listed together. */
const FLASH_SECTOR = 4096;

const blocksOfMemory = new WeakMap();

/** The dispatcher: looks PC up, calls the block or the import, until CYCLES >= LIMIT. */
function dispatcherCode() {
  const pc = local.get(0);
  const offset = local.get(1);
  const entry = local.get(2);
  const lookUp = (base, size, table, otherwise) => [
    ...local.set(1, i32.sub(pc, i32.const(base))),
    ...choose(
      i32.lt_u(offset, i32.const(size)),
      i32.load(table, i32.shl(i32.shr_u(offset, i32.const(1)), i32.const(2))),
      otherwise,
    ),
  ];
  const inRom = lookUp(0, ROM_SIZE, AT.BLOCKS_ROM, i32.const(0));
  const inRam = lookUp(RAM_BASE, RAM_SIZE, AT.BLOCKS_RAM, inRom);
  const inFlash = lookUp(FLASH_BASE, CODE_FLASH, AT.BLOCKS_FLASH, inRam);
  return {
    locals: 3,
    code: loop([
      ...local.set(0, loadSlot(PC)),
      ...local.set(2, inFlash),
      ...when(entry, callTable(entry), callImport),
      ...when(i32.lt_s(loadSlot(CYCLES), loadSlot(LIMIT)), branch(1)),
    ]),
  };
}

export class Blocks {
  /** The blocks of a ChipMemory; `hot`: interpreted passes through a block before it is translated. */
  static of(memory, hot) {
    if (!blocksOfMemory.has(memory)) blocksOfMemory.set(memory, new Blocks(memory, hot));
    return blocksOfMemory.get(memory);
  }

  constructor(memory, hot) {
    this.memory = memory;
    this.hot = hot;
    this.statistics = { blocks: 0, translated: 0, modules: 0, bytes: 0 };
    /** Set by the CPU that runs now: execute one instruction; execute one block, both by the interpreter. */
    this.step = null;
    this.runBlock = null;
    const { buffer } = memory.wasm;
    this.state = new Int32Array(buffer, 0, 32);
    this.halfwords = new Map([
      [0, new Uint16Array(buffer, AT.ROM, ROM_SIZE / 2)],
      [RAM_BASE, new Uint16Array(buffer, AT.RAM, RAM_SIZE / 2)],
      [FLASH_BASE, memory.flash16],
    ]);
    this.codeFlash = Math.min(CODE_FLASH, memory.flashSize);
    const entries = (at, size) => new Int32Array(buffer, at, size / 2);
    this.entries = new Map([
      [0, entries(AT.BLOCKS_ROM, ROM_SIZE)],
      [RAM_BASE, entries(AT.BLOCKS_RAM, RAM_SIZE)],
      [FLASH_BASE, entries(AT.BLOCKS_FLASH, CODE_FLASH)],
    ]);
    this.heat = new Map([...this.entries].map(([base, list]) => [base, new Uint8Array(list.length)]));
    this.codeLines = new Uint8Array(buffer, AT.CODE_LINES, RAM_SIZE / CODE_LINE);
    this.lists = new Map(); // place (line of RAM, sector of flash, the ROM) -> Set of blocks in use
    this.known = new Map(); // address -> blocks made for it, in use or not: code may come back (a reset, a reload)
    this.queue = new Set();
    this.waited = 0;
    this.flashSuspended = false;
    this.table = new WebAssembly.Table({ element: 'anyfunc', initial: 4096 });
    this.used = 1; // 0 means 'no block': a function that only returns to the dispatcher
    this.imports = { m: memory.wasm, t: this.table, g: () => this.runBlock() };
    this.#compile([functionBody({ locals: 0, code: [] })], 0, () => {});
    const dispatcher = this.#compile([functionBody(dispatcherCode())], null, () => this.cold());
    /** Run blocks from PC on until CYCLES >= LIMIT. */
    this.dispatch = dispatcher.exports.f0;
    this.stepImport = () => this.step();
  }

  #compile(functions, tableAt, imported) {
    const bytes = encodeModule(functions, tableAt);
    this.statistics.modules++;
    this.statistics.bytes += bytes.length;
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { e: { ...this.imports, f: imported } });
  }

  /** The dispatcher found no block at PC: interpret, and count. */
  cold() {
    const pc = this.state[PC];
    const space = spaceOf(pc, this.codeFlash);
    if (space !== null && !(this.flashSuspended && space.base === FLASH_BASE)) {
      const heat = this.heat.get(space.base);
      const index = (pc - space.base) >>> 1;
      if (heat[index] === 0 && this.#reuse(pc)) return; // the dispatcher looks again
      if (heat[index] < 255 && ++heat[index] === this.hot) this.queue.add(pc);
      if (
        this.queue.size &&
        !this.flashSuspended &&
        (this.queue.size >= BATCH || ++this.waited > PATIENCE || this.hot === 1)
      ) {
        this.translateQueue();
        return;
      }
    }
    this.runBlock();
  }

  /** Take a block into use that was made for the code now at `pc`. */
  #reuse(pc) {
    const block = this.known.get(pc)?.find((known) => this.#sourceOf(known) === known.source);
    if (block) this.#enter(block);
    return block !== undefined;
  }

  /** Translate all blocks that wait, as one module. */
  translateQueue() {
    const made = [...this.queue].map((pc) => this.#translate(pc));
    this.queue.clear();
    this.waited = 0;
    this.statistics.translated += made.length;
    this.add(made);
    for (const block of made) this.#enter(block);
  }

  /** Compile blocks `{ pc, base, ranges, source, body }`, to be used when their code is found at `pc`. */
  add(made) {
    while (this.used + made.length > this.table.length) this.table.grow(4096);
    this.#compile(
      made.map(({ body }) => body),
      this.used,
      this.stepImport,
    );
    for (const block of made) {
      block.entry = this.used++;
      const versions = this.known.get(block.pc) ?? [];
      this.known.set(block.pc, [block, ...versions].slice(0, VERSIONS));
    }
  }

  #translate(pc) {
    const space = spaceOf(pc, this.codeFlash);
    const code = this.halfwords.get(space.base);
    const read16 = (address) => code[(address - space.base) >>> 1];
    const read32 = (address) => read16(address) | (read16(address + 2) << 16);
    const { ranges, ...body } = translate(pc, space, this.memory, { read16, read32 });
    const block = { pc, base: space.base, ranges, body: functionBody(body) };
    block.source = this.#sourceOf(block);
    return block;
  }

  /** The code a block was, or would now be, made from. */
  #sourceOf({ base, ranges }) {
    const code = this.halfwords.get(base);
    return ranges.map(([from, to]) => code.subarray((from - base) >>> 1, (to - base) >>> 1).join()).join();
  }

  /** Keys under which a block over the address ranges of a space is listed. */
  #placesOf({ base, ranges }) {
    const unit = { 0: ROM_SIZE, [RAM_BASE]: CODE_LINE, [FLASH_BASE]: FLASH_SECTOR }[base];
    const places = new Set();
    for (const [from, to] of ranges) {
      for (let at = from - ((from - base) % unit); at < to; at += unit) places.add(at);
    }
    return places;
  }

  #enter(block) {
    this.statistics.blocks++;
    this.entries.get(block.base)[(block.pc - block.base) >>> 1] = block.entry;
    for (const place of this.#placesOf(block)) {
      if (!this.lists.has(place)) this.lists.set(place, new Set());
      this.lists.get(place).add(block);
      if (block.base === RAM_BASE) this.codeLines[(place - RAM_BASE) / CODE_LINE] = 1;
    }
  }

  #drop(block) {
    const index = (block.pc - block.base) >>> 1;
    this.statistics.blocks--;
    this.entries.get(block.base)[index] = 0;
    this.heat.get(block.base)[index] = 0;
    for (const place of this.#placesOf(block)) {
      const list = this.lists.get(place);
      list.delete(block);
      if (list.size) continue;
      this.lists.delete(place);
      if (block.base === RAM_BASE) this.codeLines[(place - RAM_BASE) / CODE_LINE] = 0;
    }
  }

  /**
   * Flash cannot be read for now (it erases or programs): code there is fetched and interpreted as what it reads as.
   */
  suspendFlash() {
    if (this.flashSuspended) return;
    this.flashSuspended = true;
    this.#eachFlashBlock((list, index) => (list[index] = 0));
  }

  resumeFlash() {
    if (!this.flashSuspended) return;
    this.flashSuspended = false;
    this.#eachFlashBlock((list, index, block) => (list[index] = block.entry));
  }

  #eachFlashBlock(act) {
    const list = this.entries.get(FLASH_BASE);
    for (const [place, blocks] of this.lists) {
      if (place < FLASH_BASE || place >= FLASH_BASE + this.codeFlash) continue;
      for (const block of blocks) act(list, (block.pc - FLASH_BASE) >>> 1, block);
    }
  }

  /** The bytes at [from, to) may have changed: blocks whose code did are dropped. Returns whether there were any. */
  verify(from, to) {
    let dropped = false;
    const space = spaceOf(from, this.codeFlash);
    if (space === null) return false;
    const end = Math.min(to, space.base + space.size);
    const check = (block) => {
      if (!block.ranges.some(([low, high]) => low < end && from < high)) return;
      if (this.#sourceOf(block) === block.source) return;
      this.#drop(block);
      dropped = true;
    };
    // the places that are listed are few: over a wide range, look through those instead of all possible ones
    const wide = end - from > FLASH_SECTOR;
    const places = wide ? this.lists.keys() : this.#placesOf({ base: space.base, ranges: [[from, end]] });
    for (const place of places) {
      if (wide && (place < space.base || place >= end)) continue;
      for (const block of [...(this.lists.get(place) ?? [])]) check(block);
    }
    return dropped;
  }

  /** Check all blocks of flash, RAM and boot ROM against their code. */
  verifyAll() {
    this.verify(FLASH_BASE, FLASH_BASE + this.codeFlash);
    this.verify(RAM_BASE, RAM_BASE + RAM_SIZE);
    this.verify(0, ROM_SIZE);
  }
}
