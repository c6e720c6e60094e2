// The process that Python starts: takes requests from standard input, answers on standard output, and ends when
// its input does, or its parent.

import fs from 'node:fs';
import { CodeCache } from './cpu/cache.mjs';
import { leaveOut } from './cpu/charges.mjs';
import { Machine } from './machine.mjs';
import { Random } from './outside/random.mjs';
import * as protocol from './protocol.mjs';

const FLAG_POWERED = 1;
const FLAG_BOOTSEL = 2;
const FLAG_SLEEPING = 4;
const FLAG_ERROR = 8;
const USB_STATE_SHIFT = 4;
const SLICE_NANOS = 20e6; // between looks at whether anybody still wants the result
const RAM_BASE = 0x20000000;

const parent = process.ppid;
// Ctrl-C in a terminal goes to the whole group: Python decides what it means.
process.on('SIGINT', () => {});
for (const name of ['log', 'debug', 'info', 'warn', 'error']) {
  console[name] = (...args) => fs.writeSync(2, `${args.join(' ')}\n`);
}

function loadBootrom(path) {
  const file = fs.readFileSync(path);
  return new Uint32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
}

const options = JSON.parse(process.argv[2]);
if (options.chargesLeftOut) {
  leaveOut();
}
const machine = new Machine({ ...options, bootrom: loadBootrom(options.bootrom) });
// Python's time is the world's; the board's is its crystal's, which is off by `crystalPpm`.
const rate = 1 + (options.crystalPpm ?? 0) * 1e-6;
const toBoard = (worldNanos) => worldNanos * rate;
const toWorld = (boardNanos) => boardNanos / rate;
let reachedNanos = 0; // the world's time that a run came to; converted there and back it may be a rounding short
let codeCache = null; // translated code kept between processes, once there is a chip with firmware

function powerOn() {
  machine.powerOn();
  if (codeCache === null && machine.executor?.cpu && !options.chargesLeftOut) {
    codeCache = new CodeCache(machine.executor.cpu.blocks);
    codeCache.load();
  }
}

/** Runs in slices, so that an orphan ends soon; stops early when the power goes. */
function run(worldNanos) {
  const untilNanos = toBoard(worldNanos);
  const wasPowered = machine.powered;
  while (machine.now < untilNanos) {
    machine.run(Math.min(untilNanos, machine.now + SLICE_NANOS));
    if (process.ppid !== parent) {
      process.exit(1);
    }
    if (wasPowered && !machine.powered) {
      return;
    }
  }
  reachedNanos = worldNanos;
}

function readMemory(address, length) {
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

function writeMemory(address, bytes) {
  if (address >= RAM_BASE && address + bytes.length <= RAM_BASE + machine.memory.sram.length) {
    machine.memory.sram.set(bytes, address - RAM_BASE);
    machine.executor?.invalidateRam(address - RAM_BASE, address - RAM_BASE + bytes.length);
    return;
  }
  for (let i = 0; i + 4 <= bytes.length; i += 4) {
    machine.chip?.writeUint32(address + i, bytes.readUInt32LE(i));
  }
}

/** The calls that are rare enough for JSON: name -> function of its arguments. */
const CALLS = {
  powerOn,
  powerOff: () => machine.powerOff(),
  setRun: (level) => machine.setRun(level),
  reset: (cause) => machine.boot(cause),
  bootsel: (held) => void (machine.bootselHeld = held),
  usbPlug: (plugged) => machine.host.setPlugged(plugged),
  usbReading: (reading) => machine.host.setReading(reading),
  usbLineState: (bits) => machine.host.setLineState(bits),
  usbDiscard: () => machine.host.toSend.clear(),
  adcFreeSince: () => toWorld(machine.chip?.adc.freeSinceNanos ?? -1),
  adcRecord: (on) => machine.analog.tap.record(on),
  adcTaken: (worldNanos) => {
    const { nanos, values } = machine.analog.tap.since(toBoard(worldNanos));
    return [nanos.map(toWorld), values].map(({ buffer }) => Buffer.from(buffer).toString('base64'));
  },
  adcNoise: (lsb) => void (machine.analog.noiseLsb = lsb),
  flashCutAt: (operation, phase) => void (machine.nor.cutAt = operation < 0 ? null : { operation, phase }),
  flashSlowNext: (nanos) => void (machine.nor.slowNextNanos = toBoard(nanos)),
  flashLog: (from) =>
    machine.nor.log.slice(from).map(({ before, after, startNanos, busyNanos, ...operation }) => ({
      ...operation,
      startNanos: toWorld(startNanos),
      busyNanos: toWorld(busyNanos),
    })),
  flashRecord: (on) => void (machine.nor.recording = on),
  flashBusy: () => machine.nor.busy,
  uniqueId: () => machine.nor.uniqueId,
  hang: (interruptsOn, nanos) => machine.hangCore(interruptsOn, nanos < 0 ? Infinity : machine.now + toBoard(nanos)),
  release: () => machine.releaseCore(),
  timerStart: (micros) => void (machine.timerStartMicros = micros),
  timerJump: (micros) => machine.chip?.timer.jumpTo(micros),
  timerMicros: () => machine.chip?.timer.micros ?? 0,
  pwmFrequency: (pin) => (machine.chip?.pads.pins[pin].functionSelect === 4 ? machine.chip.pwm.frequency(pin) : 0),
  warnings: () => Object.fromEntries(machine.chip?.logger.warnings ?? []),
  registers: () => (machine.chip === null ? [] : Array.from(machine.chip.core.registers)),
  lead: (from, to) => machine.lead(from, to),
  cancelDrives: (pin) => machine.cancelDrives(pin),
  xipCounts: () => [machine.memory.xip?.accesses ?? 0, machine.memory.xip?.missed ?? 0],
  xipRecord: (on) => machine.memory.xip?.record(on),
  xipMisses: () => machine.memory.xip?.misses() ?? [],
  executorStatistics: () => machine.executor?.cpu?.statistics ?? {},
};

function execute(reader, replies) {
  switch (reader.u8()) {
    case protocol.RUN:
      run(reader.f64());
      break;
    case protocol.STEP:
      machine.step(reader.u32());
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
      replies.push(Buffer.from(JSON.stringify(CALLS[name](...args) ?? null)));
      break;
    }
    case protocol.MEMORY_READ: {
      const address = reader.u32();
      replies.push(readMemory(address, reader.u32()));
      break;
    }
    case protocol.MEMORY_WRITE: {
      const address = reader.u32();
      writeMemory(address, reader.bytes());
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

const functions = new Uint8Array(30);
const duties = new Float64Array(30);

function status(flags) {
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
    now: Math.max(reachedNanos, toWorld(machine.now)),
    busy: toWorld(machine.busyNanos),
    pc: machine.pc,
    flags:
      flags |
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

function answer(request) {
  const reader = new protocol.Reader(request);
  const replies = [];
  let flags = 0;
  try {
    while (reader.more) {
      execute(reader, replies);
    }
  } catch (error) {
    flags = FLAG_ERROR;
    const report = {
      kind: error.kind ?? 'emulator',
      message: error.message,
      pc: error.pc ?? machine.pc,
      stack: error.kind === undefined ? error.stack : null,
    };
    replies.push(Buffer.from(JSON.stringify(report)));
  }
  const events = machine.events.take();
  for (const event of events) {
    event[0] = toWorld(event[0]);
  }
  return protocol.encodeAnswer(status(flags), events, replies);
}

for (let request = protocol.readFrame(); request !== null; request = protocol.readFrame()) {
  protocol.writeFrame(answer(request));
}
codeCache?.save();
process.exit(0);
