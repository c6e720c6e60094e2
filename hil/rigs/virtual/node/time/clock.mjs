// Emulated time. Time is the core's cycle count, so a peripheral that asks for the time in the middle
// of a run of instructions gets the instant of that very instruction; nothing is ticked in between.

/** One event in the future. The callback sees its own due time as `clock.nanos`. */
export class Alarm {
  constructor(clock, callback) {
    this.clock = clock;
    this.callback = callback;
    this.next = null;
    this.nanos = 0;
    this.scheduled = false;
  }

  schedule(deltaNanos) {
    this.scheduleAt(this.clock.nanos + deltaNanos);
  }

  scheduleAt(nanos) {
    if (this.scheduled) {
      this.clock.unlinkAlarm(this);
    }
    this.nanos = nanos;
    this.clock.linkAlarm(this);
  }

  cancel() {
    if (this.scheduled) {
      this.clock.unlinkAlarm(this);
    }
  }
}

/**
 * Stands in for rp2040js's SimulationClock (same `nanos`, `micros`, `createAlarm`).
 * `core` is anything with a `cycles` count. While a run of instructions is under way, setting an alarm that is due
 * before its end asks the executor to stop, so that no alarm is passed over.
 */
export class MachineClock {
  constructor() {
    this.core = { cycles: 0 };
    this.executor = null;
    this.limit = -1; // cycle at which the run of instructions under way will stop
    this.baseNanos = 0;
    this.cycleNanos = 8;
    this.alarmNanos = -1; // >= 0 while an alarm's callback runs
    this.nextAlarm = null;
    this.untilNanos = -1; // how far time is let pass
  }

  /** Whether the core sleeps on, so that an alarm may let time pass itself (`passTo`) until it has done something. */
  get idle() {
    return this.core.waiting === true && !this.executor.wakes();
  }

  /** From within an alarm, while the clock is idle: on to that time, unless another alarm or the end comes before. */
  passTo(nanos) {
    if (nanos > this.untilNanos || (this.nextAlarm !== null && this.nextAlarm.nanos <= nanos)) {
      return false;
    }
    this.baseNanos = nanos;
    this.alarmNanos = nanos;
    return true;
  }

  get nanos() {
    return this.alarmNanos >= 0 ? this.alarmNanos : this.baseNanos + this.core.cycles * this.cycleNanos;
  }

  get nanosCounter() {
    return this.nanos;
  }

  get micros() {
    return this.nanos / 1000;
  }

  get frequency() {
    return 1e9 / this.cycleNanos;
  }

  createAlarm(callback) {
    return new Alarm(this, callback);
  }

  linkAlarm(alarm) {
    let item = this.nextAlarm;
    let last = null;
    while (item !== null && item.nanos <= alarm.nanos) {
      last = item;
      item = item.next;
    }
    alarm.next = item;
    alarm.scheduled = true;
    if (last === null) {
      this.nextAlarm = alarm;
      if (this.limit > 0 && alarm.nanos < this.baseNanos + this.limit * this.cycleNanos) {
        this.limit = -1;
        this.executor.requestStop();
      }
    } else {
      last.next = alarm;
    }
  }

  unlinkAlarm(alarm) {
    alarm.scheduled = false;
    let item = this.nextAlarm;
    let last = null;
    while (item !== null) {
      if (item === alarm) {
        if (last === null) {
          this.nextAlarm = item.next;
        } else {
          last.next = item.next;
        }
        return;
      }
      last = item;
      item = item.next;
    }
  }

  /** Runs every alarm that is due by now, and by `untilNanos`, in order of time. */
  fireDue(untilNanos = Infinity) {
    const now = Math.min(this.nanos, untilNanos);
    let alarm = this.nextAlarm;
    while (alarm !== null && alarm.nanos <= now) {
      this.nextAlarm = alarm.next;
      alarm.scheduled = false;
      this.alarmNanos = alarm.nanos;
      alarm.callback();
      alarm = this.nextAlarm;
    }
    this.alarmNanos = -1;
  }

  /** Folds the executed cycles into the base, so that cycle counts stay small integers. Returns them. */
  rebase() {
    const cycles = this.core.cycles;
    this.baseNanos += cycles * this.cycleNanos;
    this.core.cycles = 0;
    return cycles;
  }

  /** A chip that is reset forgets every alarm; those of the world around it (`keep`) stay. */
  dropAlarms(keep) {
    let alarm = this.nextAlarm;
    this.nextAlarm = null;
    while (alarm !== null) {
      const next = alarm.next;
      alarm.scheduled = false;
      if (keep.has(alarm)) {
        this.linkAlarm(alarm);
      }
      alarm = next;
    }
  }
}
