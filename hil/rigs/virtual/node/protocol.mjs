// The frames between Python and this process (hil/rigs/virtual/protocol.py is the other end): little-endian, each
// preceded by its length. A request is a row of commands, an answer a status, events, and replies to queries.

import fs from 'node:fs';

export const RUN = 1;
export const DRIVE = 2;
export const DRIVE_MANY = 3;
export const WATCH_PIN = 4;
export const WATCH_DUTY = 5;
export const ADC_PLAY = 6;
export const ADC_SET = 7;
export const USB_WRITE = 8;
export const UART_WRITE = 9;
export const CALL = 10;
export const MEMORY_READ = 11;
export const MEMORY_WRITE = 12;
export const FLASH_READ = 13;
export const FLASH_WRITE = 14;
export const STEP = 15;
export const FLASH_TORN = 16;
export const MAKE = 17; // of a pair: a board, with its options
export const SELECT = 18; // of a pair: whom the commands from here on are for
export const IMU_PLAY = 19;

const EVENT_SIZE = 24;
const STATUS_SIZE = 8 + 8 + 8 * 4 + 30 + 2 + 30 * 8;

/** Reads exactly `length` bytes from standard input; null at its end. */
function readExactly(length) {
  const buffer = Buffer.allocUnsafe(length);
  let have = 0;
  while (have < length) {
    let got;
    try {
      got = fs.readSync(0, buffer, have, length - have, null);
    } catch (error) {
      if (error.code === 'EAGAIN') {
        continue;
      }
      if (error.code === 'EOF') {
        return null;
      }
      throw error;
    }
    if (got === 0) {
      return null;
    }
    have += got;
  }
  return buffer;
}

export function readFrame() {
  const head = readExactly(4);
  return head === null ? null : readExactly(head.readUInt32LE(0));
}

export function writeFrame(body) {
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32LE(body.length, 0);
  body.copy(frame, 4);
  let sent = 0;
  while (sent < frame.length) {
    try {
      sent += fs.writeSync(1, frame, sent);
    } catch (error) {
      if (error.code !== 'EAGAIN') {
        throw error;
      }
    }
  }
}

/** Takes values off a request one after the other. */
export class Reader {
  constructor(buffer) {
    this.buffer = buffer;
    this.at = 0;
  }

  get more() {
    return this.at < this.buffer.length;
  }

  peek() {
    return this.buffer[this.at];
  }

  u8() {
    return this.buffer[this.at++];
  }

  u32() {
    const value = this.buffer.readUInt32LE(this.at);
    this.at += 4;
    return value;
  }

  f64() {
    const value = this.buffer.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  bytes() {
    const length = this.u32();
    const value = this.buffer.subarray(this.at, this.at + length);
    this.at += length;
    return value;
  }

  f64Array(length) {
    const value = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      value[i] = this.f64();
    }
    return value;
  }

  i16Array(length) {
    const value = new Int16Array(length);
    for (let i = 0; i < length; i++) {
      value[i] = this.buffer.readInt16LE(this.at);
      this.at += 2;
    }
    return value;
  }
}

/** `status`: {now, busy, pc, flags, levels, outputs, operations, backlogs[3], functions[30], duties[30]}. */
export function encodeAnswer(status, events, replies) {
  let blobLength = 0;
  for (const event of events) {
    blobLength += event[4] === null ? 0 : event[4].length;
  }
  const replyLength = replies.reduce((sum, reply) => sum + 4 + reply.length, 0);
  const out = Buffer.allocUnsafe(STATUS_SIZE + 8 + events.length * EVENT_SIZE + blobLength + replyLength);
  let at = out.writeDoubleLE(status.now, 0);
  at = out.writeDoubleLE(status.busy, at);
  at = out.writeUInt32LE(status.pc, at);
  at = out.writeUInt32LE(status.flags, at);
  at = out.writeUInt32LE(status.levels, at);
  at = out.writeUInt32LE(status.outputs, at);
  at = out.writeUInt32LE(status.operations, at);
  for (const backlog of status.backlogs) {
    at = out.writeUInt32LE(backlog, at);
  }
  for (let pin = 0; pin < 30; pin++) {
    out[at++] = status.functions[pin];
  }
  out[at++] = 0;
  out[at++] = 0;
  for (let pin = 0; pin < 30; pin++) {
    at = out.writeDoubleLE(status.duties[pin], at);
  }
  at = out.writeUInt32LE(events.length, at);
  at = out.writeUInt32LE(blobLength, at);
  for (const [nanos, kind, index, value, bytes] of events) {
    at = out.writeDoubleLE(nanos, at);
    out[at++] = kind;
    out[at++] = index;
    out[at++] = 0;
    out[at++] = 0;
    at = out.writeUInt32LE(bytes === null ? 0 : bytes.length, at);
    at = out.writeDoubleLE(value, at);
  }
  for (const [, , , , bytes] of events) {
    if (bytes !== null) {
      out.set(bytes, at);
      at += bytes.length;
    }
  }
  for (const reply of replies) {
    at = out.writeUInt32LE(reply.length, at);
    reply.copy(out, at);
    at += reply.length;
  }
  return out;
}

/** The answers of several boards in one, each preceded by its length: 0 for one that is not there yet. */
export function joinAnswers(answers) {
  return Buffer.concat(
    answers.flatMap((answer) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(answer === null ? 0 : answer.length, 0);
      return answer === null ? [length] : [length, answer];
    }),
  );
}
