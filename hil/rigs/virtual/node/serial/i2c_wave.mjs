// What SDA and SCL do in each phase of a transfer, worked out from time. There are no events but those of edges that
// somebody follows.

import { FollowedLines } from './wave.mjs';

export const SDA = 1;
export const SCL = 2;
const BITS = 9; // of a byte, with its acknowledge
const EPSILON = 1e-3; // ns; times are sums of doubles

const bitAt = ({ low, high }, at) => Math.min(BITS - 1, Math.floor(at / (low + high)));
const clockAt = ({ low, high }, at) => at - bitAt({ low, high }, at) * (low + high) >= low;
const risen = ({ low }, at) => at >= low;

/** Each line, `at` ns into a phase; `low`, `high`: how long SCL is, ns. SDA moves later, by its hold time. */
const PHASES = {
  idle: { scl: () => true, sda: () => true },
  start: { scl: () => true, sda: () => false },
  hold: { scl: () => false, sda: ({ before }) => before },
  byte: { scl: clockAt, sda: (wave, at) => (wave.bits >>> (BITS - 1 - bitAt(wave, at))) & 1 },
  acknowledge: { scl: risen, sda: ({ bits }) => bits & 1 },
  restart: { scl: risen, sda: ({ low, high, hold }, at) => at + hold < low + high },
  stop: { scl: risen, sda: ({ low, high, hold }, at) => at + hold >= low + high },
};
export const NO_CLOCK = { low: 0, high: 0, hold: 0 };
const AT_ONCE = ['idle', 'start']; // SDA moves while SCL is high

export class I2cWave extends FollowedLines {
  constructor(clock, changed) {
    super(clock, changed);
    this.phase = PHASES.idle;
    this.startNanos = 0;
    this.begin('idle', NO_CLOCK);
  }

  /** `low`, `high`: of SCL; `hold`: from its fall until SDA moves, ns. `bits`: of a byte and its acknowledge, or of one. */
  begin(phase, { low, high, hold }, bits = 0) {
    this.before = (this.at(this.clock.nanos) & SDA) !== 0;
    this.phase = PHASES[phase];
    this.hold = AT_ONCE.includes(phase) ? 0 : hold;
    this.startNanos = this.clock.nanos;
    this.low = low;
    this.high = high;
    this.bits = bits;
    this.edge();
  }

  at(nanos) {
    const { phase, hold, before } = this;
    const at = nanos - this.startNanos + EPSILON;
    const data = at < hold ? before : phase.sda(this, at - hold);
    return (phase.scl(this, at) ? SCL : 0) | (data ? SDA : 0);
  }

  /** The next time at which a line may change. What comes behind the phase is the block's to tell. */
  plan() {
    this.alarm.cancel();
    const period = this.low + this.high;
    if (this.followed === 0 || period === 0) {
      return;
    }
    const since = this.clock.nanos - this.startNanos + EPSILON;
    const bit = Math.floor(since / period);
    if (bit < BITS) {
      const into = since - bit * period;
      const next = [this.hold, this.low, period].find((boundary) => boundary > into);
      this.alarm.scheduleAt(this.startNanos + bit * period + next);
    }
  }
}
