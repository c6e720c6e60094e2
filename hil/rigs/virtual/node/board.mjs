// One board as Python speaks to it: its machine, the world's time against its crystal's, its commands and its answers.

import { CodeCache } from './cpu/cache.mjs';
import { Machine } from './machine.mjs';
import { I2cDesk } from './outside/i2c_desk.mjs';
import { ImuSocket } from './outside/imu_socket.mjs';
import { Random } from './outside/random.mjs';
import * as protocol from './protocol.mjs';

const FLAG_POWERED = 1;
const FLAG_BOOTSEL = 2;
const FLAG_SLEEPING = 4;
const FLAG_ERROR = 8;
const USB_STATE_SHIFT = 4;
const RAM_BASE = 0x20000000;

/** The calls that are rare enough for JSON: name -> function of the board and the call's arguments. */
const CALLS = {
  powerOn: (board) => board.powerOn(),
  powerOff: ({ machine }) => machine.powerOff(),
  setRun: ({ machine }, level) => machine.setRun(level),
  reset: ({ machine }, cause) => machine.boot(cause),
  bootsel: ({ machine }, held) => void (machine.bootselHeld = held),
  usbPlug: ({ machine }, plugged) => machine.host.setPlugged(plugged),
  usbReading: ({ machine }, reading) => machine.host.setReading(reading),
  usbLineState: ({ machine }, bits) => machine.host.setLineState(bits),
  usbDiscard: ({ machine }) => machine.host.toSend.clear(),
  adcFreeSince: (board) => board.toWorld(board.machine.chip?.adc.freeSinceNanos ?? -1),
  adcRecord: ({ machine }, on) => machine.analog.tap.record(on),
  adcTaken: (board, worldNanos) => {
    const { nanos, values } = board.machine.analog.tap.since(board.toBoard(worldNanos));
    return [nanos.map(board.toWorld), values].map(({ buffer }) => Buffer.from(buffer).toString('base64'));
  },
  adcNoise: ({ machine }, lsb) => void (machine.analog.noiseLsb = lsb),
  flashCutAt: ({ machine }, operation, phase) => void (machine.nor.cutAt = operation < 0 ? null : { operation, phase }),
  flashSlowNext: ({ machine, toBoard }, nanos) => void (machine.nor.slowNextNanos = toBoard(nanos)),
  flashLog: ({ machine, toWorld }, from) =>
    machine.nor.log.slice(from).map(({ before, after, startNanos, busyNanos, ...operation }) => ({
      ...operation,
      startNanos: toWorld(startNanos),
      busyNanos: toWorld(busyNanos),
    })),
  flashRecord: ({ machine }, on) => void (machine.nor.recording = on),
  flashBusy: ({ machine }) => machine.nor.busy,
  uniqueId: ({ machine }) => machine.nor.uniqueId,
  hang: ({ machine, toBoard }, interruptsOn, nanos) =>
    machine.hangCore(interruptsOn, nanos < 0 ? Infinity : machine.now + toBoard(nanos)),
  release: ({ machine }) => machine.releaseCore(),
  timerStart: ({ machine }, micros) => void (machine.timerStartMicros = micros),
  timerJump: ({ machine }, micros) => machine.chip?.timer.jumpTo(micros),
  timerMicros: ({ machine }) => machine.chip?.timer.micros ?? 0,
  pwmFrequency: ({ machine }, pin) =>
    machine.chip?.pads.pins[pin].functionSelect === 4 ? machine.chip.pwm.frequency(pin) : 0,
  warnings: ({ machine }) => Object.fromEntries(machine.chip?.logger.warnings ?? []),
  registers: ({ machine }) => (machine.chip === null ? [] : Array.from(machine.chip.core.registers)),
  lead: ({ machine }, from, to) => machine.lead(from, to),
  cancelDrives: ({ machine }, pin) => machine.cancelDrives(pin),
  imuPlug: ({ imu }, on) => imu.plug(on),
  imuFault: ({ imu }, name) => imu.setFault(name),
  i2c: ({ i2cDesk }, what, ...args) => i2cDesk[what](...args), // outside/i2c_desk.mjs
  xipCounts: ({ machine }) => [machine.memory.xip?.accesses ?? 0, machine.memory.xip?.missed ?? 0],
  xipRecord: ({ machine }, on) => machine.memory.xip?.record(on),
  xipMisses: ({ machine }) => machine.memory.xip?.misses() ?? [],
  executorStatistics: ({ machine }) => machine.executor?.cpu?.statistics ?? {},
};

export class Board {
  /**
   * `options`: the machine's, with the ROM, and `crystalPpm`, `name` (who is meant, in what is told). `passTime(board,
   * worldNanos)` runs to a time of the world's, `passSteps(board, count)` so many instructions; `calls` are more CALLS.
   */
  constructor(options, { passTime, passSteps, calls = {} }) {
    this.machine = new Machine(options);
    this.name = options.name ?? '';
    this.passTime = passTime;
    this.passSteps = passSteps;
    this.calls = { ...CALLS, ...calls };
    // Python's time is the world's; the board's is its crystal's, which is off by `crystalPpm`.
    const rate = 1 + (options.crystalPpm ?? 0) * 1e-6;
    this.toBoard = (worldNanos) => worldNanos * rate;
    this.toWorld = (boardNanos) => boardNanos / rate;
    this.i2cDesk = new I2cDesk(this.machine, this.toWorld);
    this.imu = new ImuSocket(this.machine);
    this.reachedNanos = 0; // the world's time that a run came to; converted there and back it may be a rounding short
    this.keepsCode = !options.chargesLeftOut;
    this.codeCache = null; // translated code kept between processes, once there is a chip with firmware
    this.replies = [];
    this.failed = false;
    this.functions = new Uint8Array(30);
    this.duties = new Float64Array(30);
  }

  /** The world's time as far as this board has got. */
  get worldNanos() {
    return Math.max(this.reachedNanos, this.toWorld(this.machine.now));
  }

  powerOn() {
    if (!this.machine.powered) {
      this.imu.powerUp();
    }
    this.machine.powerOn();
    if (this.codeCache === null && this.machine.executor?.cpu && this.keepsCode) {
      this.codeCache = new CodeCache(this.machine.executor.cpu.blocks);
      this.codeCache.load();
    }
  }

  readMemory(address, length) {
    const { machine } = this;
    const out = Buffer.alloc(length);
    const { chip } = machine;
    for (let i = 0; i < length; i++) {
      const at = address + i;
      if (at >= RAM_BASE && at < RAM_BASE + machine.memory.sram.length) {
        out[i] = machine.memory.sram[at - RAM_BASE];
      } else if (chip !== null) {
        out[i] = chip.readUint8(at);
      }
    }
    return out;
  }

  writeMemory(address, bytes) {
    const { machine } = this;
    if (address >= RAM_BASE && address + bytes.length <= RAM_BASE + machine.memory.sram.length) {
      machine.memory.sram.set(bytes, address - RAM_BASE);
      machine.executor?.invalidateRam(address - RAM_BASE, address - RAM_BASE + bytes.length);
      return;
    }
    for (let i = 0; i + 4 <= bytes.length; i += 4) {
      machine.chip?.writeUint32(address + i, bytes.readUInt32LE(i));
    }
  }

  /** Carries out the next command of a request. */
  execute(reader) {
    const { machine, replies, toBoard } = this;
    switch (reader.u8()) {
      case protocol.RUN:
        this.passTime(this, reader.f64());
        break;
      case protocol.STEP:
        this.passSteps(this, reader.u32());
        break;
      case protocol.DRIVE: {
        const pin = reader.u8();
        const level = reader.u8();
        const at = toBoard(reader.f64());
        if (at <= machine.now) {
          machine.drive(pin, level);
        } else {
          machine.pinSchedules[pin].add(at, level);
        }
        break;
      }
      case protocol.DRIVE_MANY: {
        const pin = reader.u8();
        const count = reader.u32();
        const times = reader.f64Array(count);
        for (let i = 0; i < count; i++) {
          machine.pinSchedules[pin].add(toBoard(times[i]), reader.u8());
        }
        break;
      }
      case protocol.WATCH_PIN:
        machine.watchPin(reader.u8(), reader.u8() !== 0);
        break;
      case protocol.WATCH_DUTY:
        machine.watchDuty(reader.u8(), reader.u8() !== 0);
        break;
      case protocol.ADC_PLAY: {
        const input = machine.analog.inputs[reader.u8()];
        const linear = reader.u8() !== 0;
        const count = reader.u32();
        const times = reader.f64Array(count).map(toBoard);
        input.play(times, reader.f64Array(count), linear, machine.now);
        break;
      }
      case protocol.ADC_SET:
        machine.analog.inputs[reader.u8()].set(reader.f64());
        break;
      case protocol.IMU_PLAY: {
        const count = reader.u32();
        const times = reader.f64Array(count).map(toBoard);
        this.imu.play(times, reader.i16Array(7 * count));
        break;
      }
      case protocol.USB_WRITE:
        machine.host.write(reader.bytes());
        break;
      case protocol.UART_WRITE: {
        const index = reader.u8();
        const at = toBoard(reader.f64());
        machine.uartSchedule.add(at, [index, Array.from(reader.bytes())]);
        break;
      }
      case protocol.CALL: {
        const [name, ...args] = JSON.parse(reader.bytes().toString());
        replies.push(Buffer.from(JSON.stringify(this.calls[name](this, ...args) ?? null)));
        break;
      }
      case protocol.MEMORY_READ: {
        const address = reader.u32();
        replies.push(this.readMemory(address, reader.u32()));
        break;
      }
      case protocol.MEMORY_WRITE: {
        const address = reader.u32();
        this.writeMemory(address, reader.bytes());
        break;
      }
      case protocol.FLASH_READ: {
        const offset = reader.u32();
        replies.push(Buffer.from(machine.nor.bytes.subarray(offset, offset + reader.u32())));
        break;
      }
      case protocol.FLASH_TORN: {
        const number = reader.u32();
        const phase = reader.u8() === 0 ? 'before' : 'half';
        replies.push(Buffer.from(machine.nor.tornImage(number, phase, new Random(reader.u32()))));
        break;
      }
      case protocol.FLASH_WRITE: {
        const offset = reader.u32();
        machine.loadFlash(reader.bytes(), offset);
        break;
      }
    }
  }

  /** What it could not go on with is its last reply. */
  fail(error) {
    const report = {
      kind: error.kind ?? 'emulator',
      message: this.name === '' ? error.message : `${this.name}: ${error.message}`,
      pc: error.pc ?? this.machine.pc,
      stack: error.kind === undefined ? error.stack : null,
    };
    this.failed = true;
    this.replies.push(Buffer.from(JSON.stringify(report)));
  }

  status() {
    const { machine, functions, duties } = this;
    const { chip } = machine;
    let levels = 0;
    let outputs = 0;
    chip?.pads.refreshLazy();
    for (let pin = 0; pin < 30; pin++) {
      levels |= machine.wires.level[pin] << pin;
      outputs |= (chip === null ? 0 : chip.pads.pins[pin].oe) << pin;
      functions[pin] = chip === null ? 0x1f : chip.pads.pins[pin].functionSelect;
      duties[pin] = machine.duty(pin);
    }
    return {
      now: this.worldNanos,
      busy: this.toWorld(machine.busyNanos),
      pc: machine.pc,
      flags:
        (this.failed ? FLAG_ERROR : 0) |
        (machine.powered ? FLAG_POWERED : 0) |
        (machine.inBootsel ? FLAG_BOOTSEL : 0) |
        (chip !== null && chip.core.waiting ? FLAG_SLEEPING : 0) |
        (machine.host.state() << USB_STATE_SHIFT),
      levels: levels >>> 0,
      outputs: outputs >>> 0,
      operations: machine.nor.log.length,
      backlogs: [machine.host.toSend.length, machine.lines[0].queue.length, machine.lines[1].queue.length],
      functions,
      duties,
    };
  }

  /** What has come of the commands since the last answer. */
  answer() {
    const events = this.machine.events.take();
    for (const event of events) {
      event[0] = this.toWorld(event[0]);
    }
    const answer = protocol.encodeAnswer(this.status(), events, this.replies);
    this.replies = [];
    this.failed = false;
    return answer;
  }
}
