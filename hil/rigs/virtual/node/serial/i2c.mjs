// The I2C masters (DW_apb_i2c, RP2040 datasheet 4.3): starts, bytes with their acknowledge, and stops that take their time
// at the programmed counts; FIFOs of 16, a bus that is held while there is nothing to say, aborts and their source,
// interrupts, DMA. Bytes travel whole to the bus outside (outside/i2c_bus.mjs), and the lines can be seen on the pins as
// well. There is no slave, no address of 10 bits, no high speed. Lines rise and fall in no time.

import { BasePeripheral } from 'rp2040js';
import { FUNCTION_I2C } from '../pins/pads.mjs';
import { FIXED, I2cRegisters, R } from './i2c_registers.mjs';
import { I2cWave, NO_CLOCK, SCL, SDA } from './i2c_wave.mjs';

const DEPTH = 16;
const COMMAND_READ = 1 << 8;
const COMMAND_STOP = 1 << 9;
const COMMAND_RESTART = 1 << 10;
const FIRST_DATA_BYTE = 1 << 11;
const CON_MASTER = 1;
const CON_FAST = 2 << 1;
const CON_SPEED = 3 << 1;
const CON_RESTART_EN = 1 << 5;
const CON_TX_EMPTY_CTRL = 1 << 8;
const TAR_SPECIAL_CALL = 3 << 10;
const ENABLE = 1;
const ENABLE_ABORT = 2;
const ENABLE_BLOCK = 4;
const STATUS = { ACTIVITY: 1, TFNF: 2, TFE: 4, RFNE: 8, RFF: 16, MASTER: 32 };
const INT = {
  RX_UNDER: 1,
  RX_OVER: 2,
  RX_FULL: 4,
  TX_OVER: 8,
  TX_EMPTY: 16,
  TX_ABRT: 64,
  ACTIVITY: 1 << 8,
  STOP_DET: 1 << 9,
  START_DET: 1 << 10,
};
const ABRT_ADDRESS = 1;
const ABRT_DATA = 1 << 3;
const ABRT_GENERAL_CALL = 1 << 4;
const ABRT_GENERAL_READ = 1 << 5;
const ABRT_NO_MASTER = 1 << 11;
const ABRT_LOST = 1 << 12;
const ABRT_USER = 1 << 16;
const ABRT_COUNT_SHIFT = 23;
const DMA_RX = 1;
const DMA_TX = 2;
/** Which interrupts the reading of a register clears. */
const CLEARS = {
  [R.CLR_INTR]: ~0,
  [R.CLR_RX_UNDER]: INT.RX_UNDER,
  [R.CLR_RX_OVER]: INT.RX_OVER,
  [R.CLR_TX_OVER]: INT.TX_OVER,
  [R.CLR_TX_ABRT]: INT.TX_ABRT,
  [R.CLR_ACTIVITY]: INT.ACTIVITY,
  [R.CLR_STOP_DET]: INT.STOP_DET,
  [R.CLR_START_DET]: INT.START_DET,
};
const HIGH_CYCLES = 7; // beyond the count and the spike filter (datasheet 4.3.14.1)
const LOW_CYCLES = 1;
const HELD_LOOK_NANOS = 5000; // at an SCL that does not rise
const FIRST_IRQ = 23;
const FIRST_DREQ = 32;
const NO_BUS = { start() {}, stop() {}, acks: () => false, write: () => false, read: () => 0xff, arrived: (byte) => byte };

export class I2c extends BasePeripheral {
  constructor(chip, name, index) {
    super(chip, name);
    this.index = index;
    this.clock = chip.clock;
    this.irq = FIRST_IRQ + index;
    this.dreqTx = FIRST_DREQ + 2 * index;
    this.alarm = chip.clock.createAlarm(() => this.elapsed());
    this.wave = new I2cWave(chip.clock, (pins) => chip.pads.changed(pins));
    this.registers = new I2cRegisters();
    this.tx = [];
    this.rx = [];
    this.linePins = null;
    this.clear();
  }

  clear() {
    this.alarm.cancel();
    this.registers.reset();
    this.tx.length = 0;
    this.rx.length = 0;
    this.enable = 0;
    this.latched = 0;
    this.abortSource = 0;
    this.command = 0; // what is carried out
    this.shifting = false; // it is still on its way
    this.active = false; // from before a START to behind its STOP
    this.resume = null; // what to do when there is a command, while the bus is held
    this.dropped = false; // disabled in mid-transfer: it ends with this byte
    this.first = false;
    this.then = null; // what comes behind the phase at hand
    this.bus = NO_BUS;
  }

  get enabled() {
    return (this.enable & ENABLE) !== 0;
  }

  /** How long SCL is low and high, ns. */
  get lowNanos() {
    const { registers, clock } = this;
    const count = registers.at((registers.at(R.CON) & CON_SPEED) >= CON_FAST ? R.FS_SCL_LCNT : R.SS_SCL_LCNT);
    return (count + LOW_CYCLES) * clock.cycleNanos;
  }

  get highNanos() {
    const { registers, clock } = this;
    const count = registers.at((registers.at(R.CON) & CON_SPEED) >= CON_FAST ? R.FS_SCL_HCNT : R.SS_SCL_HCNT);
    return (count + registers.at(R.FS_SPKLEN) + HIGH_CYCLES) * clock.cycleNanos;
  }

  get holdNanos() {
    return (this.registers.at(R.SDA_HOLD) & 0xffff) * this.clock.cycleNanos;
  }

  // The lines

  outputEnable(pin, nanos) {
    return this.wave.at(nanos) & (pin & 1 ? SCL : SDA) ? 0 : 1;
  }

  level() {
    return 0; // of an output that is enabled: lines are only ever pulled low
  }

  /** The pads call it whenever a pin becomes this block's, or another's. */
  edgesWanted(pin, wanted) {
    this.linePins = null;
    this.wave.follow(pin, wanted);
  }

  /** The pins of a line that are this block's. */
  pins(line) {
    this.linePins ??= [0, 1].map((odd) =>
      this.rp2040.pads.pins.filter(
        ({ index, functionSelect }) =>
          functionSelect === FUNCTION_I2C && ((index >>> 1) & 1) === this.index && (index & 1) === odd,
      ),
    );
    return this.linePins[line === SCL ? 1 : 0];
  }

  /** Whether somebody else holds a line low; nothing pulls up one that leads nowhere. */
  heldLow(line) {
    return !this.pins(line).some((pin) => pin.undriven());
  }

  findBus() {
    const [sda, scl] = [SDA, SCL].map((line) => this.pins(line).map(({ index }) => index));
    const { buses } = this.rp2040.pads.wires;
    return buses.find((bus) => sda.includes(bus.sda) && scl.includes(bus.scl)) ?? NO_BUS;
  }

  // A transfer, phase by phase

  /** The lines do this for so long; then, unless SCL is held low, `then` happens. */
  phase(name, nanos, then, bits = 0) {
    this.wave.begin(name, { low: this.lowNanos, high: this.highNanos, hold: this.holdNanos }, bits);
    this.then = then;
    this.alarm.schedule(nanos);
  }

  elapsed() {
    if (this.heldLow(SCL)) {
      this.alarm.schedule(HELD_LOOK_NANOS);
      return;
    }
    this.then();
    this.changed();
  }

  /** There may be something to do. */
  kick() {
    if (!this.enabled || this.enable & ENABLE_BLOCK || this.tx.length === 0) {
      return;
    }
    if (!this.active) {
      this.active = true;
      this.dropped = false;
      this.take();
      this.latched |= INT.ACTIVITY;
      this.phase('idle', 0, this.start);
    } else if (this.resume !== null) {
      const { resume } = this;
      this.resume = null;
      resume.call(this);
    }
  }

  take() {
    this.command = this.tx.shift();
    this.shifting = true;
  }

  get reads() {
    return (this.command & COMMAND_READ) !== 0;
  }

  start() {
    this.bus = this.findBus();
    this.bus.start();
    this.phase('start', this.highNanos, this.address);
  }

  address() {
    this.latched |= INT.START_DET;
    this.first = true;
    const { special } = this;
    const address = special ? 0 : this.registers.at(R.TAR) & 0x7f;
    if (special && this.reads) {
      this.abort(ABRT_GENERAL_READ);
      return;
    }
    this.send((address << 1) | (this.reads ? 1 : 0), (acked) => {
      if (acked) {
        this.carryOut();
      } else {
        this.abort(special ? ABRT_GENERAL_CALL : ABRT_ADDRESS);
      }
    });
  }

  /** General call. */
  get special() {
    return (this.registers.at(R.TAR) & TAR_SPECIAL_CALL) === 1 << 11;
  }

  send(byte, then) {
    const { bus } = this;
    const bits = (byte << 1) | (bus.acks(byte) ? 0 : 1);
    this.phase('byte', 9 * (this.lowNanos + this.highNanos), () => {
      if (byte !== 0 && this.heldLow(SDA)) {
        this.lose();
      } else {
        then(bus.write(byte, this.clock.nanos));
      }
    }, bits);
  }

  carryOut() {
    if (this.reads) {
      this.receive();
      return;
    }
    this.send(this.command & 0xff, (acked) => {
      this.shifting = false;
      if (acked) {
        this.goOn();
      } else {
        this.abort(ABRT_DATA);
      }
    });
  }

  receive() {
    const { bus } = this;
    const byte = bus.read();
    const began = this.clock.nanos;
    const bitNanos = this.lowNanos + this.highNanos;
    this.phase('byte', 8 * bitNanos, () => {
      const arrived = this.heldLow(SDA) ? 0 : bus.arrived(byte, began, bitNanos);
      this.shifting = false;
      if (this.rx.length < DEPTH) {
        this.rx.push(arrived | (this.first ? FIRST_DATA_BYTE : 0));
      } else {
        this.latched |= INT.RX_OVER;
      }
      this.first = false;
      this.acknowledge();
    }, (byte << 1) | 1);
  }

  /** What has been read is acknowledged if more is wanted, which may not be known yet: the bus is held then. */
  acknowledge() {
    const ends = this.command & COMMAND_STOP || this.dropped || this.enable & ENABLE_ABORT;
    if (!ends && this.tx.length === 0) {
      this.hold(this.acknowledge);
      return;
    }
    const more = !ends && (this.tx[0] & (COMMAND_READ | COMMAND_RESTART)) === COMMAND_READ;
    this.phase('acknowledge', this.lowNanos + this.highNanos, this.goOn, more ? 0 : 1);
  }

  hold(resume) {
    this.wave.begin('hold', NO_CLOCK);
    this.resume = resume;
  }

  /** Behind a byte. */
  goOn() {
    if (this.enable & ENABLE_ABORT) {
      this.abort(ABRT_USER);
    } else if (this.command & COMMAND_STOP || this.dropped) {
      this.stop();
    } else if (this.tx.length === 0) {
      this.hold(this.goOn);
    } else {
      this.carryOn();
    }
  }

  carryOn() {
    const turns = (this.tx[0] ^ this.command) & COMMAND_READ;
    const restarts = this.tx[0] & COMMAND_RESTART || turns;
    if (restarts && !(this.registers.at(R.CON) & CON_RESTART_EN)) {
      this.stop(); // a START follows, as there is a command
      return;
    }
    this.take();
    if (restarts) {
      this.phase('restart', this.lowNanos + 2 * this.highNanos, () => {
        this.bus.start();
        this.address();
      });
    } else {
      this.carryOut();
    }
  }

  stop() {
    this.shifting = false;
    this.phase('stop', this.lowNanos + this.highNanos, () => {
      this.bus.stop();
      this.latched |= INT.STOP_DET;
      this.phase('idle', this.lowNanos, this.becomeIdle);
    });
  }

  becomeIdle() {
    this.active = false;
    this.shifting = false;
    this.wave.begin('idle', NO_CLOCK);
    this.kick();
  }

  /** What is still to be sent is thrown away, and so is what comes until the processor has seen it. */
  flush(source) {
    this.abortSource |= source | (this.tx.length << ABRT_COUNT_SHIFT);
    this.latched |= INT.TX_ABRT;
    this.enable &= ~ENABLE_ABORT;
    this.tx.length = 0;
    this.rx.length = 0;
    this.resume = null;
  }

  abort(source) {
    this.flush(source);
    this.stop();
  }

  /** Another one holds SDA low: no STOP either. */
  lose() {
    this.flush(ABRT_LOST);
    this.phase('idle', this.lowNanos, this.becomeIdle);
  }

  // Registers

  get interrupts() {
    const { registers } = this;
    const sent = !(registers.at(R.CON) & CON_TX_EMPTY_CTRL) || !this.shifting;
    const empty = this.enabled ? this.tx.length <= registers.at(R.TX_TL) && sent : this.active;
    return this.latched | (this.rx.length > registers.at(R.RX_TL) ? INT.RX_FULL : 0) | (empty ? INT.TX_EMPTY : 0);
  }

  /** Interrupt and DMA requests, after anything that could change them. */
  changed() {
    const { registers, rp2040 } = this;
    const dma = registers.at(R.DMA_CR);
    rp2040.setInterrupt(this.irq, (this.interrupts & registers.at(R.INTR_MASK)) !== 0);
    this.request(this.dreqTx, this.enabled && dma & DMA_TX && this.tx.length <= registers.at(R.DMA_TDLR));
    this.request(this.dreqTx + 1, dma & DMA_RX && this.rx.length > registers.at(R.DMA_RDLR));
  }

  request(dreq, on) {
    const { dma } = this.rp2040;
    if (on) {
      dma.setDREQ(dreq);
    } else {
      dma.clearDREQ(dreq);
    }
  }

  get status() {
    const { tx, rx, active } = this;
    return (
      (active ? STATUS.ACTIVITY | STATUS.MASTER : 0) |
      (tx.length < DEPTH ? STATUS.TFNF : 0) |
      (tx.length === 0 ? STATUS.TFE : 0) |
      (rx.length > 0 ? STATUS.RFNE : 0) |
      (rx.length >= DEPTH ? STATUS.RFF : 0)
    );
  }

  put(command) {
    if (!this.enabled || this.latched & INT.TX_ABRT) {
      return;
    }
    if (!(this.registers.at(R.CON) & CON_MASTER)) {
      this.flush(ABRT_NO_MASTER);
    } else if (this.tx.length >= DEPTH) {
      this.latched |= INT.TX_OVER;
    } else {
      this.tx.push(command & 0x7ff);
      this.kick();
    }
  }

  pull() {
    if (this.rx.length === 0) {
      this.latched |= INT.RX_UNDER;
      return 0;
    }
    return this.rx.shift();
  }

  switchTo(value) {
    const before = this.enabled;
    this.enable = (value & (ENABLE | ENABLE_BLOCK)) | (this.enable & ENABLE_ABORT);
    if (before && value & ENABLE && value & ENABLE_ABORT && this.active) {
      this.enable |= ENABLE_ABORT;
      if (this.resume !== null) {
        this.resume = null;
        this.abort(ABRT_USER);
      }
    }
    if (before && !this.enabled) {
      this.tx.length = 0;
      this.rx.length = 0;
      this.latched &= ~INT.ACTIVITY;
      this.abortSource &= (1 << ABRT_COUNT_SHIFT) - 1;
      // A bus that is held stays so, and the next command carries on with it: the SDK's transfers without a stop rest on it.
      this.dropped = this.active && this.resume === null;
    }
    this.kick();
  }

  readUint32(offset) {
    switch (offset) {
      case R.DATA_CMD: {
        const data = this.pull();
        this.changed();
        return data;
      }
      case R.INTR_STAT:
        return this.interrupts & this.registers.at(R.INTR_MASK);
      case R.RAW_INTR_STAT:
        return this.interrupts;
      case R.ENABLE:
        return this.enable;
      case R.ENABLE_STATUS:
        return this.enabled || this.active ? 1 : 0;
      case R.STATUS:
        return this.status;
      case R.TXFLR:
        return this.tx.length;
      case R.RXFLR:
        return this.rx.length;
      case R.TX_ABRT_SOURCE:
        return this.abortSource >>> 0;
    }
    if (offset in CLEARS) {
      this.latched &= ~CLEARS[offset];
      if (CLEARS[offset] & INT.TX_ABRT) {
        this.abortSource = 0;
      }
      this.changed();
      return 0;
    }
    return this.registers.has(offset) ? this.registers.at(offset) : (FIXED[offset] ?? super.readUint32(offset));
  }

  writeUint32(offset, value) {
    switch (offset) {
      case R.DATA_CMD:
        this.put(value);
        break;
      case R.ENABLE:
        this.switchTo(value);
        break;
      default:
        if (!this.registers.has(offset)) {
          super.writeUint32(offset, value);
          return;
        }
        this.registers.write(offset, value, this.enabled);
    }
    this.changed();
  }

  reset() {
    this.clear();
    this.wave.begin('idle', NO_CLOCK);
    this.changed();
  }
}
