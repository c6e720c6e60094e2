// When a PIO state machine runs: at its own divider's edges, counting delay cycles. A machine that cannot get on sleeps
// until a pin, a FIFO or a flag changes. A program that only goes round in circles (polling pins) is put to sleep too,
// and its place in the circle worked out when something changes. So is one that counts X or Y down in a jump to itself,
// until it has counted. And instructions that only move its own registers, or look at pins, are done ahead of their time up
// to the next one that does more: if something changes in between, they are undone and done again up to then.
//
// A divider with a fraction keeps its mean rate by periods that are a clock longer now and then (datasheet 3.5.5). Times
// here (`next`) are those of an even rate; what an instruction does happens at the edge of clk_sys before, `edge(next)`.

import { isQuiet } from './quiet.mjs';
import { PioMachine } from './state_machine.mjs';

const AWAKE = 0;
const STALLED = 1; // the instruction at hand cannot complete
const CIRCLING = 2; // the program repeats without effect
const COUNTING = 3; // `jmp x--` or `jmp y--` to itself: nothing it does depends on anything but the count
const AHEAD = 4; // instructions that nobody but the machine can tell of are done before their time, and undone if need be
const COUNTED = { 2: 'x', 4: 'y' }; // by the jump's condition
const LONGEST_CIRCLE = 64; // instructions
const MOST_AHEAD = 64; // instructions
const EPSILON = 1e-3; // ns; times are sums of doubles

/** A machine and when it runs. */
export class Runner {
  constructor(pio, index, clock) {
    this.pio = pio;
    this.clock = clock;
    this.machine = new PioMachine(pio, index);
    this.alarm = clock.createAlarm(() => this.tick(this.stepsOn));
    // The proof has them taken turn by turn as well.
    this.countsAsleep = true;
    this.circlesAsleep = true;
    this.stepsOn = true;
    this.looksAhead = true;
    this.before = { next: 0, pc: 0, x: 0, y: 0, isr: 0, isrCount: 0, osr: 0, osrCount: 0 };
    this.clear();
  }

  clear() {
    this.alarm.cancel();
    this.machine.clear();
    this.sleep = AWAKE;
    // ns of the next instruction; while asleep, of the one that stalled, or began the circle, or is the next turn
    this.next = 0;
    this.period = 8; // ns per PIO cycle
    this.cycleNanos = this.clock.cycleNanos; // as it was when the divider was set
    this.uneven = false; // the divider has a fraction
    this.pinsRead = 0; // pins looked at since the circle began
    this.pinsDriven = 0; // written since it was enabled
    this.pinsFollowed = 0; // looked at since it was enabled
    this.effectsSeen = 0;
    this.circleSteps = 0;
    this.counted = 'x';
    this.turnNanos = 0; // of the jump that counts, with its delay
    this.pinsAhead = 0; // pins looked at ahead of time
    this.isAhead = false; // `before` is where it was before it went ahead
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
    this.cycleNanos = this.clock.cycleNanos;
    this.period = ((int || 65536) + fraction / 256) * this.cycleNanos;
    this.uneven = fraction !== 0;
    this.turnNanos = (1 + this.machine.delay) * this.period;
    if (this.alarm.scheduled) {
      this.schedule();
    }
  }

  /** When what is due at `nanos` happens. */
  edge(nanos) {
    if (!this.uneven) {
      return nanos;
    }
    const { cycleNanos } = this;
    return Math.floor((nanos + EPSILON) / cycleNanos) * cycleNanos;
  }

  /** From when on, of what is due, nothing has happened yet. */
  get present() {
    const { cycleNanos } = this;
    const { nanos } = this.clock;
    return (this.uneven ? Math.ceil((nanos - EPSILON) / cycleNanos) * cycleNanos : nanos) - EPSILON;
  }

  /** From when on, of turns of a count, none has been taken yet. What the processor does comes after the turn of the same
   *  instant; what an alarm does may come before it. */
  get turnsPresent() {
    const { cycleNanos } = this;
    const { nanos, alarmNanos } = this.clock;
    if (alarmNanos >= 0) {
      return this.present;
    }
    return this.uneven ? (Math.floor((nanos + EPSILON) / cycleNanos) + 1) * cycleNanos - EPSILON : nanos + EPSILON;
  }

  /** When the next instruction is executed. */
  get nextEdge() {
    return this.edge(this.next);
  }

  schedule() {
    if (this.sleep === AWAKE && this.looksAhead) {
      this.goAhead();
      if (this.sleep === CIRCLING) {
        this.alarm.cancel();
        return;
      }
    }
    const due = this.sleep === COUNTING ? this.edge(this.next + this.turnsLeft * this.turnNanos) : this.nextEdge;
    this.alarm.scheduleAt(Math.max(due, this.clock.nanos));
  }

  /** Starts, or carries on, at the next edge of the machine's clock. */
  start() {
    this.catchUp();
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

  /** Does what nobody can tell of before its time, up to something else; or goes round in circles. */
  goAhead() {
    const { machine, pio, before } = this;
    this.pinsAhead = 0;
    for (let done = 0; done < MOST_AHEAD && this.sleep === AWAKE; done++) {
      if (!isQuiet(machine, pio.instructions[machine.pc], this.pinsFollowed)) {
        break;
      }
      if (done === 0) {
        before.next = this.next;
        before.pc = machine.pc;
        before.x = machine.x;
        before.y = machine.y;
        before.isr = machine.isr;
        before.isrCount = machine.isrCount;
        before.osr = machine.osr;
        before.osrCount = machine.osrCount;
        this.isAhead = true;
      }
      this.quietStep();
      this.pinsAhead |= machine.pinsRead;
    }
    if (this.isAhead && this.sleep === AWAKE) {
      this.sleep = AHEAD;
    }
  }

  /** One instruction that is quiet, at `this.next`. */
  quietStep() {
    const { machine, pio } = this;
    const { pc } = machine;
    if (pc === this.circlePc && this.next > this.circleNanos && this.hasCircled()) {
      return;
    }
    machine.nowNanos = this.nextEdge;
    machine.execute(pio.instructions[pc]);
    this.pinsRead |= machine.pinsRead;
    this.passInstruction();
    if (machine.pc <= pc && this.circlePc < 0) {
      this.beginCircle();
    }
  }

  /** Time for one instruction that is done, and whether it can still be part of a circle. */
  passInstruction() {
    const { machine, pio } = this;
    this.next += (1 + machine.delay) * this.period;
    if (pio.effects !== this.effectsSeen) {
      this.effectsSeen = pio.effects;
      this.forgetCircle();
    }
    if (this.circlePc >= 0 && ++this.circleSteps > LONGEST_CIRCLE) {
      this.forgetCircle();
    }
  }

  /** Back to where it was before it went ahead, and on to `nanos`. */
  goBack(nanos) {
    const { machine, before } = this;
    this.next = before.next;
    machine.pc = before.pc;
    machine.x = before.x;
    machine.y = before.y;
    machine.isr = before.isr;
    machine.isrCount = before.isrCount;
    machine.osr = before.osr;
    machine.osrCount = before.osrCount;
    this.isAhead = false;
    this.sleep = AWAKE;
    this.forgetCircle();
    while (this.next < nanos) {
      this.quietStep();
      this.forgetCircle();
    }
    this.alarm.scheduleAt(Math.max(this.nextEdge, this.clock.nanos));
  }

  /** `on`: and what follows, as long as nobody else has anything to do. */
  tick(on) {
    this.isAhead = false;
    if (this.sleep === AHEAD) {
      this.sleep = AWAKE;
    } else if (this.sleep === COUNTING) {
      this.countUntil(Infinity);
      this.sleep = AWAKE;
    }
    this.step();
    if (on && this.clock.idle) {
      this.stepOn();
    }
    if (this.running && (this.sleep === AWAKE || this.sleep === COUNTING)) {
      this.schedule();
    }
  }

  /** Further instructions, without an alarm for each. */
  stepOn() {
    const { pio, clock } = this;
    const { effects } = pio;
    while (this.sleep === AWAKE && this.running && pio.effects === effects && clock.passTo(this.nextEdge)) {
      this.step();
    }
  }

  /** Its turn in this cycle comes before that of others. */
  runNow() {
    this.alarm.cancel();
    this.sleep = AWAKE;
    this.forgetCircle();
    this.tick(false);
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
    const { turnOf } = pio.outputs;
    pio.outputs.turnOf = this;
    const done = machine.execute(opcode, forced);
    pio.outputs.turnOf = turnOf;
    this.pinsRead |= machine.pinsRead;
    this.follow(machine.pinsRead);
    if (!done) {
      if (forced) {
        machine.latched = opcode;
      }
      this.stall(machine.pinsRead);
      pio.outputs.settle();
      return;
    }
    this.passInstruction();
    if (machine.jumped && machine.pc === pc && !forced && this.beginsCount(opcode)) {
      this.sleep = COUNTING;
    } else if (machine.pc <= pc && this.circlePc < 0 && machine.latched < 0) {
      this.beginCircle();
    }
    pio.outputs.settle();
  }

  /** The jump has just come back to itself: whether it counts, and will do so again, with nothing new on the pins. */
  beginsCount(opcode) {
    const counted = opcode >>> 13 === 0 ? COUNTED[(opcode >>> 5) & 7] : undefined;
    if (counted === undefined || this.machine[counted] === 0 || this.machine.pinsLost !== 0 || !this.countsAsleep) {
      return false;
    }
    this.counted = counted;
    this.turnNanos = (1 + this.machine.delay) * this.period;
    return true;
  }

  /** Turns of the jump until the one that does not jump any more. */
  get turnsLeft() {
    return this.machine[this.counted];
  }

  /** The turns before `nanos`, of those that jump. */
  countUntil(nanos) {
    const turns = Math.min(this.turnsLeft, Math.ceil((nanos - this.next) / this.turnNanos));
    if (turns > 0) {
      this.machine[this.counted] -= turns;
      this.next += turns * this.turnNanos;
      this.pio.outputs.wroteAgain(this.machine, this.edge(this.next - this.turnNanos));
    }
  }

  catchUpCount() {
    if (this.sleep === COUNTING) {
      this.countUntil(this.turnsPresent);
    }
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
      this.pio.effects === this.effectsSeen && // the last instruction of the circle has had none either
      machine.x === this.circleX &&
      machine.y === this.circleY &&
      machine.isr === this.circleIsr &&
      machine.osr === this.circleOsr &&
      machine.isrCount * 64 + machine.osrCount === this.circleCounts;
    if (!same || !this.circlesAsleep || !this.pio.settled(this.pinsRead, this.edge(this.circleNanos))) {
      this.forgetCircle();
      return false;
    }
    this.circlePeriod = this.next - this.circleNanos;
    this.sleep = CIRCLING;
    return true;
  }

  /** The instruction at `this.next` could not complete: it sleeps until something changes, one of `pins` among it; or
   *  tries again in its next cycle, if a change of those is still in their flip-flops, or its side-set lost a pin. */
  stall(pins) {
    this.pinsRead = pins;
    if (this.machine.pinsLost === 0 && this.pio.settled(pins, this.nextEdge)) {
      this.sleep = STALLED;
    } else {
      this.sleep = AWAKE;
      this.next += this.period;
      this.forgetCircle();
    }
  }

  /** It is about to write these pins, in its turn. */
  drives(pins) {
    if (pins & ~this.pinsDriven) {
      const { outputs } = this.pio;
      this.pinsDriven |= pins;
      outputs.driversChanged();
      if (outputs.contended) {
        outputs.letHigherGoFirst(this);
      }
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
    if (this.sleep === COUNTING) {
      this.catchUpCount();
      return;
    }
    if (this.sleep === AHEAD) {
      const now = this.turnsPresent;
      if (this.next < now) {
        this.sleep = AWAKE; // its alarm is due
        this.isAhead = false;
      } else {
        this.goBack(now);
      }
      return;
    }
    const now = this.present;
    if (this.isAhead && this.next >= now) {
      this.goBack(now);
      return;
    }
    this.isAhead = false;
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
        if (this.sleep === COUNTING) {
          this.countUntil(now);
          this.sleep = AWAKE;
        } else if (this.sleep !== AWAKE) {
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

  /** A pin, a FIFO or a flag changed: one that counts looks at none of them. */
  notice() {
    if (this.sleep !== COUNTING) {
      this.wake();
    }
  }

  sees(pins) {
    return this.sleep !== AWAKE && ((this.pinsRead | this.pinsAhead) & pins) !== 0;
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
    this.sleep = AWAKE; // what the instruction changes is no reason to go on before it is done
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
