// What a serial block puts on its lines, worked out from time: a frame is so many steps of the same length. There are no
// events but those of edges that somebody follows.

const EPSILON_STEPS = 1e-6; // times are sums of doubles

/** Lines whose levels follow from time. Who extends it says in `plan()` when the next may change. */
export class FollowedLines {
  /** `changed(pins)`: these GPIOs, which are followed, may have another level now. */
  constructor(clock, changed) {
    this.clock = clock;
    this.changed = changed;
    this.alarm = clock.createAlarm(() => this.edge());
    this.followed = 0; // GPIOs whose edges are wanted, a bit each
  }

  follow(gpio, wanted) {
    this.followed = wanted ? this.followed | (1 << gpio) : this.followed & ~(1 << gpio);
    this.plan();
  }

  edge() {
    if (this.followed !== 0) {
      this.changed(this.followed);
      this.plan();
    }
  }
}

export class Wave extends FollowedLines {
  /**
   * `levels(step)`: the lines in a step of the frame at hand, bit (GPIO & 3) of each; before and after it in step -1.
   */
  constructor(clock, levels, changed) {
    super(clock, changed);
    this.levels = levels;
    this.clear();
  }

  clear() {
    this.alarm.cancel();
    this.startNanos = 0;
    this.stepNanos = 1;
    this.steps = 0;
  }

  begin(stepNanos, steps) {
    this.startNanos = this.clock.nanos;
    this.stepNanos = stepNanos;
    this.steps = steps;
    this.edge();
  }

  stepAt(nanos) {
    const step = Math.floor((nanos - this.startNanos) / this.stepNanos + EPSILON_STEPS);
    return step < this.steps ? Math.max(step, -1) : -1;
  }

  at(nanos) {
    return this.levels(this.stepAt(nanos));
  }

  /** The next edge within the frame; its last is the block's to tell, which knows whether another frame follows. */
  plan() {
    this.alarm.cancel();
    const now = this.stepAt(this.clock.nanos);
    if (this.followed === 0 || now < 0) {
      return;
    }
    const levels = this.levels(now);
    for (let step = now + 1; step < this.steps; step++) {
      if (this.levels(step) !== levels) {
        this.alarm.scheduleAt(this.startNanos + step * this.stepNanos);
        return;
      }
    }
  }
}
