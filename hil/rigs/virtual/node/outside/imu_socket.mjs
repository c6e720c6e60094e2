// Where an IMU is plugged in: I2C1's two pins. Empty at first, and then nothing is on them, no pull-ups either.

import { I2cBus } from './i2c_bus.mjs';
import { Lsm6dsox } from './lsm6dsox.mjs';

const SDA = 6;
const SCL = 7;
const ADDRESS = 0x6a;
const VALUES = 7;
const RESTS = [0, 0, 0, 0, 0, 0, 16384];

export class ImuSocket {
  constructor(machine) {
    this.machine = machine;
    this.bus = null;
    this.part = null;
    this.fault = 'none';
    this.times = [-Infinity];
    this.rows = [RESTS];
    this.cursor = 0;
  }

  /** A part with its pull-ups, with power from now on; or none. */
  plug(on) {
    if (on === (this.part !== null)) {
      return;
    }
    if (on) {
      this.part = new Lsm6dsox(
        () => this.machine.now,
        (nanos) => this.rowAt(nanos),
      );
      this.bus = new I2cBus(this.machine, SDA, SCL);
      this.bus.attach(ADDRESS, this.part);
    } else {
      this.bus.detach(ADDRESS);
      this.part = null;
    }
    this.show();
  }

  /** 'none', 'sda_low', 'stuck', 'wrong_id'. */
  setFault(name) {
    this.part?.catchUp();
    this.fault = name;
    this.show();
  }

  show() {
    const low = this.fault === 'sda_low';
    if (this.bus === null && low) {
      this.bus = new I2cBus(this.machine, SDA, SCL);
    }
    if (this.bus !== null && this.bus.faults.has('sdaLow') !== low) {
      this.bus.setFault('sdaLow', low);
    }
    if (this.part === null && this.bus !== null && !low) {
      this.bus.remove();
      this.bus = null;
    }
    if (this.part !== null) {
      this.part.fault = this.fault;
    }
  }

  /** The board has its supply again, and the part with it. */
  powerUp() {
    this.part?.powerUp();
  }

  /** From times[0] on these rows (one after the other in `values`) replace what was scheduled. */
  play(times, values) {
    if (times.length === 0) {
      return;
    }
    this.part?.catchUp();
    let keep = this.times.length;
    while (keep > 0 && this.times[keep - 1] >= times[0]) {
      keep--;
    }
    const from = Math.max(0, Math.min(this.cursor, keep - 1));
    this.times = this.times.slice(from, keep).concat(Array.from(times));
    this.rows = this.rows.slice(from, keep);
    for (let i = 0; i < times.length; i++) {
      this.rows.push(values.subarray(VALUES * i, VALUES * (i + 1)));
    }
    this.cursor = 0;
  }

  rowAt(nanos) {
    const { times } = this;
    while (this.cursor > 0 && times[this.cursor] > nanos) {
      this.cursor--;
    }
    while (this.cursor + 1 < times.length && times[this.cursor + 1] <= nanos) {
      this.cursor++;
    }
    return this.rows[this.cursor];
  }
}
