// The LSM6DSOX (DS12814): an IMU by its registers, as far as a rover's firmware uses them. What it feels are rows (temp,
// gyro x, y, z, accel x, y, z) in LSB of 250 dps and 2 g, each held until the next; hil/rigs/sil/modules/lsm6dsox.py is the
// same part, and one set of tests holds both to the same.
//
// Left out: FIFO, interrupts, low-power modes, filters, the temperature's own rate, embedded functions.

const [WHO_AM_I, CTRL1_XL, CTRL2_G, CTRL3_C, CTRL5_C, STATUS] = [0x0f, 0x10, 0x11, 0x12, 0x14, 0x1e];
const [OUT, OUT_END, OUT_GYRO, OUT_ACCEL] = [0x20, 0x2e, 0x22, 0x28];
const [FIRST_WRITABLE, LAST_WRITABLE] = [0x10, 0x19];
const ID = 0x6c;
const OTHER_ID = 0x6a;
const BDU = 0x40;
const IF_INC = 0x04;
const SW_RESET = 0x01;
/** As they are after power-on; what is not here is 0. */
const DEFAULTS = { [CTRL3_C]: IF_INC, 0x18: 0xe0 };
/** By the upper four bits of CTRL1_XL and CTRL2_G. */
const RATES_HZ = [0, 12.5, 26, 52, 104, 208, 417, 833, 1667, 3333, 6667];
const BOOT_NANOS = 10e6;
/** From power-down to the first values: the gyroscope has to get its mass moving. */
const GYRO_SETTLES_NANOS = 70e6;
const ACCEL_SETTLES_NANOS = 10e6;
/** Of an output, in the part's finest: full scales by bits 3:2 (2, 16, 4, 8 g; 250, 500, 1000, 2000 dps). */
const ACCEL_PARTS = [1, 8, 2, 4];
const GYRO_PARTS = [1, 2, 4, 8];
// The self-test's shifts, within the data sheet's bounds: 50 dps at 250 and 400 at 2000 are the same number; 400 mg at 2 g.
const GYRO_SHIFT = 5714;
const ACCEL_SHIFT = 6557;
const GYRO_SIGN = [0, 1, 0, -1];
const ACCEL_SIGN = [0, 1, -1, 0];

const held = (value) => Math.max(-32768, Math.min(32767, value));

/** One of the two: its rate, when its next values are due, whether the last ones were read. */
class Sense {
  constructor(settlesNanos) {
    this.settlesNanos = settlesNanos;
    this.powerDown();
  }

  powerDown() {
    this.ready = false;
    this.rate = 0;
    this.periodNanos = 0;
    this.nextNanos = Infinity;
  }

  setRate(rate, nanos) {
    if (rate === this.rate) {
      return;
    }
    const first = this.rate === 0 ? nanos + this.settlesNanos : this.nextNanos;
    this.powerDown();
    if (rate !== 0 && rate < RATES_HZ.length) {
      this.rate = rate;
      this.periodNanos = 1e9 / RATES_HZ[rate];
      this.nextNanos = first;
    }
  }

  /** When its newest values were taken, if there are newer ones than the last time; else null. */
  due(nanos) {
    if (this.nextNanos > nanos) {
      return null;
    }
    const at = this.nextNanos + Math.floor((nanos - this.nextNanos) / this.periodNanos) * this.periodNanos;
    this.nextNanos = at + this.periodNanos;
    this.ready = true;
    return at;
  }
}

export class Lsm6dsox {
  /** `now()`: the board's ns. `rowAt(nanos)`: what it feels then. */
  constructor(now, rowAt) {
    this.now = now;
    this.rowAt = rowAt;
    this.takesGeneralCall = false;
    this.fault = 'none'; // or 'stuck', 'wrong_id'
    this.gyro = new Sense(GYRO_SETTLES_NANOS);
    this.accel = new Sense(ACCEL_SETTLES_NANOS);
    this.powerUp();
  }

  powerUp() {
    this.hearsAtNanos = this.now() + BOOT_NANOS;
    this.setDefaults();
  }

  setDefaults() {
    this.registers = new Uint8Array(128);
    Object.entries(DEFAULTS).forEach(([register, value]) => (this.registers[register] = value));
    this.gyro.powerDown();
    this.accel.powerDown();
    this.out = new DataView(new ArrayBuffer(OUT_END - OUT));
    this.shown = new DataView(new ArrayBuffer(OUT_END - OUT)); // of a transfer that goes on, with BDU
    this.at = 0;
    this.first = true;
  }

  /** It acknowledges nothing while it starts. */
  get deaf() {
    return this.now() < this.hearsAtNanos;
  }

  /** The newest values up to now. */
  catchUp() {
    const { out, registers } = this;
    const gyro = this.gyro.due(this.now());
    const accel = this.accel.due(this.now());
    if (this.fault === 'stuck') {
      return;
    }
    const test = registers[CTRL5_C];
    if (gyro !== null) {
      const row = this.rowAt(gyro);
      const control = registers[CTRL2_G];
      const shift = GYRO_SHIFT * GYRO_SIGN[(test >>> 2) & 3];
      out.setInt16(0, row[0], true);
      for (let i = 0; i < 3; i++) {
        const value = control & 2 ? 2 * row[1 + i] : Math.trunc(row[1 + i] / GYRO_PARTS[(control >>> 2) & 3]);
        out.setInt16(OUT_GYRO - OUT + 2 * i, held(value + shift), true);
      }
    }
    if (accel !== null) {
      const row = this.rowAt(accel);
      const parts = ACCEL_PARTS[(registers[CTRL1_XL] >>> 2) & 3];
      const shift = ACCEL_SHIFT * ACCEL_SIGN[test & 3];
      if (gyro === null) {
        out.setInt16(0, row[0], true);
      }
      for (let i = 0; i < 3; i++) {
        out.setInt16(OUT_ACCEL - OUT + 2 * i, held(Math.trunc((row[4 + i] + shift) / parts)), true);
      }
    }
  }

  // The bus

  begin() {
    this.first = true;
    this.catchUp();
    this.shown = new DataView(this.out.buffer.slice(0));
  }

  end() {}

  acks() {
    return true;
  }

  next() {
    const { at } = this;
    if (this.registers[CTRL3_C] & IF_INC) {
      this.at = (at + 1) & 0x7f;
    }
    return at;
  }

  read() {
    const at = this.next();
    if (at >= OUT && at < OUT_END) {
      return this.readOutput(at);
    }
    switch (at) {
      case STATUS: {
        const [gyro, accel] = [this.gyro.ready, this.accel.ready];
        return (accel ? 1 : 0) | (gyro ? 2 : 0) | (gyro || accel ? 4 : 0);
      }
      case WHO_AM_I:
        return this.fault === 'wrong_id' ? OTHER_ID : ID;
      default:
        return this.registers[at];
    }
  }

  /** With BDU what a transfer shows is of its beginning; without, a byte is of the moment it is read in. */
  readOutput(at) {
    const whole = this.registers[CTRL3_C] & BDU;
    if (!whole) {
      this.catchUp();
    }
    if (at & 1) {
      this.accel.ready &&= at < OUT_ACCEL;
      this.gyro.ready &&= at < OUT_GYRO || at >= OUT_ACCEL;
    }
    return (whole ? this.shown : this.out).getUint8(at - OUT);
  }

  write(byte, nanos) {
    if (this.first) {
      this.first = false;
      this.at = byte & 0x7f;
      return;
    }
    const at = this.next();
    if (at < FIRST_WRITABLE || at > LAST_WRITABLE) {
      return;
    }
    if (at === CTRL3_C && byte & SW_RESET) {
      this.setDefaults();
      return;
    }
    this.registers[at] = byte;
    if (at === CTRL1_XL) {
      this.accel.setRate(byte >>> 4, nanos);
    } else if (at === CTRL2_G) {
      this.gyro.setRate(byte >>> 4, nanos);
    }
  }
}
