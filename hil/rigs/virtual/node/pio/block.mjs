// A PIO block (RP2040 datasheet 3.7): four state machines in step with the emulated clock, their shared instruction
// memory, flags, outputs and registers.

import { BasePeripheral } from 'rp2040js';
import { Outputs } from './outputs.mjs';
import { Runner } from './runner.mjs';
import { ALL_PINS } from './shifter.mjs';

const CTRL = 0x000;
const FSTAT = 0x004;
const FDEBUG = 0x008;
const FLEVEL = 0x00c;
const TXF0 = 0x010;
const RXF0 = 0x020;
const IRQ = 0x030;
const IRQ_FORCE = 0x034;
const INPUT_SYNC_BYPASS = 0x038;
const DBG_PADOUT = 0x03c;
const DBG_PADOE = 0x040;
const DBG_CFGINFO = 0x044;
const INSTR_MEM0 = 0x048;
const SM0_CLKDIV = 0x0c8;
const SM_SIZE = 0x18;
const INTR = 0x128;
const IRQ0_INTE = 0x12c;
const IRQ1_INTS = 0x140;
const EXEC_STALLED = 0x80000000;

export class PioBlock extends BasePeripheral {
  constructor(chip, name, index) {
    super(chip, name);
    this.index = index;
    this.clock = chip.clock;
    this.firstIrq = index === 0 ? 7 : 9;
    this.dreqBase = index * 8;
    this.instructions = new Uint16Array(32);
    this.outputs = new Outputs(this);
    this.irqFlags = 0;
    this.fdebug = 0;
    this.syncBypass = 0;
    this.inte = [0, 0];
    this.intf = [0, 0];
    this.effects = 0; // counts everything the outside could notice
    this.pinsFollowed = 0; // looked at by machines since they were let go
    this.runners = [0, 1, 2, 3].map((each) => new Runner(this, each, chip.clock));
    this.runners.forEach((runner) => this.requests(runner.machine));
  }

  /** clk_sys has changed. */
  clockChanged() {
    for (const runner of this.runners) {
      runner.catchUp();
      runner.setDivider(runner.machine.clkdiv);
      runner.wake();
    }
  }

  // What machines call

  setIrqFlags(flags) {
    if (flags === this.irqFlags) {
      return;
    }
    this.runners.forEach((runner) => runner.catchUp());
    this.irqFlags = flags;
    this.effects++;
    this.checkInterrupts();
    this.runners.forEach((runner) => runner.notice());
  }

  stalled(bits) {
    if ((this.fdebug & bits) !== bits) {
      this.fdebug |= bits;
      this.effects++;
    }
  }

  fifoChanged(machine) {
    this.effects++;
    this.requests(machine);
    this.checkInterrupts();
    this.runners[machine.index].notice();
  }

  requests(machine) {
    const { dma } = this.rp2040;
    const tx = this.dreqBase + machine.index;
    if (machine.tx.length < machine.txDepth) {
      dma.setDREQ(tx);
    } else {
      dma.clearDREQ(tx);
    }
    if (machine.rx.length > 0) {
      dma.setDREQ(tx + 4);
    } else {
      dma.clearDREQ(tx + 4);
    }
  }

  /** A machine looks at other pins than before: of those, edges that follow from time are wanted one by one. */
  followersChanged() {
    const before = this.pinsFollowed;
    this.pinsFollowed = this.runners.reduce((pins, runner) => pins | runner.pinsFollowed, 0);
    this.rp2040.pads.followersChanged(before ^ this.pinsFollowed);
  }

  // What the pads call

  inputChanged(pins) {
    for (const runner of this.runners) {
      if (runner.sees(pins)) {
        runner.notice();
      }
    }
  }

  // What machines see of them

  /** These pins, as an instruction at `nanos` has them. */
  inputs(pins, nanos) {
    return this.rp2040.pads.seen(nanos, pins, this.syncBypass);
  }

  /** Whether an instruction at `nanos` has seen all that happened to these pins. */
  settled(pins, nanos) {
    return this.rp2040.pads.settled(nanos, pins, this.syncBypass);
  }

  // Registers

  get intRaw() {
    let raw = (this.irqFlags & 0xf) << 8;
    for (const { machine } of this.runners) {
      raw |= (machine.rx.length > 0 ? 1 : 0) << machine.index;
      raw |= (machine.tx.length < machine.txDepth ? 0x10 : 0) << machine.index;
    }
    return raw;
  }

  checkInterrupts() {
    if ((this.inte[0] | this.inte[1] | this.intf[0] | this.intf[1]) === 0) {
      return;
    }
    const raw = this.intRaw;
    for (const line of [0, 1]) {
      this.rp2040.setInterrupt(this.firstIrq + line, ((raw & this.inte[line]) | this.intf[line]) !== 0);
    }
  }

  readUint32(offset) {
    if (offset >= SM0_CLKDIV && offset < INTR) {
      return this.readMachine(this.runners[Math.floor((offset - SM0_CLKDIV) / SM_SIZE)], (offset - SM0_CLKDIV) % SM_SIZE);
    }
    if (offset >= RXF0 && offset < IRQ) {
      const runner = this.runners[(offset - RXF0) >> 2];
      runner.catchUp();
      return runner.machine.systemRead();
    }
    if (offset >= INTR && offset <= IRQ1_INTS) {
      return this.readInterrupt(offset);
    }
    const machines = this.runners.map((runner) => runner.machine);
    switch (offset) {
      case CTRL:
        return machines.reduce((bits, machine) => bits | ((machine.enabled ? 1 : 0) << machine.index), 0);
      case FSTAT:
        return machines.reduce(
          (bits, { tx, rx, txDepth, rxDepth, index }) =>
            bits |
            ((tx.length === 0 ? 1 << 24 : 0) << index) |
            ((tx.length >= txDepth ? 1 << 16 : 0) << index) |
            ((rx.length === 0 ? 1 << 8 : 0) << index) |
            ((rx.length >= rxDepth ? 1 : 0) << index),
          0,
        );
      case FDEBUG:
        return this.fdebug;
      case FLEVEL:
        return (
          machines.reduce(
            (bits, { tx, rx, index }) => bits | ((tx.length & 0xf) << (index * 8)) | ((rx.length & 0xf) << (index * 8 + 4)),
            0,
          ) >>> 0
        );
      case IRQ:
        return this.irqFlags;
      case INPUT_SYNC_BYPASS:
        return this.syncBypass;
      case DBG_PADOUT:
        return this.outputs.levels.bits;
      case DBG_PADOE:
        return this.outputs.directions.bits;
      case DBG_CFGINFO:
        return 0x200404;
    }
    return super.readUint32(offset);
  }

  readInterrupt(offset) {
    if (offset === INTR) {
      return this.intRaw;
    }
    const line = offset >= 0x138 ? 1 : 0;
    switch ((offset - IRQ0_INTE) % 12) {
      case 0:
        return this.inte[line];
      case 4:
        return this.intf[line];
    }
    return (this.intRaw & this.inte[line]) | this.intf[line];
  }

  readMachine(runner, register) {
    runner.catchUp();
    const { machine } = runner;
    switch (register) {
      case 0x00:
        return machine.clkdiv >>> 0;
      case 0x04:
        return ((machine.execCtrl & 0x7fffffff) | (machine.latched >= 0 ? EXEC_STALLED : 0)) >>> 0;
      case 0x08:
        return machine.shiftCtrl >>> 0;
      case 0x0c:
        return machine.pc;
      case 0x10:
        return machine.latched >= 0 ? machine.latched : this.instructions[machine.pc];
    }
    return machine.pinCtrl >>> 0;
  }

  writeUint32(offset, value) {
    if (offset >= INSTR_MEM0 && offset < SM0_CLKDIV) {
      this.runners.forEach((runner) => runner.catchUp());
      this.instructions[(offset - INSTR_MEM0) >> 2] = value;
      this.runners.forEach((runner) => runner.wake());
      return;
    }
    if (offset >= SM0_CLKDIV && offset < INTR) {
      this.writeMachine(this.runners[Math.floor((offset - SM0_CLKDIV) / SM_SIZE)], (offset - SM0_CLKDIV) % SM_SIZE, value);
      return;
    }
    if (offset >= TXF0 && offset < RXF0) {
      const runner = this.runners[(offset - TXF0) >> 2];
      runner.catchUp();
      runner.machine.systemWrite(value);
      return;
    }
    switch (offset) {
      case CTRL:
        this.writeControl(value);
        return;
      case FDEBUG:
        this.fdebug &= ~this.rawWriteValue;
        return;
      case IRQ:
        this.setIrqFlags(this.irqFlags & ~this.rawWriteValue & 0xff);
        return;
      case IRQ_FORCE:
        this.setIrqFlags(this.irqFlags | (value & 0xff));
        return;
      case INPUT_SYNC_BYPASS:
        this.runners.forEach((runner) => runner.catchUp());
        this.syncBypass = value & ALL_PINS;
        this.runners.forEach((runner) => runner.wake());
        return;
    }
    if (offset >= IRQ0_INTE && offset < IRQ1_INTS) {
      const line = offset >= 0x138 ? 1 : 0;
      const which = (offset - IRQ0_INTE) % 12 === 0 ? this.inte : this.intf;
      which[line] = value & 0xfff;
      this.rp2040.setInterrupt(this.firstIrq + line, ((this.intRaw & this.inte[line]) | this.intf[line]) !== 0);
      return;
    }
    super.writeUint32(offset, value);
  }

  writeControl(value) {
    for (const runner of this.runners) {
      const { machine } = runner;
      const { index } = machine;
      runner.catchUp();
      if (value & (0x10 << index)) {
        machine.restart();
      }
      const enable = ((value >>> index) & 1) === 1;
      if (enable && (!machine.enabled || value & (0x110 << index))) {
        machine.enabled = true;
        machine.autoRefill();
        runner.start();
      } else if (!enable && machine.enabled) {
        runner.stop();
        machine.enabled = false;
      }
    }
  }

  writeMachine(runner, register, value) {
    const { machine } = runner;
    if (register === 0x10) {
      runner.force(value & 0xffff);
      return;
    }
    runner.catchUp();
    switch (register) {
      case 0x00:
        runner.setDivider(value & 0xffffff00);
        break;
      case 0x04:
        machine.execCtrl = value & 0x7fffff9f;
        break;
      case 0x08:
        if ((machine.shiftCtrl ^ value) & 0xc0000000) {
          machine.tx.length = 0; // changing a FIFO join empties both
          machine.rx.length = 0;
        }
        machine.shiftCtrl = value & 0xffff0000;
        this.requests(machine);
        this.checkInterrupts();
        break;
      case 0x14:
        machine.pinCtrl = value | 0;
        break;
    }
    // Whom it had taken a pin from may have it back now.
    this.runners.forEach((each) => each.wake());
    runner.forgetCircle();
  }

  reset() {
    this.runners.forEach((runner) => runner.clear());
    this.instructions.fill(0);
    this.irqFlags = 0;
    this.fdebug = 0;
    this.syncBypass = 0;
    this.inte = [0, 0];
    this.intf = [0, 0];
    this.outputs.reset();
    this.followersChanged();
    this.runners.forEach((runner) => this.requests(runner.machine));
    this.rp2040.setInterrupt(this.firstIrq, false);
    this.rp2040.setInterrupt(this.firstIrq + 1, false);
  }
}
