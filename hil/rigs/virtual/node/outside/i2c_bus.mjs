// An I2C bus outside the chip, between two of its GPIOs and devices by their addresses, with pull-ups of its own. Whole
// bytes come from the chip's I2C blocks, each at its time (serial/i2c.mjs); levels from pins that software moves itself,
// and are taken apart here. And what goes wrong on a bus: broken wires, lines held low, devices that are pulled out.

import { BusBits } from './i2c_bits.mjs';
import { RELEASED } from './wires.mjs';

export const BUS_FAULTS = ['sdaOpen', 'sclOpen', 'sdaLow', 'sclLow', 'swapped'];
const GENERAL_CALL = 0;

export class I2cBus {
  /**
   * `machine`: {wires, now, drive(pin, level)}. A device: {takesGeneralCall, acks(byte), begin(read, general, nanos),
   * write(byte, nanos), read(), end()}: `acks` says whether it will acknowledge the byte, `write` comes as that has been
   * clocked. One that is `deaf` does not acknowledge its address either.
   */
  constructor(machine, sda, scl) {
    this.machine = machine;
    this.sda = sda;
    this.scl = scl;
    this.devices = new Map();
    this.faults = new Set();
    this.bits = new BusBits(this);
    this.brokenNanos = -1; // when last a device has lost the bus
    this.pulled = false; // SDA, by a device
    this.forget();
    machine.wires.addBus(this);
    this.showLines();
  }

  forget() {
    this.awaitsAddress = false;
    this.addressed = []; // the devices of this transfer
    this.reading = false;
  }

  /** Takes the bus down, its pull-ups with it. */
  remove() {
    this.machine.wires.removeBus(this);
    this.machine.drive(this.sda, RELEASED);
    this.machine.drive(this.scl, RELEASED);
  }

  attach(address, device) {
    this.devices.set(address, device);
  }

  /** The device is pulled out: of a transfer under way, too. */
  detach(address) {
    const device = this.devices.get(address);
    this.devices.delete(address);
    this.addressed = this.addressed.filter((each) => each !== device);
    this.brokenNanos = this.machine.now;
    this.pullSda(false);
  }

  setFault(name, on) {
    if (on) {
      this.faults.add(name);
      this.brokenNanos = this.machine.now;
    } else {
      this.faults.delete(name);
    }
    this.showLines();
  }

  /** Whether the devices hear what the chip says. */
  get whole() {
    const { faults } = this;
    return !BUS_FAULTS.some((name) => faults.has(name));
  }

  // The lines

  /** What a device puts on SDA while software moves the lines. */
  pullSda(low) {
    if (this.pulled !== low) {
      this.pulled = low;
      this.showLines();
    }
  }

  showLines() {
    const { machine, faults } = this;
    const low = faults.has('sdaLow') || (this.pulled && !faults.has('sdaOpen'));
    // The pull-ups are at the devices: a pin behind a wire that is cut has its own pull alone.
    machine.drive(this.sda, low ? 0 : faults.has('sdaOpen') ? RELEASED : 1);
    machine.drive(this.scl, faults.has('sclLow') ? 0 : faults.has('sclOpen') ? RELEASED : 1);
  }

  /** A pin has another level. Those of the chip's own blocks tell whole bytes, and nothing is to be taken apart. */
  levelIs(pin, level, nanos) {
    const byBlock = this.machine.chip?.pads.isI2c(pin) ?? true;
    this.bits.levelIs(pin === this.sda, level, nanos, byBlock);
  }

  // Bytes

  start() {
    if (this.whole) {
      this.endTransfer();
      this.awaitsAddress = true;
    }
  }

  stop() {
    if (this.whole) {
      this.endTransfer();
    }
  }

  endTransfer() {
    this.addressed.forEach((device) => device.end());
    this.forget();
  }

  /** Who has this address. */
  devicesAt(byte) {
    const address = byte >>> 1;
    if (address === GENERAL_CALL) {
      return byte & 1 ? [] : [...this.devices.values()].filter((device) => device.takesGeneralCall);
    }
    const device = this.devices.get(address);
    return device === undefined || device.deaf ? [] : [device];
  }

  /** Whether this byte would be acknowledged. */
  acks(byte) {
    if (!this.whole) {
      return false;
    }
    return this.awaitsAddress
      ? this.devicesAt(byte).length > 0
      : !this.reading && this.addressed.some((device) => device.acks(byte));
  }

  /** A byte and its acknowledge have been clocked; whether there was one. */
  write(byte, nanos) {
    const acked = this.acks(byte);
    if (!this.whole) {
      return acked;
    }
    if (this.awaitsAddress) {
      this.awaitsAddress = false;
      this.addressed = this.devicesAt(byte);
      this.reading = (byte & 1) === 1;
      this.addressed.forEach((device) => device.begin(this.reading, byte >>> 1 === GENERAL_CALL, nanos));
    } else if (acked) {
      this.addressed.forEach((device) => device.write(byte, nanos));
    }
    return acked;
  }

  /** The byte that comes next from whom is read: all ones from nobody. */
  read() {
    return this.whole && this.reading && this.addressed.length > 0 ? this.addressed[0].read() : 0xff;
  }

  /** What has arrived of a byte whose bits began at `since`. */
  arrived(byte, since, bitNanos) {
    if (this.brokenNanos <= since) {
      return byte;
    }
    return byte | (0xff >>> Math.floor((this.brokenNanos - since) / bitNanos));
  }
}
