// What a rig does with I2C buses by name: puts one up between two pins, plugs devices in and out, breaks it; and what the
// converters on it have shown.

import { I2cBus } from './i2c_bus.mjs';
import { Mcp4728 } from './mcp4728.mjs';
import { Random } from './random.mjs';
import { RegisterFile } from './register_file.mjs';

export class I2cDesk {
  /** `toWorld(nanos)`: of the board's time. */
  constructor(machine, toWorld) {
    this.machine = machine;
    this.toWorld = toWorld;
    this.buses = [];
    this.steps = []; // [world's ns, output, mV] of all converters
  }

  /** Returns the bus's number. */
  bus(sda, scl) {
    return this.buses.push(new I2cBus(this.machine, sda, scl)) - 1;
  }

  mcp4728(bus, address, seed, options) {
    const show = (output, nanos, mv) => this.steps.push([this.toWorld(nanos), output, mv]);
    this.buses[bus].attach(address, new Mcp4728(new Random(seed), show, { ...options, nanos: this.machine.now }));
  }

  registers(bus, address, bytes, options) {
    this.buses[bus].attach(address, new RegisterFile(bytes, options));
  }

  /** What a register file holds. */
  contents(bus, address) {
    return Array.from(this.buses[bus].devices.get(address).bytes);
  }

  /** Pulled out; returns nothing, and `plug` puts it back as it was. */
  unplug(bus, address) {
    this.unplugged = this.buses[bus].devices.get(address);
    this.buses[bus].detach(address);
  }

  plug(bus, address) {
    this.buses[bus].attach(address, this.unplugged);
  }

  fault(bus, name, on) {
    this.buses[bus].setFault(name, on);
  }

  /** Takes all buses down. */
  clear() {
    this.buses.forEach((bus) => bus.remove());
    this.buses = [];
    this.steps = [];
  }

  /** Since they were last asked for. */
  taken() {
    const { steps } = this;
    this.steps = [];
    return steps;
  }
}
