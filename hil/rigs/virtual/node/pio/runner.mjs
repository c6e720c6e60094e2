// When a PIO state machine runs: at its own divider's edges, counting delay cycles. A machine that cannot get on sleeps
// until a pin, a FIFO or a flag changes. A program that only goes round in circles (polling pins) is put to sleep too,
// and its place in the circle worked out when something changes.
//
// A divider with a fraction keeps its mean rate by periods that are a clock longer now and then (datasheet 3.5.5). Times
// here (`next`) are those of an even rate; what an instruction does happens at the edge of clk_sys before, `edge(next)`.

import { PioMachine } from './state_machine.mjs';

const AWAKE = 0;
const STALLED = 1; // the instruction at hand cannot complete
const CIRCLING = 2; // the program repeats without effect
const LONGEST_CIRCLE = 64; // instructions
const EPSILON = 1e-3; // ns; times are sums of doubles

/** A machine and when it runs. */
export class Runner {
  constructor(pio, index, clock) {
    this.pio = pio;
    this.clock = clock;
    this.machine = new PioMachine(pio, index);
    this.alarm = clock.createAlarm(() => this.tick());
    this.clear();
  }

  clear() {
    this.alarm.cancel();
    this.machine.clear();
    this.sleep = AWAKE;
    this.next = 0; // ns of the next instruction; while asleep, of the one that stalled or began the circle
    this.period = 8; // ns per PIO cycle
    this.uneven = false; // the divider has a fraction
    this.pinsRead = 0; // pins looked at since the circle began
    this.pinsDriven = 0; // written since it was enabled
    this.pinsFollowed = 0; // looked at since it was enabled
    this.effectsSeen = 0;
    this.circleSteps = 0;
    this.forgetCircle();
  }

  forgetCircle() {
    this.circlePc = -1;
  }

  get running() {
    return this.machine.enabled || this.machine.latched >= 0;
  }

  setDivider(value) {
    this.machine.clkdiv = value;
    const int = value >>> 16;
    const fraction = (value >>> 8) & 0xff;
    this.period = ((int || 65536) + fraction / 256) * this.clock.cycleNanos;
    this.uneven = fraction !== 0;
  }

  /** When what is due at `nanos` happens. */
  edge(nanos) {
    if (!this.uneven) {
      return nanos;
    }
    const { cycleNanos } = this.clock;
    return Math.floor((nanos + EPSILON) / cycleNanos) * cycleNanos;
  }

  /** From when on, of what is due, nothing has happened yet. */
  get present() {
    const { nanos, cycleNanos } = this.clock;
    return (this.uneven ? Math.ceil((nanos - EPSILON) / cycleNanos) * cycleNanos : nanos) - EPSILON;
  }

  /** When the next instruction is executed. */
  get nextEdge() {
    return this.edge(this.next);
  }

  schedule() {
    this.alarm.scheduleAt(Math.max(this.nextEdge, this.clock.nanos));
  }

  /** Starts, or carries on, at the next edge of the machine's clock. */
  start() {
    this.forgetCircle();
    this.sleep = AWAKE;
    this.next = this.clock.nanos + this.period;
    this.schedule();
  }

  stop() {
    const { pio } = this;
    this.catchUp();
    this.alarm.cancel();
    this.sleep = AWAKE;
    for (const other of pio.runners) {
      if (other.holds(this.pinsDriven)) {
        other.wake();
      }
    }
    this.pinsDriven = 0;
    pio.outputs.driversChanged();
    this.pinsFollowed = 0;
    pio.followersChanged();
  }

  tick() {
    this.step();
    if (this.sleep === AWAKE && this.running) {
      this.schedule();
    }
  }

  /** Its turn in this cycle comes before that of others. */
  runNow() {
    this.alarm.cancel();
    this.sleep = AWAKE;
    this.forgetCircle();
    this.tick();
  }

  /** One instruction, at `this.next`. */
  step() {
    const { machine, pio } = this;
    if (machine.latched < 0 && machine.pc === this.circlePc && this.next > this.circleNanos) {
      if (this.hasCircled()) {
        return;
      }
    }
    if (pio.outputs.contended && !machine.catchesUp) {
      pio.outputs.letHigherGoFirst(this);
    }
    const forced = machine.latched >= 0;
    const opcode = forced ? machine.latched : pio.instructions[machine.pc];
    const pc = machine.pc;
    if (forced) {
      machine.latched = -1;
    }
    machine.nowNanos = this.nextEdge;
    const done = machine.execute(opcode, forced);
    this.pinsRead |= machine.pinsRead;
    this.follow(machine.pinsRead);
    const written = machine.levelsWritten | machine.directionsWritten;
    if (written & ~this.pinsDriven) {
      this.pinsDriven |= written;
      pio.outputs.driversChanged();
    }
    if (!done) {
      if (forced) {
        machine.latched = opcode;
      }
      this.stall(machine.pinsRead);
      pio.outputs.settle();
      return;
    }
    this.next += (1 + machine.delay) * this.period;
    if (pio.effects !== this.effectsSeen) {
      this.effectsSeen = pio.effects;
      this.forgetCircle();
    }
    if (this.circlePc >= 0 && ++this.circleSteps > LONGEST_CIRCLE) {
      this.forgetCircle();
    }
    if (machine.pc <= pc && this.circlePc < 0 && machine.latched < 0) {
      this.beginCircle();
    }
    pio.outputs.settle();
  }

  beginCircle() {
    const { machine } = this;
    this.circlePc = machine.pc;
    this.circleNanos = this.next;
    this.circleX = machine.x;
    this.circleY = machine.y;
    this.circleIsr = machine.isr;
    this.circleOsr = machine.osr;
    this.circleCounts = machine.isrCount * 64 + machine.osrCount;
    this.pinsRead = 0;
    this.circleSteps = 0;
  }

  /** Back where the circle began: if nothing is different it will stay so. */
  hasCircled() {
    const { machine } = this;
    const same =
      machine.x === this.circleX &&
      machine.y === this.circleY &&
      machine.isr === this.circleIsr &&
      machine.osr === this.circleOsr &&
      machine.isrCount * 64 + machine.osrCount === this.circleCounts;
    if (!same || !this.pio.settled(this.pinsRead, this.edge(this.circleNanos))) {
      this.forgetCircle();
      return false;
    }
    this.circlePeriod = this.next - this.circleNanos;
    this.sleep = CIRCLING;
    return true;
  }

  /** The instruction at `this.next` could not complete: it sleeps until something changes, one of `pins` among it; or
   *  tries again in its next cycle, if a change of those is still in their flip-flops. */
  stall(pins) {
    this.pinsRead = pins;
    if (this.pio.settled(pins, this.nextEdge)) {
      this.sleep = STALLED;
    } else {
      this.sleep = AWAKE;
      this.next += this.period;
      this.forgetCircle();
    }
  }

  /** It has looked at these pins. */
  follow(pins) {
    if (pins & ~this.pinsFollowed) {
      this.pinsFollowed |= pins;
      this.pio.followersChanged();
    }
  }

  /** Before anything the machine can see changes: the instructions up to now happen with things as they were. */
  catchUp() {
    if (this.sleep === AWAKE) {
      return;
    }
    const now = this.present;
    if (this.sleep === STALLED) {
      if (this.next < now) {
        this.next += Math.ceil((now - this.next) / this.period) * this.period;
      }
      return;
    }
    if (this.next < now) {
      this.next += Math.floor((now - this.next) / this.circlePeriod) * this.circlePeriod;
      const { pinsRead } = this; // what the circle looks at, whatever part of it is done here
      this.sleep = AWAKE;
      this.forgetCircle();
      this.machine.catchesUp = true;
      while (this.next < now) {
        this.step();
        if (this.sleep !== AWAKE) {
          // Only a circle closes here: its instructions have no effect and do not stall.
          this.sleep = AWAKE;
          this.forgetCircle();
        }
      }
      this.machine.catchesUp = false;
      this.sleep = CIRCLING;
      this.pinsRead = pinsRead;
    }
  }

  /** Something changed: try again at the next edge of the machine's clock. */
  wake() {
    if (this.sleep === AWAKE) {
      // Back where a circle began by what has changed, not by itself: that is no circle.
      this.forgetCircle();
      return;
    }
    if (!this.running) {
      return;
    }
    this.catchUp();
    this.sleep = AWAKE;
    this.forgetCircle();
    this.schedule();
  }

  sees(pins) {
    return this.sleep !== AWAKE && (this.pinsRead & pins) !== 0;
  }

  /** Whether it sleeps, and would write one of `pins` again and again if it were awake. */
  holds(pins) {
    return this.sleep !== AWAKE && (this.pinsDriven & pins) !== 0;
  }

  /** SMx_INSTR: executed at once, also while stalled or disabled; stays latched if it stalls. */
  force(opcode) {
    const { machine, pio } = this;
    this.catchUp();
    machine.latched = -1;
    const wasAsleep = this.sleep !== AWAKE;
    machine.nowNanos = this.clock.nanos;
    const done = machine.execute(opcode, true);
    if (!done) {
      machine.latched = opcode;
      this.follow(machine.pinsRead);
      if (!machine.enabled || this.next <= this.clock.nanos) {
        this.next = this.clock.nanos + this.period;
      }
      this.sleep = AWAKE;
      this.schedule();
    } else if (this.running && (wasAsleep || !this.alarm.scheduled)) {
      this.sleep = AWAKE;
      this.schedule();
    }
    this.forgetCircle();
    pio.outputs.settle();
  }
}
