// A bus whose lines software moves pin by pin: the bytes, starts and stops that come of it, and what a device answers, bit
// by bit, on SDA.

const [IDLE, RECEIVING, SENDING] = [0, 1, 2];

export class BusBits {
  constructor(bus) {
    this.bus = bus;
    this.sda = 1;
    this.scl = 1;
    this.forget();
  }

  forget() {
    this.mode = IDLE;
    this.byte = 0;
    this.clocked = 0; // bits of this byte, the acknowledge among them, that SCL has risen for
    this.acked = false;
  }

  /** `quietly`: a line that means nothing here. */
  levelIs(isSda, level, nanos, quietly) {
    if (quietly) {
      this[isSda ? 'sda' : 'scl'] = level;
      this.forget();
      return;
    }
    if (isSda) {
      const condition = this.scl === 1 && level !== this.sda;
      this.sda = level;
      if (condition) {
        this.conditionSeen(level === 0);
      }
      return;
    }
    if (level === this.scl) {
      return;
    }
    this.scl = level;
    if (this.mode === IDLE) {
      return;
    }
    if (level === 1) {
      this.rose();
    } else {
      this.fell(nanos);
    }
  }

  /** SDA has moved while SCL is high. */
  conditionSeen(isStart) {
    this.forget();
    if (isStart) {
      this.mode = RECEIVING;
      this.bus.start();
    } else {
      this.bus.stop();
    }
  }

  rose() {
    this.clocked++;
    if (this.clocked <= 8 && this.mode === RECEIVING) {
      this.byte = (this.byte << 1) | this.sda;
    } else if (this.clocked === 9 && this.mode === SENDING) {
      this.acked = this.sda === 0;
    }
  }

  fell(nanos) {
    const { bus } = this;
    if (this.clocked < 8) {
      this.showBit();
    } else if (this.clocked === 8) {
      bus.pullSda(this.mode === RECEIVING && bus.acks(this.byte));
    } else {
      this.byteEnded(nanos);
    }
  }

  showBit() {
    if (this.mode === SENDING) {
      this.bus.pullSda(((this.byte >>> (7 - this.clocked)) & 1) === 0);
    }
  }

  byteEnded(nanos) {
    const { bus } = this;
    const goesOn = this.mode === RECEIVING ? bus.write(this.byte, nanos) : this.acked;
    bus.pullSda(false);
    if (!goesOn) {
      this.forget();
      return;
    }
    this.mode = bus.reading ? SENDING : RECEIVING;
    this.clocked = 0;
    this.byte = this.mode === SENDING ? bus.read() : 0;
    this.showBit();
  }
}
