/**
 * Programs whose cache misses can be counted on paper, with what the count is and why. Each runs interpreted and
 * translated; its accesses, misses and clocks must be those on paper both times.
 */
import { FastCpu, REASON } from '../cpu/fast.mjs';
import { CODE_FLASH, ChipMemory, FLASH_BASE, RAM_BASE, SLOT } from '../cpu/state.mjs';
import { XipCache } from '../cpu/xip_cache.mjs';
import { Random } from '../outside/random.mjs';

const MISS_CLK = 50;
const KB = 1024;
const WORDS = KB / 4; // of a KB

const NOP = 0xbf00;
const WFI = 0xbf30;
const SUBS_R0_1 = 0x3801;
const BEQ_OVER_BL = 0xd001;

/** BL from the address `from` to `to`. */
function bl(from, to) {
  const offset = to - (from + 4);
  return [0xf000 | ((offset >> 12) & 0x7ff), 0xf800 | ((offset >> 1) & 0x7ff)];
}

/**
 * `bytes` of code that ends in a branch to its beginning, r0 times through; then WFI in the word behind. Each pass
 * fetches bytes / 4 words, except that the last one fetches WFI's and not the branch's: bytes / 4 as well.
 */
const loopOf = (bytes) => [
  ...new Array((bytes - 8) / 2).fill(NOP),
  ...[SUBS_R0_1, BEQ_OVER_BL],
  ...bl(bytes - 4, 0),
  WFI,
];

/** For RAM: r0 loads of a word, from r1 on, each r3 bytes further. Nothing is fetched from flash. */
const LOADS = [0x680a, 0x18c9, SUBS_R0_1, 0xd1fb, WFI]; // ldr r2, [r1]; adds r1, r1, r3; subs r0, #1; bne; wfi

/** For flash: the line's upper half is fetched if r0 is 1, else the next line's lower one. */
const FORK = [SUBS_R0_1, 0xd101, NOP, WFI, WFI]; // subs r0, #1; bne; nop; wfi; wfi

const BLOCK_BYTES = 60; // of NOP, in a translated block (translate.mjs, MAX_CYCLES)

/** For flash, a line of it: r0 loads, in turn from r1 and from r1 ^ r3. Each pass fetches two words. */
const LOADS_IN_TURN = [0x680a, 0x4059, SUBS_R0_1, 0xd1fb, WFI]; // ldr r2, [r1]; eors r1, r3; subs r0, #1; bne; wfi

/** For flash, a line of it: the load is in the way of its set between two fetches, the second of the upper half. */
const LOAD_BETWEEN = [0x680a, NOP, NOP, WFI]; // ldr r2, [r1]; nop; nop; wfi

class Bench {
  /** @param translated whether code is translated before it runs, or only interpreted */
  constructor(makeChip, translated, { random = null } = {}) {
    this.translated = translated;
    this.chip = makeChip();
    this.chip.flash = new Uint8Array(CODE_FLASH);
    const memory = ChipMemory.of(this.chip);
    this.xip = memory.xip = new XipCache(memory, { missClk: MISS_CLK, random });
    this.cpu = new FastCpu(this.chip, { hot: Infinity });
  }

  /** Run halfwords at `at` with the given registers until they sleep: [accesses, misses, stalled clocks]. */
  run(program, at, registers) {
    const { chip, cpu, xip } = this;
    const { core } = chip;
    const inFlash = at < RAM_BASE;
    const bytes = inFlash ? chip.flash : chip.sram;
    const offset = at - (inFlash ? FLASH_BASE : RAM_BASE);
    new Uint16Array(bytes.buffer, bytes.byteOffset + offset, program.length).set(program);
    if (inFlash) cpu.invalidateFlash(offset, offset + 2 * program.length);
    else cpu.invalidateRam(offset, offset + 2 * program.length);
    if (this.translated) {
      const { blocks } = cpu;
      const step = program.length > BLOCK_BYTES ? BLOCK_BYTES : 2; // a miss ends a block anywhere
      for (let pc = at; pc < at + 2 * program.length; pc += step) blocks.queue.add(pc);
      blocks.translateQueue();
    }
    for (const [n, value] of Object.entries(registers)) core.registers[n] = value;
    core.registers[15] = at;
    core.waiting = false;
    core.cycles = 0;
    cpu.state.R[SLOT.FETCHED] = -1; // as after a branch
    const [accesses, missed] = [xip.accesses, xip.missed];
    let reason;
    do reason = cpu.run(core.cycles + 1000);
    while (reason === REASON.DEADLINE);
    return [xip.accesses - accesses, xip.missed - missed];
  }

  loop(kilobytes, passes) {
    return this.run(loopOf(kilobytes * KB), CODE, { 0: passes });
  }

  loads(count, address, stride) {
    return this.run(LOADS, RAM_BASE, { 0: count, 1: address, 3: stride });
  }
}

const CODE = FLASH_BASE + 0x40000; // in set 0
const [AT, VIEW] = [FLASH_BASE + 0x80000, 0x1000000];

/** [name, what is done => [accesses, misses] of each run, on paper]. `WORDS` is what a KB has. */
const CASES = [
  ['a straight line misses each word once', (b) => [1, 2, 3, 4].map(() => b.loop(8, 1)), [
    [8 * WORDS, 8 * WORDS], // the branch's word is not fetched, WFI's is
    ...new Array(3).fill([8 * WORDS, 0]),
  ]],
  ['a loop of less than the cache misses in its first pass only', (b) => [b.loop(8, 10)], [
    [80 * WORDS, 8 * WORDS + 1], // and WFI
  ]],
  ['a loop as large as the cache just fits', (b) => [b.loop(16, 10)], [[160 * WORDS, 16 * WORDS + 1]]],
  // 20 KB: 512 sets have three lines, which always replace the one needed next; 512 have two, which stay.
  ['of a loop a quarter larger, three fifths always miss', (b) => [b.loop(20, 10)], [
    [200 * WORDS, 20 * WORDS + 9 * 12 * WORDS],
  ]],
  ['a loop half as large again never hits', (b) => [b.loop(24, 10)], [[240 * WORDS, 240 * WORDS]]],
  ['a miss fetches half a line', (b) => [b.loads(512, AT, 8), b.loads(512, AT + 4, 8), b.loads(1024, AT, 4)], [
    [512, 512],
    [512, 512],
    [1024, 0],
  ]],
  ['a branch leaves the other half alone', (b) => [2, 1, 1].map((r0) => b.run(FORK, CODE, { 0: r0 })), [
    [2, 2],
    [2, 1],
    [2, 0],
  ]],
  ['two lines of a set stay', (b) => [b.loads(2, AT, 8 * KB), b.loads(2, AT, 8 * KB)], [[2, 2], [2, 0]]],
  ['of three the one used longest ago goes', (b) => [
    b.loads(2, AT, 8 * KB), // 0, 1
    b.loads(1, AT, 0), // 0 again: 1 is older now
    b.loads(1, AT + 16 * KB, 0), // 2 in the place of 1
    b.loads(1, AT, 0),
    b.loads(1, AT + 8 * KB, 0),
  ], [[2, 2], [1, 0], [1, 1], [1, 0], [1, 1]]],
  // Code is used between the loads: of the two lines that are loaded, each goes in favour of the other.
  ['code that is used stays', (b) => [b.run(LOADS_IN_TURN, CODE, { 0: 100, 1: AT, 3: 8 * KB })], [[301, 2 + 100 + 1]]],
  ['code that goes on behind a miss has been used after it', (b) => [
    b.run(LOAD_BETWEEN, CODE, { 1: AT }),
    b.run(LOAD_BETWEEN, CODE, { 1: AT + 8 * KB }),
    b.loads(1, AT + 16 * KB, 0), // in the place of the line loaded last
    b.loads(1, AT + 8 * KB, 0),
  ], [[3, 3], [3, 1], [1, 1], [1, 1]]],
  ['a line that comes back has lost its other half', (b) => [
    b.loads(2, AT, 4),
    b.loads(2, AT + 8 * KB, 8 * KB), // two others: it is gone
    b.loads(1, AT, 0),
    b.loads(1, AT + 4, 0),
  ], [[2, 2], [2, 2], [1, 1], [1, 1]]],
  ['XIP_NOALLOC looks and leaves', (b) => [
    b.loads(2, AT + VIEW, 0),
    b.loads(1, AT, 0),
    b.loads(2, AT + VIEW, 0),
  ], [[2, 2], [1, 1], [2, 0]]],
  ['XIP_NOCACHE fills without a look', (b) => [
    b.loads(2, AT + 2 * VIEW, 0),
    b.loads(1, AT, 0),
  ], [[2, 2], [1, 0]]],
  ['XIP_NOCACHE_NOALLOC does neither', (b) => [
    b.loads(2, AT + 3 * VIEW, 0),
    b.loads(1, AT, 0),
    b.loads(1, AT + 3 * VIEW, 0),
  ], [[2, 2], [1, 1], [1, 1]]],
  ['a flush forgets', (b) => [b.loads(1, AT, 0), (b.xip.flush(), b.loads(2, AT, 0))], [[1, 1], [2, 1]]],
  ['switched off, each access misses', (b) => [(b.xip.setControl(0), b.loop(8, 3))], [[24 * WORDS, 24 * WORDS]]],
];

/** Results: { name, ok, found, paper, stalled }. */
export function runCacheCases(makeChip) {
  const results = [];
  for (const [name, act, paper] of CASES) {
    for (const translated of [false, true]) {
      const bench = new Bench(makeChip, translated);
      const found = act(bench);
      const ok = JSON.stringify(found) === JSON.stringify(paper);
      results.push({ name: `${name}, ${translated ? 'translated' : 'interpreted'}`, found, paper, ok });
    }
  }
  return [...results, ...clocks(makeChip), ...randomWay(makeChip)];
}

/** A miss costs MISS_CLK, and nothing else changes: with and without, and at half the flash clock twice that. */
function clocks(makeChip) {
  return [false, true].flatMap((translated) => {
    const bench = new Bench(makeChip, translated);
    const took = (run) => {
      run();
      return bench.chip.core.cycles;
    };
    const cold = took(() => bench.loop(8, 5));
    const warm = took(() => bench.loop(8, 5));
    bench.xip.flush();
    bench.xip.setBaud(4);
    const slow = took(() => bench.loop(8, 5));
    const found = [cold - warm, slow - warm];
    const paper = [(8 * WORDS + 1) * MISS_CLK, (8 * WORDS + 1) * 2 * MISS_CLK];
    return { name: `clocks, ${translated ? 'translated' : 'interpreted'}`, found, paper, ok: String(found) === String(paper) };
  });
}

/** A random way: a loop of one and a half times the cache hits sometimes, as often for interpreter and translator. */
function randomWay(makeChip) {
  const [interpreted, translated] = [false, true].map((translated) =>
    new Bench(makeChip, translated, { random: new Random(1) }).loop(24, 10),
  );
  const [accesses, misses] = interpreted;
  const ok = String(interpreted) === String(translated) && misses > accesses / 2 && misses < accesses * 0.9;
  return [{ name: 'a random way', found: [interpreted, translated], paper: 'between 50 and 90 %, alike', ok }];
}
