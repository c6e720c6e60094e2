/**
 * One small program for each point in which rp2040js 1.4.1 contradicts the ARMv6-M manual, with the outcome that the
 * manual demands. FastCpu must reach it, interpreted and translated; rp2040js must not (else the correction has no
 * reason).
 */
import { FastCpu } from '../cpu/fast.mjs';

const RAM = 0x20000000;
const START = RAM + 0x8000;
const HANDLER = RAM + 0x400;
const END = 0xe7fe; // b .
const IRQ = 3;

/**
 * name (as in reference.mjs), code, registers and other state before, words of RAM, `during`: done when the core sleeps,
 * state expected after.
 */
export const CASES = [
  {
    name: 'unaligned access takes a HardFault',
    code: [0x6808], // ldr r0, [r1]
    before: { r0: 7, r1: START + 1 },
    after: { r0: 7, IPSR: 3, pc: HANDLER },
  },
  {
    name: 'undefined instruction takes a HardFault',
    code: [0xde00], // udf #0
    before: {},
    after: { IPSR: 3, pc: HANDLER },
  },
  {
    name: 'BLX LR branches to the old LR',
    code: [0x47f0, 0x2001, END, 0x2002], // blx lr; movs r0, #1; b .; movs r0, #2
    before: { r14: START + 6 + 1 },
    after: { r0: 2, r14: START + 2 + 1 },
  },
  ...[
    [0x40c8, 'LSRS'],
    [0x4108, 'ASRS'],
    [0x41c8, 'RORS'],
  ].flatMap(([op, mnemonic]) =>
    [false, true].map((C) => ({
      name: 'a shift by 0 keeps the carry',
      detail: `${mnemonic}, C = ${C}`,
      code: [op], // op r0, r1
      before: { r0: C ? 1 : 0x80000000, r1: 0x100, C },
      after: { r0: C ? 1 : 0x80000000, C },
    })),
  ),
  {
    name: 'LSLS by more than 32 clears the carry',
    code: [0x4088], // lsls r0, r1
    before: { r0: 0x80000000, r1: 33, C: true },
    after: { r0: 0, C: false, Z: true },
  },
  {
    name: 'ADCS overflow counts the carry once',
    code: [0x4148], // adcs r0, r1
    before: { r0: 0x7fffffff, r1: 0, C: true },
    after: { r0: 0x80000000, N: true, V: true, C: false },
  },
  {
    name: 'SBCS overflow counts the borrow once',
    code: [0x4188], // sbcs r0, r1
    before: { r0: 0, r1: 0x7fffffff, C: false },
    after: { r0: 0x80000000, N: true, V: false, C: false },
  },
  {
    name: 'STM always writes its base back',
    code: [0xc103], // stmia r1!, {r0, r1}
    before: { r0: 5, r1: START + 0x100 },
    after: { r1: START + 0x108 },
  },
  ...[
    [0xb500, 'PUSH {LR}', 1 + 1],
    [0xbd00, 'POP {PC}', 3 + 1],
  ].map(([op, detail, cycles]) => ({
    name: 'PUSH counts LR, POP counts PC',
    detail,
    code: [op, 0xbf30], // wfi
    before: { r13: START + 0x100, r14: START + 2 + 1, cycles: 0 },
    memory: { [START + 0x100]: START + 2 + 1 },
    after: { cycles: cycles + 2 },
  })),
  {
    name: "SEV sets the core's own event",
    code: [0xbf40, 0xbf20, 0x2001], // sev; wfe; movs r0, #1
    before: { r0: 0 },
    after: { r0: 1, waiting: false },
  },
  {
    name: 'WFI does not sleep on a pending exception',
    code: [0xb672, 0xbf30, 0x2001], // cpsid i; wfi; movs r0, #1
    before: { r0: 0, pending: true, PM: true },
    after: { r0: 1, waiting: false, IPSR: 0 },
  },
  {
    name: 'a sleeping core wakes without entering the handler while PRIMASK is set',
    code: [0xb672, 0xbf30, 0x2001], // cpsid i; wfi; movs r0, #1
    before: { r0: 0 },
    during: (core) => core.setInterrupt(IRQ, true),
    after: { r0: 1, IPSR: 0 },
  },
  {
    name: 'SysTick wakes a sleeping core',
    code: [0xbf30], // wfi
    before: {},
    during: (core) => Object.assign(core, { pendingSystick: true, interruptsUpdated: true }),
    after: { IPSR: 15, pc: HANDLER },
  },
  {
    name: 'handlers start at an even PC',
    code: [0xdf00], // svc #0
    before: {},
    after: { IPSR: 11, rawPc: HANDLER },
  },
  {
    name: 'MSR XPSR cannot write IPSR',
    code: [0xf380, 0x8803], // msr xpsr, r0
    before: { r0: 0xf0000005 },
    after: { IPSR: 0, N: true, Z: true, C: true, V: true },
  },
  {
    name: 'stack pointers are word aligned',
    code: [0xf380, 0x8809], // msr psp, r0
    before: { r0: START + 0x203 },
    after: { bankedSP: START + 0x200 },
  },
  {
    name: 'a store cannot change flash or boot ROM',
    code: [0x6008, 0x680a], // str r0, [r1]; ldr r2, [r1]
    before: { r0: 0x12345678, r1: 0x10000100 },
    after: { r2: 0xffffffff },
  },
];

function prepare(chip, { code, before, memory = {} }) {
  const { core } = chip;
  chip.logger = { debug() {}, info() {}, warn() {}, error() {} };
  new Uint32Array(chip.sram.buffer, chip.sram.byteOffset, 48).fill(HANDLER | 1);
  chip.sramView.setUint16(HANDLER - RAM, END, true);
  [...code, END].forEach((op, i) => chip.sramView.setUint16(START - RAM + 2 * i, op, true));
  for (const [address, value] of Object.entries(memory)) chip.sramView.setUint32(address - RAM, value, true);
  Object.assign(core, { VTOR: RAM, enabledInterrupts: 1 << IRQ, N: false, Z: false, C: false, V: false });
  core.registers.fill(0);
  core.registers[13] = RAM + 0x9000;
  core.registers[15] = START;
  for (const [name, value] of Object.entries(before)) {
    if (/^r\d+$/.test(name)) core.registers[Number(name.slice(1))] = value;
    else if (name === 'pending') core.pendingInterrupts = 1 << IRQ;
    else core[name] = value;
  }
}

/** Run until the code stands at a `b .`, or sleeps with nothing more to come. */
function finish(chip, during, advance) {
  const { core } = chip;
  let woken = !during;
  for (let n = 0; n < 40; n++) {
    advance();
    if (core.waiting) {
      if (woken) return;
      woken = true;
      during(core);
    } else if (!core.interruptsUpdated && chip.readUint16((core.PC & ~1) >>> 0) === END) return;
  }
}

function outcome(core, expected) {
  const value = (name) => {
    if (/^r\d+$/.test(name)) return core.registers[Number(name.slice(1))];
    if (name === 'pc') return (core.PC & ~1) >>> 0;
    return name === 'rawPc' ? core.PC : core[name];
  };
  return Object.fromEntries(Object.keys(expected).map((name) => [name, value(name)]));
}

/**
 * Run all cases. `makeChip` gives a fresh rp2040js RP2040. Returns a list of
 * `{ name, expected, interpreted, translated, stock, ok }`; `ok`: ours are as expected, and rp2040js's is not.
 */
export function runCases(makeChip) {
  return CASES.map((testCase) => {
    const { name, detail, during, after } = testCase;
    const ours = (hot) => {
      const chip = makeChip();
      const cpu = new FastCpu(chip, { hot });
      prepare(chip, testCase);
      cpu.reset();
      finish(chip, during, () => cpu.run(chip.core.cycles + 1));
      return outcome(chip.core, after);
    };
    const theirs = () => {
      const chip = makeChip();
      prepare(chip, testCase);
      finish(chip, during, () => chip.core.waiting || chip.core.executeInstruction());
      return outcome(chip.core, after);
    };
    const [interpreted, translated, stock] = [ours(Infinity), ours(1), theirs()];
    const [wanted, a, b, other] = [after, interpreted, translated, stock].map((values) => JSON.stringify(values));
    return {
      name,
      detail,
      expected: after,
      interpreted,
      translated,
      stock,
      ok: a === wanted && b === wanted && other !== wanted,
    };
  });
}
