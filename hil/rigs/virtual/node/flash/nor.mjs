// A 2 MB SPI NOR flash chip as the Pico carries it (W25Q16JV class): write enable latch, status, page
// program that can only clear bits and wraps in its page, erases, busy times, and what is left of an
// operation when the power goes in the middle of it.

import { EVENT_FLASH } from '../outside/events.mjs';

export const FLASH_SIZE = 2 * 1024 * 1024;
const PAGE_SIZE = 256;
const JEDEC_ID = [0xef, 0x40, 0x15];

const CMD_WRITE_STATUS = 0x01;
const CMD_PAGE_PROGRAM = 0x02;
const CMD_READ_DATA = 0x03;
const CMD_WRITE_DISABLE = 0x04;
const CMD_READ_STATUS_1 = 0x05;
const CMD_WRITE_ENABLE = 0x06;
const CMD_FAST_READ = 0x0b;
const CMD_READ_STATUS_2 = 0x35;
const CMD_UNIQUE_ID = 0x4b;
const CMD_JEDEC_ID = 0x9f;

const STATUS_BUSY = 1;
const STATUS_WRITE_ENABLED = 2;
const STATUS_2_QUAD = 2; // programmed at the factory of the board
const MS = 1e6;

/** Typical and longest times as in the W25Q16JV data sheet (tPP, tSE, tBE1, tBE2, tCE). */
const OPERATIONS = {
  [CMD_PAGE_PROGRAM]: { name: 'program', kind: 0, size: PAGE_SIZE, typicalMs: 0.4, longestMs: 3 },
  0x20: { name: 'erase_4k', kind: 1, size: 4096, typicalMs: 45, longestMs: 400 },
  0x52: { name: 'erase_32k', kind: 2, size: 32768, typicalMs: 120, longestMs: 1600 },
  0xd8: { name: 'erase_64k', kind: 3, size: 65536, typicalMs: 150, longestMs: 2000 },
  0xc7: { name: 'erase_chip', kind: 4, size: FLASH_SIZE, typicalMs: 5000, longestMs: 25000 },
  0x60: { name: 'erase_chip', kind: 4, size: FLASH_SIZE, typicalMs: 5000, longestMs: 25000 },
};

export class FlashNor {
  /**
   * `hooks`: {readable(boolean, from, to), cutPower()}, called when XIP reads (do not) work and at a planned power cut.
   * `wear`: 0, a part that takes the typical times, to 1, one that takes the longest.
   */
  constructor(clock, events, random, hooks, wear) {
    this.clock = clock;
    this.events = events;
    this.random = random;
    this.hooks = hooks;
    this.wear = wear;
    this.bytes = new Uint8Array(FLASH_SIZE).fill(0xff);
    this.uniqueId = Array.from({ length: 8 }, () => random.uint32() & 0xff);
    this.log = []; // {name, kind, address, length, startNanos, busyNanos}, and {before, after} while recording
    this.recording = false;
    this.cutAt = null; // {operation, phase: 'before' | 'half'}
    this.slowNextNanos = 0;
    this.current = null; // operation under way: {operation, address, before, startNanos, busyNanos}
    this.writeEnabled = false;
    this.frame = null; // bytes of the command being shifted in, while selected
    this.readyAlarm = clock.createAlarm(() => this.finish());
    this.cutAlarm = clock.createAlarm(() => this.hooks.cutPower());
  }

  get busy() {
    return this.current !== null;
  }

  select() {
    this.frame = [];
  }

  /** One byte each way. */
  exchange(out) {
    const { frame } = this;
    if (frame === null) {
      return 0xff;
    }
    frame.push(out);
    const position = frame.length - 1;
    const command = frame[0];
    if (position === 0) {
      return 0xff;
    }
    if (command === CMD_READ_STATUS_1) {
      return (this.busy ? STATUS_BUSY : 0) | (this.writeEnabled ? STATUS_WRITE_ENABLED : 0);
    }
    if (command === CMD_READ_STATUS_2) {
      return STATUS_2_QUAD;
    }
    if (this.busy) {
      return 0xff;
    }
    switch (command) {
      case CMD_JEDEC_ID:
        return JEDEC_ID[position - 1] ?? 0;
      case CMD_UNIQUE_ID:
        return position >= 5 ? this.uniqueId[(position - 5) % 8] : 0xff;
      case CMD_READ_DATA:
        return position >= 4 ? this.bytes[(this.address + position - 4) % FLASH_SIZE] : 0xff;
      case CMD_FAST_READ:
        return position >= 5 ? this.bytes[(this.address + position - 5) % FLASH_SIZE] : 0xff;
    }
    return 0xff;
  }

  get address() {
    const { frame } = this;
    return ((frame[1] << 16) | (frame[2] << 8) | frame[3]) % FLASH_SIZE;
  }

  /** Chip select goes high: the command shifted in is carried out. */
  deselect() {
    const { frame } = this;
    if (frame === null || frame.length === 0) {
      this.frame = null;
      return;
    }
    if (!this.busy) {
      this.execute(frame);
    }
    this.frame = null;
  }

  execute(frame) {
    switch (frame[0]) {
      case CMD_WRITE_ENABLE:
        this.writeEnabled = true;
        return;
      case CMD_WRITE_DISABLE:
      case CMD_WRITE_STATUS:
        this.writeEnabled = false;
        return;
    }
    const operation = OPERATIONS[frame[0]];
    if (operation === undefined || !this.writeEnabled) {
      return;
    }
    this.writeEnabled = false;
    if (operation.kind === 0) {
      if (frame.length > 4) {
        this.start(operation, this.address & ~(PAGE_SIZE - 1), this.programmed(frame));
      }
    } else if (operation.kind === 4) {
      this.start(operation, 0, new Uint8Array(FLASH_SIZE).fill(0xff));
    } else if (frame.length >= 4) {
      this.start(operation, this.address & ~(operation.size - 1), new Uint8Array(operation.size).fill(0xff));
    }
  }

  /** The page as it will be: bits only go from 1 to 0, bytes past the end of the page start over. */
  programmed(frame) {
    const start = this.address & ~(PAGE_SIZE - 1);
    const page = this.bytes.slice(start, start + PAGE_SIZE);
    const column = this.address & (PAGE_SIZE - 1);
    // Of more than a page's worth the last 256 bytes count.
    const data = frame.slice(4);
    const latch = new Map();
    data.forEach((byte, i) => latch.set((column + i) % PAGE_SIZE, byte));
    for (const [at, byte] of latch) {
      page[at] &= byte;
    }
    return page;
  }

  busyNanos(operation) {
    if (this.slowNextNanos > 0) {
      const nanos = this.slowNextNanos;
      this.slowNextNanos = 0;
      return nanos;
    }
    // Mostly near the part's own time, one in fifty anywhere from there up to the longest.
    const { typicalMs, longestMs } = operation;
    const ownMs = typicalMs * (longestMs / typicalMs) ** this.wear;
    const ms =
      this.random.uniform() < 0.02
        ? ownMs + (longestMs - ownMs) * this.random.uniform()
        : Math.min(longestMs, ownMs * Math.exp(0.15 * this.random.gaussian()));
    return ms * MS;
  }

  start(operation, address, after) {
    const number = this.log.length;
    const cut = this.cutAt !== null && this.cutAt.operation === number ? this.cutAt.phase : null;
    if (cut === 'before') {
      this.cutAt = null;
      this.hooks.cutPower();
      return;
    }
    const busyNanos = this.busyNanos(operation);
    const startNanos = this.clock.nanos;
    this.current = { operation, address, before: this.bytes.slice(address, address + after.length), startNanos, busyNanos };
    const { name, kind } = operation;
    const contents = this.recording ? { before: this.current.before, after } : {};
    this.log.push({ name, kind, address, length: after.length, startNanos, busyNanos, ...contents });
    this.events.push(startNanos, EVENT_FLASH, operation.kind, address);
    this.bytes.set(after, address);
    this.hooks.readable(false);
    if (cut === 'half') {
      this.cutAt = null;
      this.cutAlarm.schedule(busyNanos / 2);
    }
    this.readyAlarm.schedule(busyNanos);
  }

  finish() {
    const { address, before } = this.current;
    this.current = null;
    this.hooks.readable(true, address, address + before.length);
  }

  /** The supply goes: an operation under way is left unfinished. */
  powerLost() {
    if (this.busy) {
      const { operation, address, before, startNanos, busyNanos } = this.current;
      const share = Math.min(1, (this.clock.nanos - startNanos) / busyNanos);
      interrupt(this.bytes, operation.kind, address, before, share, this.random);
      this.current = null;
    }
    this.readyAlarm.cancel();
    this.cutAlarm.cancel();
    this.writeEnabled = false;
    this.frame = null;
    this.hooks.readable(true);
  }

  /** All contents as a power cut at a recorded operation would have left them: 'before' it or 'half'-way through. */
  tornImage(number, phase, random) {
    const image = this.bytes.slice();
    for (let i = this.log.length - 1; i >= number; i--) {
      image.set(this.log[i].before, this.log[i].address);
    }
    if (phase === 'half') {
      const { kind, address, before, after } = this.log[number];
      image.set(after, address);
      interrupt(image, kind, address, before, 0.5, random);
    }
    return image;
  }
}

/** Leaves an operation done to `share`, in `bytes` that have its result; `before` is what they were. */
function interrupt(bytes, kind, address, before, share, random) {
  if (kind === 0) {
    leaveHalfProgrammed(bytes, address, before, share, random);
  } else {
    leaveHalfErased(bytes, address, before, share, random);
  }
}

/** A prefix of the changed bytes is programmed, the next one in part, the rest not at all. */
function leaveHalfProgrammed(bytes, address, before, share, random) {
  const changed = [];
  before.forEach((byte, i) => {
    if (byte !== bytes[address + i]) {
      changed.push(i);
    }
  });
  const done = Math.floor(changed.length * share);
  changed.slice(done).forEach((at, i) => {
    const target = bytes[address + at];
    bytes[address + at] = i === 0 ? before[at] & (target | (random.uint32() & 0xff)) : before[at];
  });
}

/** The first part is erased, the next quarter reads as anything, the rest is as it was. */
function leaveHalfErased(bytes, address, before, share, random) {
  const erased = Math.floor(before.length * share * 0.75);
  const undetermined = Math.min(before.length, erased + before.length / 4);
  for (let i = erased; i < before.length; i++) {
    bytes[address + i] = i < undetermined ? random.uint32() & 0xff : before[i];
  }
}
