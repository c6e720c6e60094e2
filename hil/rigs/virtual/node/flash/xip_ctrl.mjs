// XIP_CTRL (RP2040 datasheet 2.6.3.6): the cache's switch, flush and counters. Not here: streaming (STREAM_...), which
// nothing of the firmware uses, and the cache as RAM while it is off.

import { BasePeripheral } from 'rp2040js';

const CTRL = 0x00;
const FLUSH = 0x04;
const STAT = 0x08;
const CTR_HIT = 0x0c;
const CTR_ACC = 0x10;
const STREAM_ADDR = 0x14;
const STREAM_CTR = 0x18;

const CTRL_BITS = 0xb;
const STAT_FLUSH_READY = 2;
const STAT_FIFO_EMPTY = 4;

export class XipCtrl extends BasePeripheral {
  /** @param cache XipCache; null: reading flash costs nothing, and nothing is counted */
  constructor(chip, name, cache) {
    super(chip, name);
    this.cache = cache;
    this.ctrl = 3;
    this.flushedNanos = chip.clock.nanos; // when the last flush is through
    this.stream = new Uint32Array(2);
    cache?.reset();
  }

  get flushLeftClk() {
    const { nanos, cycleNanos } = this.rp2040.clock;
    return Math.max(0, Math.ceil((this.flushedNanos - nanos) / cycleNanos));
  }

  readUint32(offset) {
    switch (offset) {
      case CTRL:
        return this.ctrl;
      case FLUSH: // holds the bus until it is through
        this.rp2040.core.cycles += this.flushLeftClk;
        return 1;
      case STAT:
        return STAT_FIFO_EMPTY | (this.flushLeftClk ? 0 : STAT_FLUSH_READY);
      case CTR_HIT:
        return this.cache?.hitCounter ?? 0;
      case CTR_ACC:
        return this.cache?.accessCounter ?? 0;
      case STREAM_ADDR:
      case STREAM_CTR:
        return this.stream[(offset - STREAM_ADDR) >> 2];
    }
    return 0;
  }

  writeUint32(offset, value) {
    switch (offset) {
      case CTRL:
        this.ctrl = value & CTRL_BITS;
        this.cache?.setControl(this.ctrl);
        break;
      case FLUSH:
        if (!(value & 1)) break; // strobe
        this.flushedNanos = this.rp2040.clock.nanos + (this.cache?.flush() ?? 0) * this.rp2040.clock.cycleNanos;
        break;
      case CTR_HIT: // any write clears
        this.cache?.clearHitCounter();
        break;
      case CTR_ACC:
        this.cache?.clearAccessCounter();
        break;
      case STREAM_ADDR:
      case STREAM_CTR:
        this.stream[(offset - STREAM_ADDR) >> 2] = value;
        break;
    }
  }
}
