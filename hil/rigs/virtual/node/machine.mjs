// The board as a whole: power, resets, the run loop, and the hooks of a test rig into it.

import { Chip } from './chip.mjs';
import { makeExecutor } from './cpu/executor.mjs';
import { ChipMemory } from './cpu/fast.mjs';
import { EmulatorFault } from './cpu/faults.mjs';
import { XipCache } from './cpu/xip_cache.mjs';
import { FLASH_SIZE, FlashNor } from './flash/nor.mjs';
import { HungCore } from './hung_core.mjs';
import { EVENT_BOOTSEL, EVENT_POWER, EVENT_RESET, EventLog } from './outside/events.mjs';
import { Random } from './outside/random.mjs';
import { AnalogInputs, Schedule } from './outside/stimulus.mjs';
import { PULLS_DOWN, RELEASED, UNPOWERED, Wires } from './outside/wires.mjs';
import { ByteQueue } from './serial/byte_queue.mjs';
import { CdcHost } from './serial/cdc_host.mjs';
import { HAD_POR, HAD_RUN } from './system/resets.mjs';
import { MachineClock } from './time/clock.mjs';

const ROM_SIZE = 16 * 1024;
const FLASH_BASE = 0x10000000;
// Periods are whole steps of this (at 133 MHz off by 4 ppm at most): their sums are exact for nine minutes, so that
// times are the same however they are added up.
const PERIOD_STEP_NANOS = 2 ** -14;
export const RESET_CAUSES = ['power', 'run', 'watchdog-timer', 'watchdog-force', 'system'];

export class Machine {
  /**
   * `options`: {bootrom: Uint32Array(4096), seed, executor: 'auto' | 'plain', xipMissClk: clocks that a miss of the
   * flash cache costs (0: there is no cache, and flash is as fast as RAM), xipRandom: the cache replaces a random way
   * instead of the one that was not used last}, and this board's parts: adcNoiseLsb, roscHz (the clock it starts with),
   * flashWear (0..1). The plain executor charges nothing for misses.
   */
  constructor({
    bootrom,
    seed = 0,
    executor = 'auto',
    xipMissClk = 48,
    xipRandom = false,
    adcNoiseLsb = 1.2,
    roscHz = 6.5e6,
    flashWear = 0,
  }) {
    this.bootrom = bootrom;
    this.roscHz = roscHz;
    this.executorKind = executor;
    this.clock = new MachineClock();
    this.events = new EventLog();
    this.wires = new Wires(this.events, (pin, level) => this.drive(pin, level));
    this.random = new Random(seed);
    this.analog = new AnalogInputs(new Random(seed + 1), adcNoiseLsb);
    this.host = new CdcHost(this.clock, this.events);
    this.lines = [{ queue: new ByteQueue() }, { queue: new ByteQueue() }];
    this.kept = { scratch: new Uint32Array(8), reason: 0, chipReset: HAD_POR };
    this.memory = new ChipMemory(FLASH_SIZE);
    if (xipMissClk > 0) {
      const random = xipRandom ? new Random(seed + 3) : null;
      this.memory.xip = new XipCache(this.memory, { missClk: xipMissClk, random });
    }
    const norHooks = {
      readable: (readable, from, to) => this.flashReadable(readable, from, to),
      cutPower: () => this.requestPowerCut(),
    };
    this.nor = new FlashNor(this.clock, this.events, new Random(seed + 2), norHooks, flashWear);
    this.pinSchedules = Array.from({ length: 30 }, (_, pin) => new Schedule(this.clock, (level) => this.drive(pin, level)));
    this.uartSchedule = new Schedule(this.clock, ([index, bytes]) => this.chip?.uart[index].feed(bytes));
    this.keepAlarms = new Set([
      ...this.host.alarms,
      this.nor.readyAlarm,
      this.nor.cutAlarm,
      ...this.pinSchedules.map((schedule) => schedule.alarm),
      this.uartSchedule.alarm,
    ]);
    this.chip = null; // while it runs
    this.executor = null;
    this.board = null; // {chip, executor}, made at the first start and kept
    this.powered = false;
    this.runLevel = 1;
    this.bootselHeld = false;
    this.inBootsel = false;
    this.pending = null; // reset cause, 'power-cut' or null, to be carried out between instructions
    this.timerStartMicros = 0;
    this.busyNanos = 0;
    this.hang = null;
    this.pendingFault = null;
  }

  get now() {
    return this.clock.nanos;
  }

  /** Replaces the contents of the flash chip (power off, or with a reset to follow). */
  loadFlash(bytes, offset = 0) {
    this.nor.bytes.set(bytes, offset);
    if (!this.nor.busy) {
      this.memory.flash.set(bytes, offset);
    }
    this.board?.executor.invalidateFlash(offset, offset + bytes.length);
  }

  // Power and resets

  powerOn() {
    if (this.powered) {
      return;
    }
    this.powered = true;
    this.random.fill(this.memory.sram);
    this.memory.flash.set(this.nor.bytes);
    this.events.push(this.now, EVENT_POWER, 0, 1);
    this.boot('power');
  }

  /** Asked for from within a run: done after the current instruction. */
  requestPowerCut() {
    this.request('power-cut');
  }

  request(what) {
    if (this.pending !== 'power-cut') {
      this.pending = what;
    }
    this.executor?.requestStop();
  }

  powerOff() {
    if (!this.powered) {
      return;
    }
    this.nor.powerLost();
    this.powered = false;
    this.releaseChip();
    this.host.connect(null);
    this.events.push(this.now, EVENT_POWER, 0, 0);
  }

  /** Tells what lines to another board are told late, up to now. */
  tellLate() {
    this.chip?.pads.tellLate();
  }

  /** Without a running chip every pin is left to the world outside. */
  releaseChip() {
    this.tellLate();
    this.clock.rebase();
    this.clock.core = { cycles: 0 };
    this.clock.dropAlarms(this.keepAlarms);
    this.chip = null;
    this.executor = null;
    for (let pin = 0; pin < 30; pin++) {
      this.restPin(pin);
    }
  }

  /** A pin while no chip runs. In reset its pull-down is on (PAD_RESET), without power it is a diode to what has none. */
  restPin(pin) {
    const { wires, now } = this;
    if (wires.soldered[pin]) {
      const external = wires.external[pin];
      wires.endIs(pin, external !== RELEASED ? external : this.powered ? PULLS_DOWN : UNPOWERED, now);
    }
    wires.levelIs(pin, wires.restLevel(pin), now);
    if (wires.dutyWatched[pin]) {
      wires.dutyIs(pin, wires.level[pin], now);
    }
  }

  /** RUN low holds the chip in reset; high lets it start. */
  setRun(level) {
    if (level === this.runLevel) {
      return;
    }
    this.runLevel = level;
    if (!this.powered) {
      return;
    }
    if (level === 0) {
      this.releaseChip();
      this.host.connect(null);
    } else {
      this.boot('run');
    }
  }

  boot(cause) {
    this.tellLate();
    if (cause === 'power' || cause === 'run') {
      this.kept.scratch.fill(0);
      this.kept.reason = 0;
      this.kept.chipReset = cause === 'power' ? HAD_POR : HAD_RUN;
    }
    this.events.push(this.now, EVENT_RESET, RESET_CAUSES.indexOf(cause), 0);
    this.pending = null;
    this.hang = null;
    this.inBootsel = false;
    if (this.runLevel === 0) {
      this.releaseChip();
      return;
    }
    this.clock.rebase();
    this.host.connect(null);
    this.clock.dropAlarms(this.keepAlarms);
    this.board ??= this.makeBoard();
    const { chip, executor } = this.board;
    this.chip = chip;
    this.executor = executor;
    this.clock.core = chip.core;
    this.clock.executor = executor;
    chip.restart();
    executor.reset();
    this.host.connect(chip.usbCtrl);
  }

  makeBoard() {
    const chip = new Chip(this.clock, {
      ...this,
      timerStartMicros: () => this.timerStartMicros,
      bootselHeld: () => this.bootselHeld,
      onReset: (why) => this.request(why),
      onUsbAttached: () => this.usbAttached(),
      onBreak: (code) => this.breakpoint(code),
      onClockChange: (cycleNanos) => this.setCycleNanos(cycleNanos),
    });
    this.clock.dropAlarms(this.keepAlarms); // what rp2040js's own blocks set, now to be replaced
    const executor = makeExecutor(chip, this.executorKind, (kind, pc, address) => this.fault(kind, pc, address));
    return { chip, executor };
  }

  setCycleNanos(cycleNanos) {
    this.tellLate();
    this.clock.rebase();
    this.clock.cycleNanos = Math.round(cycleNanos / PERIOD_STEP_NANOS) * PERIOD_STEP_NANOS;
    this.executor?.requestStop();
  }

  flashReadable(readable, from, to) {
    if (readable) {
      this.memory.flash.set(this.nor.bytes);
      this.executor?.invalidateFlash(from, to);
    } else {
      this.memory.flash.fill(0xff);
      this.executor?.suspendFlash();
    }
  }

  // Faults

  breakpoint(code) {
    throw new EmulatorFault('breakpoint', `breakpoint instruction (bkpt or udf ${code}): the firmware has panicked`);
  }

  fault(kind, pc, address) {
    this.pendingFault = new EmulatorFault('hardfault', `HardFault: ${kind}, address 0x${address.toString(16)}`);
    this.pendingFault.pc = pc;
    this.executor.requestStop();
  }

  get pc() {
    return this.chip === null ? 0 : this.chip.core.PC >>> 0;
  }

  // Running

  /**
   * Runs until the emulated time is `untilNanos`, or the power goes. An instruction begun before may end later; what is
   * due between that time and `dueNanos`, if it is given, waits for the next run: more may come in between by then.
   */
  run(untilNanos, dueNanos = Infinity) {
    const { clock } = this;
    clock.untilNanos = this.hang === null ? untilNanos : -1; // a hung core's time is counted
    for (;;) {
      clock.fireDue(dueNanos);
      if (this.pending !== null) {
        this.carryOut();
        continue;
      }
      this.busyNanos += clock.rebase() * clock.cycleNanos;
      if (clock.baseNanos >= untilNanos) {
        return;
      }
      const next = clock.nextAlarm === null ? untilNanos : Math.min(untilNanos, clock.nextAlarm.nanos);
      if (next <= clock.baseNanos) {
        continue;
      }
      if (this.chip === null) {
        clock.baseNanos = next;
      } else if (this.hang !== null) {
        this.hang.run(next);
      } else {
        this.runCore(next);
      }
      if (this.pendingFault) {
        this.raiseFault();
      }
    }
  }

  runCore(next) {
    const { clock, executor } = this;
    if (this.chip.core.waiting && !executor.wakes()) {
      clock.baseNanos = next;
      return;
    }
    // A woken core starts at an edge of its own clock.
    const { cycleNanos } = clock;
    clock.baseNanos = Math.ceil(clock.baseNanos / cycleNanos - 1e-6) * cycleNanos;
    const cycles = Math.ceil((next - clock.baseNanos) / cycleNanos - 1e-6);
    if (cycles <= 0) {
      clock.baseNanos = Math.max(clock.baseNanos, next); // nearer than rounding can tell
      return;
    }
    clock.limit = cycles;
    const lockedUp = executor.run(cycles);
    clock.limit = -1;
    if (lockedUp) {
      clock.baseNanos = next; // until a reset, nothing more comes of it
      return;
    }
    if (this.nor.busy) {
      this.checkFetch();
    }
  }

  /** Code in flash cannot run while the flash chip is busy: on silicon the core fetches garbage. */
  checkFetch() {
    const { pc } = this;
    if (pc >= FLASH_BASE && pc < FLASH_BASE + FLASH_SIZE && this.chip !== null) {
      throw new EmulatorFault('hardfault', 'the core fetches instructions from the flash while it erases or programs');
    }
  }

  /** The mask ROM, and nothing else, brings up USB from within itself: the BOOTSEL drive. */
  usbAttached() {
    if (this.pc < ROM_SIZE) {
      this.inBootsel = true;
      this.events.push(this.now, EVENT_BOOTSEL, 0, 1);
    }
  }

  raiseFault() {
    const fault = this.pendingFault;
    this.pendingFault = null;
    throw fault;
  }

  carryOut() {
    const what = this.pending;
    this.pending = null;
    this.busyNanos += this.clock.rebase() * this.clock.cycleNanos;
    if (what === 'power-cut') {
      this.powerOff();
    } else {
      this.boot(what);
    }
  }

  /** Whether no instruction is to be executed at present: no chip, a core made to hang, or one that sleeps. */
  get asleep() {
    return this.chip === null || this.hang !== null || (this.chip.core.waiting && !this.executor.wakes());
  }

  /** Executes `count` instructions; time asleep, until the next event, counts as one. */
  step(count) {
    const { clock } = this;
    for (let i = 0; i < count && this.powered; i++) {
      const before = clock.nanos;
      this.run(before); // what is due
      if (!this.asleep) {
        this.chip.core.waiting = false;
        this.executor.step();
        this.busyNanos += clock.rebase() * clock.cycleNanos;
        if (this.pendingFault) {
          this.raiseFault();
        }
      } else {
        this.run(clock.nextAlarm?.nanos ?? before);
      }
    }
  }

  /** The program stops getting on, from now until `untilNanos` (hung_core.mjs). */
  hangCore(interruptsOn, untilNanos) {
    this.hang = new HungCore(this, interruptsOn, untilNanos);
  }

  releaseCore() {
    this.hang?.release();
  }

  // The world outside

  drive(pin, level) {
    if (this.chip !== null) {
      this.chip.pads.drive(pin, level);
    } else {
      this.wires.external[pin] = level;
      this.restPin(pin);
    }
  }

  /** Solders a line to another board to a pin: `wires.endChanged` is told what the pin does to it. */
  solder(pin) {
    this.wires.soldered[pin] = 1;
    if (this.chip !== null) {
      this.chip.pads.functionChanged(this.chip.pads.pins[pin]);
    } else {
      this.restPin(pin);
    }
  }

  /** The line soldered to a pin has another level, or nothing (RELEASED). */
  lineIs(pin, level) {
    this.wires.line[pin] = level;
    if (this.chip !== null) {
      this.chip.pads.pins[pin].lineChanged();
    } else {
      this.restPin(pin);
    }
  }

  /** Whether nobody else drives the line soldered to a pin. */
  lineApart(pin, apart) {
    if (this.wires.apart[pin] === apart) {
      return;
    }
    this.tellLate();
    this.wires.apart[pin] = apart;
    this.chip?.pads.functionChanged(this.chip.pads.pins[pin]);
  }

  /** Puts a wire from one pin to another, for good: what the first has drives the second. */
  lead(from, to) {
    this.wires.leads[from] = to;
    this.drive(to, this.wires.level[from]);
    this.chip?.pads.functionChanged(this.chip.pads.pins[from]);
  }

  /** Forgets what was scheduled for a pin. */
  cancelDrives(pin) {
    this.pinSchedules[pin].clear();
  }

  watchPin(pin, watch) {
    this.wires.watched[pin] = watch ? 1 : 0;
    if (this.chip !== null) {
      this.chip.pads.followingChanged(this.chip.pads.pins[pin]);
    }
  }

  watchDuty(pin, watch) {
    this.wires.dutyWatched[pin] = watch ? 1 : 0;
    this.wires.duty[pin] = this.duty(pin);
  }

  duty(pin) {
    return this.chip === null ? this.wires.level[pin] : this.chip.pads.pins[pin].duty();
  }
}
