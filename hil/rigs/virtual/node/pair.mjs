// Two boards in one process, soldered to each other, in lock-step. In every step of the world's time the instrument runs
// first: what it drives is there before the rover gets to the time at which it did, and reaches it at that very time. Then
// the rover runs; what it drives reaches the instrument a constant time later, which is more than a step.

import { Board } from './board.mjs';
import { GateLines } from './outside/gate_lines.mjs';
import { INSTRUMENT, Joints, ROVER } from './outside/joints.mjs';
import { View } from './outside/nets.mjs';
import { Random } from './outside/random.mjs';
import { Schedule } from './outside/stimulus.mjs';
import { Arrivals } from './pair_arrivals.mjs';
import { PairConverter, SCL, SDA } from './pair_converter.mjs';
import * as protocol from './protocol.mjs';

const STEP_NANOS = 20_000;
const STEPS_UNLOOKED = 1000; // between looks at whether anybody still wants the result
const NOISE_SEED = 17; // beside those that a machine takes from its own
const CONVERTER_SEED = 23;
const AT_ONCE = [[0, 1]];
const IN_ORDER = [INSTRUMENT, ROVER];

/** One of the two, and what it knows of the lines. */
class Side {
  constructor(board, view, arrivals, rewirings) {
    this.board = board;
    this.view = view;
    this.arrivals = arrivals;
    this.rewirings = rewirings;
  }
}

export class Pair {
  /**
   * `pair`: {seed, delayNanos (of what the rover drives, at the instrument), lines: [{name, pins: [rover's,
   * instrument's], pulledAt: the side that listens}], gates: names of the lines from the converter's outputs, in order, to
   * the rover's ADC inputs from 0 on, converter: {sda, scl, address} at the instrument, or null}. `stillWanted()` ends the
   * process if it is not.
   */
  constructor({ bootrom, pair }, stillWanted) {
    this.bootrom = bootrom;
    this.stillWanted = stillWanted;
    this.seed = pair.seed;
    this.lines = pair.lines;
    this.delays = [pair.delayNanos, 0]; // of what each drives
    this.gateNames = pair.gates;
    this.joints = new Joints(pair.lines.length);
    this.gateJoints = new Joints(pair.gates.length);
    this.gates = new GateLines(this.gateJoints, (input, times, millivolts) => this.play(input, times, millivolts));
    this.converterAt = pair.converter;
    this.converter = null;
    this.sides = [null, null];
    this.reachedNanos = 0;
    this.steps = 0;
    this.current = null;
  }

  get boards() {
    return this.sides.map((side) => side?.board ?? null);
  }

  // Making them

  make(index, options) {
    const board = new Board(
      { ...options, bootrom: this.bootrom },
      {
        passTime: (whose, worldNanos) => this.passTime(whose, worldNanos),
        passSteps: (whose, count) => this.passSteps(whose, count),
        calls: {
          lineFault: (_, kind, ...names) => this.lineFault(kind, names),
          lineFights: () => this.lineFights(),
          lineVoltage: (_, name, millivolts, worldNanos) => this.lineVoltage(name, millivolts, worldNanos),
        },
      },
    );
    const { machine } = board;
    const random = new Random(this.seed + NOISE_SEED + index);
    const pinOf = (line) => this.lines[line].pins[index];
    const show = (line, level) => machine.lineIs(pinOf(line), level);
    const apart = (line, alone) => machine.lineApart(pinOf(line), alone);
    const view = new View(index, this.lines, machine.clock, random, show, apart);
    const arrivals = new Arrivals(machine.clock, (end, does) => view.endIs(end, does));
    const rewirings = new Schedule(machine.clock, (groups) => view.rewire(groups));
    [view.noiseAlarm, arrivals.alarm, rewirings.alarm].forEach((alarm) => machine.keepAlarms.add(alarm));
    this.sides[index] = new Side(board, view, arrivals, rewirings);
    const count = this.lines.length;
    const other = this.sides[1 - index];
    this.lines.forEach(({ pins }, line) => {
      if (other !== null) {
        view.does[(1 - index) * count + line] = other.board.machine.wires.ends[pins[1 - index]];
      }
    });
    const lineOf = new Int8Array(30).fill(-1);
    this.lines.forEach(({ pins }, line) => void (lineOf[pins[index]] = line));
    machine.wires.endChanged = (pin, does, nanos) => this.endIs(index, index * count + lineOf[pin], does, nanos);
    view.rewire(this.joints.groups());
    this.lines.forEach(({ pins }) => machine.solder(pins[index]));
    if (index === INSTRUMENT && this.converterAt !== null) {
      const chance = new Random(this.seed + CONVERTER_SEED);
      this.converter = new PairConverter(board, this.converterAt, chance, (output, worldNanos, millivolts, course) => {
        if (output < this.gateNames.length) {
          this.gates.move(output, worldNanos, millivolts, course);
        }
      });
    }
  }

  // Lines

  /** An end does something else, at `nanos` of its board's: that side sees it at once, the other at its time there. */
  endIs(index, end, does, nanos) {
    const side = this.sides[index];
    const other = this.sides[1 - index];
    side.view.endIs(end, does);
    if (other !== null) {
      other.arrivals.add(other.board.toBoard(side.board.toWorld(nanos) + this.delays[index]), end, does);
    }
  }

  /** Something is wrong with lines from now on: 'open' one, 'swap' or 'short' two, 'mend' all. */
  lineFault(kind, names) {
    const now = this.sides[ROVER].board.worldNanos;
    const digital = names.map((name) => this.lines.findIndex((line) => line.name === name));
    const analogue = names.map((name) => this.gateNames.indexOf(name));
    if (!digital.includes(-1)) {
      this.joints[kind](...digital);
      this.rewire();
    }
    if (!analogue.includes(-1)) {
      this.gateJoints[kind](...analogue);
      this.gates.rewire(now);
    }
    if (names.every((name) => name === SDA || name === SCL)) {
      this.converter?.fault(kind, names);
    }
  }

  /** The rover's lines are others now; at the instrument it shows as late as all that comes from there. */
  rewire() {
    const groups = this.joints.groups();
    const [rover, instrument] = this.sides;
    rover.view.rewire(groups);
    const at = rover.board.worldNanos + this.delays[ROVER];
    instrument.rewirings.add(instrument.board.toBoard(at), groups);
  }

  /** Drivers against each other, as at the rover, where all is seen at its time. */
  lineFights() {
    const { view, board } = this.sides[ROVER];
    return view.fightsSoFar().map(({ times, nanos }, line) => [this.lines[line].name, times, board.toWorld(nanos)]);
  }

  /** What leads to a line has another voltage from then on; from now on if that is past. */
  lineVoltage(name, millivolts, worldNanos) {
    const from = Math.max(worldNanos, this.sides[ROVER].board.worldNanos);
    this.gates.move(this.gateNames.indexOf(name), from, millivolts, AT_ONCE);
  }

  /** Voltages at an ADC input of the rover, each from its time on. */
  play(input, times, millivolts) {
    const { machine, toBoard } = this.sides[ROVER].board;
    machine.analog.inputs[input].play(times.map(toBoard), millivolts, false, machine.now);
  }

  // Time

  runBoard(board, worldNanos) {
    const until = board.toBoard(worldNanos);
    try {
      board.machine.run(until, until);
    } catch (error) {
      error.board = board;
      throw error;
    }
  }

  /** One step of both. */
  advance(worldNanos) {
    this.converter?.lookAtPower();
    for (const index of IN_ORDER) {
      this.runBoard(this.sides[index].board, worldNanos);
      this.sides[index].board.machine.tellLate();
    }
    this.reachedNanos = worldNanos;
    for (const { board } of this.sides) {
      board.reachedNanos = worldNanos;
    }
    if (++this.steps % STEPS_UNLOOKED === 0) {
      this.stillWanted();
    }
  }

  /** Both run to a time of the world's; it ends early when the power of the board that asks goes. */
  passTime(board, worldNanos) {
    const { machine } = board;
    const wasPowered = machine.powered;
    while (this.reachedNanos < worldNanos) {
      this.advance(Math.min(worldNanos, this.reachedNanos + STEP_NANOS));
      if (wasPowered && !machine.powered) {
        return;
      }
    }
  }

  /** One board executes instructions, and both pass the time that they take; a sleep until it wakes counts as one. */
  passSteps(board, count) {
    const { machine } = board;
    for (let done = 0; done < count && machine.powered; done++) {
      const sleeps = machine.asleep;
      if (!sleeps) {
        machine.step(1);
      }
      const until = board.toWorld(sleeps ? (machine.clock.nextAlarm?.nanos ?? machine.now) : machine.now);
      while (this.reachedNanos < until && machine.asleep === sleeps) {
        this.advance(Math.min(until, this.reachedNanos + STEP_NANOS));
      }
    }
  }

  // Requests

  execute(reader) {
    switch (reader.peek()) {
      case protocol.MAKE: {
        reader.u8();
        const index = reader.u8();
        this.make(index, JSON.parse(reader.bytes().toString()));
        break;
      }
      case protocol.SELECT:
        reader.u8();
        this.current = this.sides[reader.u8()].board;
        break;
      default:
        this.current.execute(reader);
    }
  }

  answer(request) {
    const reader = new protocol.Reader(request);
    try {
      while (reader.more) {
        this.execute(reader);
      }
    } catch (error) {
      (error.board ?? this.current).fail(error);
    }
    return protocol.joinAnswers(this.boards.map((board) => board?.answer() ?? null));
  }
}
