/**
 * Random PIO programs that count in jumps to themselves, on two chips: one whose machines sleep while they count, one
 * whose machines take each turn. What the world and the processor do to them meets them in mid-count, and both must
 * show the same registers, flags, FIFOs and edges at the same times.
 */
import { Machine } from '../machine.mjs';
import { EVENT_PIN } from '../outside/events.mjs';

const PIO0 = 0x50200000;
const [CTRL, TXF0, RXF0, IRQ_FORCE, IRQ] = [0x000, 0x010, 0x020, 0x034, 0x030];
const [FSTAT, FLEVEL, FDEBUG, INSTR_MEM0, SM0] = [0x004, 0x00c, 0x008, 0x048, 0x0c8];
const [CLKDIV, EXECCTRL, SHIFTCTRL, ADDR, INSTR, PINCTRL] = [0x00, 0x04, 0x08, 0x0c, 0x10, 0x14];
const SM_SIZE = 0x18;
const GPIO_CTRL = 0x40014004;
const FUNCTION_PIO0 = 6;
const HZ = 125e6;
const CYCLE_NANOS = 8;
const PINS = 8; // from 0 on; the upper half is never an output, and driven from outside
const OUTPUTS = PINS / 2;
const SLICES = 24;

const [JMP_X_DEC, JMP_Y_DEC] = [0x0040, 0x0080];
const [PUSH, PULL, MOV_X_OSR, MOV_Y_OSR, MOV_ISR_X, MOV_ISR_Y] = [0x8000, 0x8080, 0xa027, 0xa047, 0xa0c1, 0xa0c2];
const [MOV_X_ALL_ONES, OUT_X, OUT_Y, OUT_PINS] = [0xa02b, 0x6020, 0x6040, 0x6000];

/** Its instructions, most of them such that machines count, count on, and meet each other. */
function randomInstruction(random, at) {
  const delay = random.next(3) === 0 ? random.next(32) << 8 : 0;
  const pin = random.next(PINS);
  const kinds = [
    () => random.pick([JMP_X_DEC, JMP_Y_DEC]) | at,
    () => random.pick([JMP_X_DEC, JMP_Y_DEC]) | at,
    () => random.pick([JMP_X_DEC, JMP_Y_DEC]) | at,
    () => (random.next(8) << 5) | random.next(32),
    () => 0xe000 | (random.pick([0, 1, 2, 4]) << 5) | random.next(32),
    () => random.pick([OUT_X, OUT_Y, OUT_PINS]) | (1 + random.next(12)),
    () => random.pick([MOV_X_OSR, MOV_Y_OSR, MOV_ISR_X, MOV_ISR_Y, MOV_X_ALL_ONES]),
    () => 0x4000 | (random.pick([0, 1, 2]) << 5) | (1 + random.next(12)),
    () => random.pick([PUSH, PULL]) | (random.next(2) << 5),
    () => 0x2000 | (random.next(2) << 7) | pin, // wait gpio
    () => 0xc000 | (random.next(2) << 6) | random.next(8),
  ];
  return random.pick(kinds)() | delay;
}

const randomDivider = (random) =>
  (random.pick([1, 1, 1, 2, 5]) << 16) | (random.next(3) === 0 ? random.next(256) << 8 : 0);

/** One chip whose core does nothing: PIO alone. */
class Bench {
  constructor(bootrom, asleep, circles) {
    this.machine = new Machine({ bootrom, executor: 'plain', roscHz: HZ });
    this.machine.powerOn();
    this.machine.chip.core.waiting = true; // for what never comes
    this.block = this.machine.chip.pio[0];
    for (const runner of this.block.runners) {
      runner.countsAsleep = asleep;
      runner.circlesAsleep = circles;
      runner.stepsOn = asleep;
      runner.looksAhead = asleep;
      const { step } = runner;
      runner.step = () => {
        this.steps++;
        step.call(runner);
      };
    }
    this.steps = 0;
    for (let pin = 0; pin < PINS; pin++) {
      this.machine.chip.writeUint32(GPIO_CTRL + 8 * pin, FUNCTION_PIO0);
      this.machine.watchPin(pin, true);
    }
    this.machine.events.take();
  }

  write(offset, value) {
    this.machine.chip.writeUint32(PIO0 + offset, value >>> 0);
  }

  read(offset) {
    return this.machine.chip.readUint32(PIO0 + offset) >>> 0;
  }

  /** All that a processor, by instructions put in, and a logic analyser could find out. */
  state() {
    const { block, machine } = this;
    const registers = [FSTAT, FLEVEL, FDEBUG, IRQ, CTRL].map((offset) => this.read(offset).toString(16));
    const machines = block.runners.map(({ machine: each }, index) => {
      const [addr, exec, instr] = [ADDR, EXECCTRL, INSTR].map((register) => this.read(SM0 + SM_SIZE * index + register));
      const { x, y, isr, isrCount, osr, osrCount, tx, rx } = each;
      return JSON.stringify({ index, addr, exec, instr, x, y, isr, isrCount, osr, osrCount, tx, rx });
    });
    const { levels, directions } = block.outputs;
    return [`${machine.now} ns`, ...machines, `FSTAT ... ${registers}`, `pins ${levels.bits}, ${directions.bits}`];
  }

  edges() {
    const edges = this.machine.events.take().filter(([, kind]) => kind === EVENT_PIN);
    return edges.sort((one, other) => one[0] - other[0] || one[2] - other[2]);
  }
}

/** What is done to both: a list of functions of a bench. */
function randomSetUp(random, shared) {
  const acts = [(bench) => bench.write(CTRL, 0)];
  for (let at = 0; at < 32; at++) {
    const opcode = randomInstruction(random, at);
    acts.push((bench) => bench.write(INSTR_MEM0 + 4 * at, opcode));
  }
  for (let index = 0; index < 4; index++) {
    const at = SM0 + SM_SIZE * index;
    const [start, divider, shift] = [random.next(32), randomDivider(random), random.word() & 0x3fff0000];
    const count = shared ? 2 : 1;
    const [side, base] = [0, 0].map(() => (shared ? random.next(OUTPUTS - 1) : index));
    const counts = (random.next(count + 1) << 29) | (count << 26) | (count << 20);
    const pins = counts | (random.next(OUTPUTS) << 15) | (side << 10) | (base << 5) | base;
    const exec = ((start + 3 + random.next(28)) % 32 << 12) | (start << 7) | (random.next(PINS) << 24);
    const words = [0, 1, 2, 3].map(() => random.word() >>> random.next(32));
    acts.push((bench) => {
      bench.write(at + CLKDIV, divider);
      bench.write(at + EXECCTRL, exec);
      bench.write(at + SHIFTCTRL, shift);
      bench.write(at + PINCTRL, pins);
      bench.write(at + INSTR, start); // jmp
      words.forEach((word) => bench.write(TXF0 + 4 * index, word));
    });
  }
  const some = 1 + random.next(15);
  acts.push((bench) => bench.write(CTRL, some));
  return acts;
}

/** Something that happens to a machine in mid-run. */
function randomAct(random, shared) {
  const index = random.next(4);
  const at = SM0 + SM_SIZE * index;
  const [word, some, pin, slot] = [random.word(), random.next(16), OUTPUTS + random.next(OUTPUTS), random.next(32)];
  const forced = random.pick([MOV_ISR_X, MOV_ISR_Y, PUSH, PULL, random.next(32), 0xe020 | slot, MOV_X_OSR, MOV_Y_OSR]);
  const divider = randomDivider(random);
  const opcode = randomInstruction(random, slot);
  const acts = [
    (bench) => bench.write(TXF0 + 4 * index, word >>> slot),
    (bench) => bench.write(TXF0 + 4 * index, word >>> slot),
    (bench) => bench.read(RXF0 + 4 * index),
    (bench) => bench.machine.drive(pin, word & 1),
    (bench) => bench.machine.drive(pin, word & 1),
    (bench) => bench.write(word & 1 ? IRQ_FORCE : IRQ, 1 << (slot & 7)),
    (bench) => bench.write(INSTR_MEM0 + 4 * slot, opcode),
    (bench) => bench.write(at + CLKDIV, divider),
    (bench) => bench.write(CTRL, some | (word & 0xff0)), // stop, start, restart, restart dividers
  ];
  const alone = [
    (bench) => bench.write(at + INSTR, forced),
    (bench) => bench.write(at + INSTR, forced),
    (bench) => bench.machine.chip.setSystemClock(word & 1 ? HZ : HZ / 2),
  ];
  const together = [(bench) => bench.write(at + PINCTRL, bench.read(at + PINCTRL) ^ (1 << 10))];
  return random.pick([...acts, ...(shared ? together : alone)]);
}

/**
 * `circles`: machines sleep while they go round in circles, too. Whoever does something at the very instant of a turn in
 * a circle comes before it, and after it where each turn is taken; so all is done between two turns then.
 */
export class PioFuzz {
  constructor(bootrom, random, circles) {
    this.random = random;
    this.circles = circles;
    this.benches = [true, false].map((asleep) => new Bench(bootrom, asleep, circles));
  }

  /** How many instructions were executed one by one, asleep and awake. */
  get steps() {
    return this.benches.map(({ steps }) => steps);
  }

  both(act) {
    this.benches.forEach(act);
  }

  /** One random program. Returns null, or a description of the difference. */
  iterate() {
    const { random } = this;
    // Machines that fight for their pins, or each with its own: who wins against an instruction that is put in from
    // outside in the very cycle, or in the cycle in which the clock changes, the datasheet does not say.
    const shared = random.next(2) === 0;
    randomSetUp(random, shared).forEach((act) => this.both(act));
    for (let slice = 0; slice < SLICES; slice++) {
      const cycles = 1 + random.next(random.pick([4, 40, 400, 4000]));
      // The processor acts at edges of the clock, the world at any time.
      const between = this.circles || random.next(4) === 0 ? (random.next(4096) / 4096) * CYCLE_NANOS : 0;
      const nanos = cycles * CYCLE_NANOS + between;
      this.both(({ machine }) => machine.run(Math.floor(machine.now / CYCLE_NANOS) * CYCLE_NANOS + nanos));
      const act = randomAct(random, shared);
      this.both(act);
      this.both(({ machine }) => machine.run(machine.now)); // what is due by now
      const [asleep, awake] = this.benches.map((bench) => [...bench.state(), ...bench.edges()].map(String));
      const at = Array.from({ length: 1 + Math.max(asleep.length, awake.length) }).findIndex((_, n) => asleep[n] !== awake[n]);
      if (at >= 0) {
        return `slice ${slice}, ${shared ? 'shared' : 'own'} pins, after ${act}: asleep ${asleep[at]}; awake ${awake[at]}`;
      }
    }
    return null;
  }
}
