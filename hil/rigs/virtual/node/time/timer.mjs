// The 64-bit microsecond timer (RP2040 datasheet 4.6). It starts at 0 at every reset of the chip, or where the
// rig says (to stand just before a wrap), and its alarms fire when the low word equals the target. Paused, it stands and
// they wait.

import { BasePeripheral } from 'rp2040js';

const TIMEHW = 0x00;
const TIMELW = 0x04;
const TIMEHR = 0x08;
const TIMELR = 0x0c;
const ALARM0 = 0x10;
const ALARM3 = 0x1c;
const ARMED = 0x20;
const TIMERAWH = 0x24;
const TIMERAWL = 0x28;
const DBGPAUSE = 0x2c;
const PAUSE = 0x30;
const INTR = 0x34;
const INTE = 0x38;
const INTF = 0x3c;
const INTS = 0x40;
const TWO_32 = 4294967296;
const DBGPAUSE_CORES = 6; // the debugger's cores, of which none is ever halted here: kept, and without effect
const DBGPAUSE_RESERVED = 1;

export class Timer extends BasePeripheral {
  /** `startMicros()` is the time a reset of the block starts from. */
  constructor(chip, name, startMicros) {
    super(chip, name);
    this.startMicros = startMicros;
    this.clock = chip.clock;
    this.offsetMicros = startMicros() - this.ticks;
    this.pausedMicros = -1; // >= 0 while it stands
    this.writtenLow = 0;
    this.latchedHigh = 0;
    this.dbgPause = DBGPAUSE_CORES | DBGPAUSE_RESERVED;
    this.armed = 0;
    this.intRaw = 0;
    this.intEnable = 0;
    this.intForce = 0;
    this.targets = new Uint32Array(4);
    this.alarms = [0, 1, 2, 3].map((index) => this.clock.createAlarm(() => this.fire(index)));
  }

  /** Microseconds of the clock it counts. */
  get ticks() {
    return Math.floor(this.clock.nanos / 1000);
  }

  get micros() {
    return this.pausedMicros >= 0 ? this.pausedMicros : this.ticks + this.offsetMicros;
  }

  readUint32(offset) {
    switch (offset) {
      case TIMEHR:
        return this.latchedHigh;
      case TIMELR: {
        const { micros } = this;
        this.latchedHigh = Math.floor(micros / TWO_32);
        return micros % TWO_32;
      }
      case TIMERAWH:
        return Math.floor(this.micros / TWO_32);
      case TIMERAWL:
        return this.micros % TWO_32;
      case ARMED:
        return this.armed;
      case DBGPAUSE:
        return this.dbgPause;
      case PAUSE:
        return this.pausedMicros >= 0 ? 1 : 0;
      case INTR:
        return this.intRaw;
      case INTE:
        return this.intEnable;
      case INTF:
        return this.intForce;
      case INTS:
        return (this.intRaw & this.intEnable) | this.intForce;
    }
    if (offset >= ALARM0 && offset <= ALARM3) {
      return this.targets[(offset - ALARM0) >> 2];
    }
    return super.readUint32(offset);
  }

  writeUint32(offset, value) {
    if (offset >= ALARM0 && offset <= ALARM3) {
      const index = (offset - ALARM0) >> 2;
      this.targets[index] = value;
      this.armed |= 1 << index;
      this.plan();
      return;
    }
    switch (offset) {
      case TIMELW:
        this.writtenLow = value >>> 0;
        return;
      case TIMEHW:
        this.setTo((value >>> 0) * TWO_32 + this.writtenLow);
        return;
      case ARMED:
        this.armed &= ~this.rawWriteValue;
        this.plan();
        return;
      case DBGPAUSE:
        this.dbgPause = (value & DBGPAUSE_CORES) | DBGPAUSE_RESERVED;
        return;
      case PAUSE:
        this.pause((value & 1) !== 0);
        return;
      case INTR:
        this.intRaw &= ~this.rawWriteValue;
        break;
      case INTE:
        this.intEnable = value & 0xf;
        break;
      case INTF:
        this.intForce = value & 0xf;
        break;
      default:
        super.writeUint32(offset, value);
        return;
    }
    this.checkInterrupts();
  }

  /** Schedules what is armed, each for the next time the low word equals its target. */
  plan() {
    const { micros, alarms, targets } = this;
    for (let index = 0; index < 4; index++) {
      if (this.pausedMicros >= 0 || !(this.armed & (1 << index))) {
        alarms[index].cancel();
      } else {
        const ahead = (targets[index] - (micros % TWO_32) + TWO_32) % TWO_32;
        alarms[index].scheduleAt((micros + ahead - this.offsetMicros) * 1000);
      }
    }
  }

  pause(stands) {
    if (stands === this.pausedMicros >= 0) {
      return;
    }
    const { micros } = this;
    this.pausedMicros = stands ? micros : -1;
    this.offsetMicros = micros - this.ticks;
    this.plan();
  }

  /** Sets the time, as a program does: an alarm that is jumped over waits until its time comes round again. */
  setTo(micros) {
    const before = this.micros;
    if (this.pausedMicros >= 0) {
      this.pausedMicros = micros;
    }
    this.offsetMicros += micros - before;
    this.plan();
  }

  /** Sets the time. Alarms that are jumped over fire at once (a rig's convenience; silicon would miss them). */
  jumpTo(micros) {
    const jumped = [0, 1, 2, 3].filter(
      (index) => this.alarms[index].scheduled && this.alarms[index].nanos / 1000 + this.offsetMicros <= micros,
    );
    this.setTo(micros);
    jumped.forEach((index) => this.alarms[index].schedule(0));
  }

  fire(index) {
    this.armed &= ~(1 << index);
    this.intRaw |= 1 << index;
    this.checkInterrupts();
  }

  checkInterrupts() {
    const active = (this.intRaw & this.intEnable) | this.intForce;
    for (let index = 0; index < 4; index++) {
      this.rp2040.setInterrupt(index, (active & (1 << index)) !== 0);
    }
  }

  reset() {
    this.armed = 0;
    this.pausedMicros = -1;
    this.plan();
    this.offsetMicros = this.startMicros() - this.ticks;
    this.dbgPause = DBGPAUSE_CORES | DBGPAUSE_RESERVED;
    this.intRaw = 0;
    this.intEnable = 0;
    this.intForce = 0;
    this.checkInterrupts();
  }
}
