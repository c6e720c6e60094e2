// The 64-bit microsecond timer (RP2040 datasheet 4.6). It starts at 0 at every reset of the chip, or where the
// rig says (to stand just before a wrap), and its alarms fire when the low word equals the target.

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

export class Timer extends BasePeripheral {
  /** `startMicros()` is the time a reset of the block starts from. */
  constructor(chip, name, startMicros) {
    super(chip, name);
    this.startMicros = startMicros;
    this.clock = chip.clock;
    this.offsetMicros = startMicros() - Math.floor(this.clock.nanos / 1000);
    this.writtenLow = 0;
    this.latchedHigh = 0;
    this.dbgPause = 7;
    this.intRaw = 0;
    this.intEnable = 0;
    this.intForce = 0;
    this.targets = new Uint32Array(4);
    this.alarms = [0, 1, 2, 3].map((index) => this.clock.createAlarm(() => this.fire(index)));
  }

  get micros() {
    return Math.floor(this.clock.nanos / 1000) + this.offsetMicros;
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
        return this.alarms.reduce((bits, alarm, index) => bits | (alarm.scheduled ? 1 << index : 0), 0);
      case DBGPAUSE:
        return this.dbgPause;
      case PAUSE:
        return 0;
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
      this.arm(index);
      return;
    }
    switch (offset) {
      case TIMELW:
        this.writtenLow = value >>> 0;
        return;
      case TIMEHW:
        this.jumpTo((value >>> 0) * TWO_32 + this.writtenLow);
        return;
      case ARMED:
        for (let index = 0; index < 4; index++) {
          if (this.rawWriteValue & (1 << index)) {
            this.alarms[index].cancel();
          }
        }
        return;
      case DBGPAUSE:
        this.dbgPause = value;
        return;
      case PAUSE:
        return; // the pause of the timer is not modelled
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

  /** Schedules the alarm for the next time the low word equals its target. */
  arm(index) {
    const { micros } = this;
    const ahead = (this.targets[index] - (micros % TWO_32) + TWO_32) % TWO_32;
    this.alarms[index].scheduleAt((micros + ahead - this.offsetMicros) * 1000);
  }

  /** Sets the time. Alarms that are jumped over fire at once (a rig's convenience; silicon would miss them). */
  jumpTo(micros) {
    const before = this.micros;
    const due = this.alarms.map((alarm) => (alarm.scheduled ? alarm.nanos / 1000 + this.offsetMicros : Infinity));
    this.offsetMicros += micros - before;
    due.forEach((dueMicros, index) => {
      if (dueMicros === Infinity) {
        return;
      }
      if (dueMicros <= micros) {
        this.alarms[index].schedule(0);
      } else {
        this.arm(index);
      }
    });
  }

  fire(index) {
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
    this.alarms.forEach((alarm) => alarm.cancel());
    this.offsetMicros = this.startMicros() - Math.floor(this.clock.nanos / 1000);
    this.intRaw = 0;
    this.intEnable = 0;
    this.intForce = 0;
    this.checkInterrupts();
  }
}
