/**
 * Proof that FastCpu does what rp2040js does, and how much faster. Usage:
 *
 *   node check.mjs cases
 *   node check.mjs cache
 *   node check.mjs clocks
 *   node check.mjs fuzz [--seed N] [--count N] [--hot N|never] [--xip-miss-clk N]
 *   node check.mjs pio [--seed N] [--count N] [--circles]
 *   node check.mjs lockstep --uf2 FILE [--script FILE] [--seconds N] [--xip-miss-clk N]
 *   node check.mjs bench --uf2 FILE [--script FILE] [--seconds N]
 *
 * cases: one program for each point in which rp2040js contradicts the ARMv6-M manual. cache, clocks: programs whose
 * cache misses, and whose clocks, can be counted on paper. fuzz: random programs. pio: random PIO programs, asleep while
 * they count and turn by turn. lockstep: the firmware on two virtual
 * Picos, one with FastCpu and one with the reference, compared every 200 cycles. bench: the firmware on FastCpu and on
 * rp2040js's interpreter, one after the other. With --script, Python source is sent to the raw REPL after the boot, and
 * the run ends with it; else after --seconds of emulated time. Prints one line of JSON; exit status 1 if they differ, 2
 * for a usage error.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { RP2040 } from 'rp2040js';
import { FLASH_SIZE } from '../flash/nor.mjs';
import { Machine } from '../machine.mjs';
import { EVENT_USB } from '../outside/events.mjs';
import { runCacheCases } from './cache_cases.mjs';
import { runCases } from './cases.mjs';
import { runClockCases } from './clock_cases.mjs';
import { Fuzz, Random } from './fuzz.mjs';
import { PaperCache } from './paper_cache.mjs';
import { PioFuzz } from './pio_fuzz.mjs';
import { Reference, differences } from './reference.mjs';

const FLASH = 0x10000000;
const MOST_CYCLES = 400; // between two comparisons
const BOOT_NANOS = 2e9; // the console answers long before

function bootrom() {
  const file = readFileSync(fileURLToPath(new URL('../../bootrom_b1.bin', import.meta.url)));
  return new Uint32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
}

function flashImage(uf2) {
  const file = readFileSync(uf2);
  const image = new Uint8Array(FLASH_SIZE).fill(0xff);
  for (let at = 0; at < file.length; at += 512) {
    const size = file.readUInt32LE(at + 16);
    image.set(file.subarray(at + 32, at + 32 + size), file.readUInt32LE(at + 12) - FLASH);
  }
  return image;
}

/** A virtual Pico that has just been switched on, and what its console says. */
class Rig {
  constructor({ uf2, xipMissClk }, executor, prepare = () => {}) {
    this.machine = new Machine({ bootrom: bootrom(), seed: 1, executor, xipMissClk });
    this.output = '';
    prepare(this.machine);
    this.machine.loadFlash(flashImage(uf2));
    this.machine.powerOn();
  }

  readConsole() {
    for (const [, kind, , , bytes] of this.machine.events.take()) {
      if (kind === EVENT_USB) this.output += Buffer.from(bytes).toString('latin1');
    }
    return this.output;
  }
}

/**
 * Boot, then either run for the time asked, or enter the raw REPL and run the script until it has ended. `go(nanos,
 * done)` advances the rigs by at most that much emulated time.
 */
function session(rigs, { script, seconds }, go) {
  if (!script) return go(seconds * 1e9, () => false);
  const type = (text) => rigs.forEach(({ machine }) => machine.host.write(Buffer.from(text)));
  const said = (pattern) => () => pattern.test(rigs[0].readConsole());
  go(BOOT_NANOS, said(/\n/));
  type('\r\x03\x03\x01');
  go(BOOT_NANOS, said(/exit\r\n>$/));
  type(`${readFileSync(script, 'utf8')}\x04`);
  go(seconds * 1e9, said(/\x04[^]*\x04>$/));
}

/** The reference in the place of the machine's executor. */
class ReferenceExecutor {
  constructor(chip, result) {
    this.core = chip.core;
    this.reference = new Reference(chip, chip.board.memory.xip);
    this.result = result;
  }

  run(cycles) {
    this.stopped = false;
    this.core.waiting &&= !this.reference.wakes();
    while (this.core.cycles < cycles && !this.core.waiting && !this.stopped) {
      this.reference.step(cycles);
      this.result.instructions++;
    }
    for (const [name, count] of Object.entries(this.reference.counts)) this.result.corrections[name] = count;
    return this.reference.lockedUp;
  }

  reset() {
    this.reference.lockedUp = false;
  }

  requestStop() {
    this.stopped = true;
  }

  wakes() {
    return this.reference.wakes();
  }

  suspendFlash() {}

  invalidateFlash() {}

  invalidateRam() {}
}

/** Make `machine` use the reference from each start on. */
function useReference(machine, result) {
  const { boot } = machine;
  machine.boot = function bootWithReference(cause) {
    boot.call(this, cause);
    if (this.chip) this.executor = this.clock.executor = new ReferenceExecutor(this.chip, result);
  };
}

function cacheDifferences(fast, paper) {
  if (fast === null) return [];
  const of = ({ accesses, hits }) => `${accesses} accesses, ${hits} hits`;
  return of(fast) === of(paper) ? [] : [`cache: fast ${of(fast)}, on paper ${of(paper)}`];
}

function lockstep(options) {
  const result = { instructions: 0, comparisons: 0, emulated_s: 0, difference: null, corrections: {} };
  const fast = new Rig(options, 'auto');
  const slow = new Rig(options, 'plain', (machine) => {
    if (options.xipMissClk) machine.memory.xip = new PaperCache(options.xipMissClk);
    useReference(machine, result);
  });
  const [a, b] = [fast.machine, slow.machine];
  const random = new Random(1);
  session([fast, slow], options, (nanos, done) => {
    const end = a.now + nanos;
    for (let n = 0; a.now < end && !result.difference && (n % 64 || !done()); n++) {
      const asleep = a.chip.core.waiting && a.clock.nextAlarm;
      const [pc, since] = [a.pc, a.now];
      const slice = a.now + (1 + random.next(MOST_CYCLES)) * a.clock.cycleNanos;
      const until = Math.max(slice, asleep ? Math.min(a.clock.nextAlarm.nanos, end) : 0);
      a.run(until);
      b.run(until);
      result.comparisons++;
      const found = differences(a.chip.core, b.chip.core);
      if (a.now !== b.now) found.push(`time: fast ${a.now} ns, reference ${b.now} ns`);
      found.push(...cacheDifferences(a.memory.xip, b.memory.xip));
      if (found.length)
        result.difference = `from ${pc.toString(16)} at ${since} ns to ${until} ns: ${found.join('; ')}`;
    }
  });
  const memory = ['sram', 'flash'].filter((name) => Buffer.compare(a.memory[name], b.memory[name]) !== 0);
  if (memory.length && !result.difference) result.difference = `contents of ${memory.join(', ')}`;
  result.emulated_s = a.now / 1e9;
  const { accesses = 0, hits = 0 } = a.memory.xip ?? {};
  return { ...result, accesses, hits, output: fast.readConsole(), translator: a.executor.cpu.statistics };
}

function measure(options, executor) {
  const rig = new Rig(options, executor);
  const { machine } = rig;
  const laps = [];
  session([rig], options, (nanos, done) => {
    const [end, started, from, busy] = [machine.now + nanos, process.cpuUsage(), machine.now, machine.busyNanos];
    while (machine.now < end && !done()) machine.run(Math.min(end, machine.now + 1e6));
    const { user, system } = process.cpuUsage(started);
    laps.push({
      emulated_s: (machine.now - from) / 1e9,
      cpu_s: (user + system) / 1e6,
      load: (machine.busyNanos - busy) / (machine.now - from),
    });
  });
  const last = laps.at(-1);
  return { ...last, ratio: last.emulated_s / last.cpu_s, laps, translator: machine.executor.cpu?.statistics };
}

function bench(options) {
  const [fast, stock] = [measure(options, 'auto'), measure(options, 'plain')];
  return { stock, fast, speedup: fast.ratio / stock.ratio, difference: null };
}

function makeChip() {
  const chip = new RP2040();
  chip.loadBootrom(bootrom());
  return chip;
}

function verdict(results) {
  const wrong = results.filter(({ ok }) => !ok);
  return { cases: results, difference: wrong.length ? wrong.map(({ name }) => name).join('; ') : null };
}

const cases = () => verdict(runCases(makeChip));
const cache = () => verdict(runCacheCases(makeChip));
const clocks = () => verdict(runClockCases(makeChip));

function fuzz({ seed, count, hot, xipMissClk }) {
  const run = new Fuzz(makeChip, { seed, hot, xipMissClk });
  let difference = null;
  let programs = 0;
  while (programs < count && !difference) {
    difference = run.iterate();
    programs++;
  }
  const { instructions, abandoned, reference, cpu } = run;
  const translator = { ...cpu.statistics, translated: run.translated + cpu.statistics.translated };
  return { seed, programs, instructions, abandoned, difference, translator, corrections: reference.counts };
}

function pio({ seed, count, circles }) {
  const run = new PioFuzz(bootrom(), new Random(seed), circles);
  let difference = null;
  let programs = 0;
  while (programs < count && !difference) {
    difference = run.iterate();
    programs++;
  }
  const [asleep, awake] = run.steps;
  return { seed, programs, asleep, awake, difference };
}

const COMMANDS = { cases, cache, clocks, fuzz, pio, lockstep, bench };

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      count: { type: 'string', default: '5000' },
      hot: { type: 'string', default: '12' },
      'xip-miss-clk': { type: 'string', default: '0' },
      circles: { type: 'boolean', default: false },
      uf2: { type: 'string' },
      script: { type: 'string' },
      seconds: { type: 'string', default: '5' },
    },
  });
  const command = COMMANDS[positionals[0]];
  if (!command || ((command === lockstep || command === bench) && !values.uf2)) {
    console.error(`usage: check.mjs ${Object.keys(COMMANDS).join('|')} [options]; see the head of the file`);
    return 2;
  }
  console.warn = () => {}; // rp2040js reports unmodelled registers through it
  const result = command({
    ...values,
    seed: Number(values.seed),
    count: Number(values.count),
    xipMissClk: Number(values['xip-miss-clk']),
    seconds: Number(values.seconds),
    hot: values.hot === 'never' ? Infinity : Number(values.hot),
  });
  console.log(JSON.stringify(result));
  return result.difference ? 1 : 0;
}

process.exitCode = main();
