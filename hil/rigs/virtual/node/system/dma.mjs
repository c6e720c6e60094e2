// DMA with transfers made at the instant of the request: a sample that arrives in a FIFO is in memory
// at once, with no event of its own (the few bus cycles it takes on silicon are not modelled). Only an unpaced block
// takes the bus for long enough to matter: it and a core that is awake slow each other down.

import { Sniffer, swapped } from './sniffer.mjs';

const BUSY = 1 << 24;
const EN = 1;
const IRQ_QUIET = 1 << 21;
const INCR_READ = 1 << 4;
const INCR_WRITE = 1 << 5;
const RING_SEL = 1 << 10;
const TREQ_TIMER0 = 59;
const TREQ_PERMANENT = 63;
const BSWAP = 1 << 22;
const SNIFF_EN = 1 << 23;
const SNIFF_CTRL = 0x434;
const SNIFF_DATA = 0x438;
// From RAM to RAM, items that nothing paces: a read and a write, a cycle each. 1024 words take 2169 to 2175 cycles on a
// board (arduino-pico, pull request 2552); MicroPython's own test has 4096 take 70 to 125 us, interpreter and all.
const UNPACED_CYCLES = 2;
// A core that is awake goes to RAM about every other cycle, and meets the DMA there in one of the four banks (words in
// turn, datasheet 2.6.2): one in eight cycles. The arbiter takes turns (2.1.1), so each waits for every other meeting.
const CONTENTION = 1 / 16;
const RAM_PAGE = 0x200; // of a megabyte
const READ_BY_TIME = [0x40050, 0x40054]; // PWM and timer
const AHEAD_MOST = 4; // a chain that leads back to itself takes its time
const DREQ_PWM_WRAP0 = 24;
const DREQ_PWM_WRAP7 = 31;

/** Rewires the channels of rp2040js's DMA block. */
export function fitDma(chip) {
  const { dma } = chip;
  const sniffer = new Sniffer();
  let ahead = 0; // single items being moved, one by the other's chain
  dma.dreq.fill(false, 0, 40);
  fitSniffer(dma, sniffer);

  for (const channel of dma.channels) {
    const alarm = chip.clock.createAlarm(() => timedTransfer(channel));
    channel.transferAlarm = alarm;
    let running = false; // inside the loop below (a transfer may raise or lower its own request)

    channel.moveOne = function moveOne() {
      const { ctrl, dataSize, ringMask } = this;
      if (ctrl & SNIFF_EN && sniffer.watches(this.index)) {
        sniffedTransfer(this);
      } else {
        this.transferFn();
      }
      if (ctrl & INCR_READ) {
        this.readAddr =
          ringMask && !(ctrl & RING_SEL)
            ? ((this.readAddr & ~ringMask) | ((this.readAddr + dataSize) & ringMask)) >>> 0
            : this.readAddr + dataSize;
      }
      if (ctrl & INCR_WRITE) {
        this.writeAddr =
          ringMask && ctrl & RING_SEL
            ? ((this.writeAddr & ~ringMask) | ((this.writeAddr + dataSize) & ringMask)) >>> 0
            : this.writeAddr + dataSize;
      }
      if (--this.transCount <= 0) {
        this.finish();
      }
    };

    channel.finish = function finish() {
      this.ctrl &= ~BUSY;
      dma.pacingChanged(this.treqValue);
      if (!(this.ctrl & IRQ_QUIET)) {
        dma.intRaw |= 1 << this.index;
        dma.checkInterrupts();
      }
      if (this.chainTo !== this.index) {
        dma.channels[this.chainTo]?.start();
      }
    };

    channel.scheduleTransfer = function scheduleTransfer() {
      const treq = this.treqValue;
      if (treq >= TREQ_TIMER0) {
        if (treq === TREQ_PERMANENT && this.transCount === 1 && isMovedAhead(this)) {
          moveAhead(this);
          return;
        }
        if (!alarm.scheduled) {
          alarm.schedule(treq === TREQ_PERMANENT ? startUnpaced(this) : dma.pacingNanos(treq));
        }
        return;
      }
      dma.pacingChanged(treq);
      if (running) {
        return;
      }
      running = true;
      while (this.active && this.treqValue === treq && dma.dreq[treq]) {
        this.moveOne();
      }
      running = false;
    };

    channel.abort = function abort() {
      this.ctrl &= ~BUSY;
      this.transCount = 0;
      alarm.cancel();
      dma.pacingChanged(this.treqValue);
    };
  }

  /** Whether nobody could tell that a single item is moved before its time: from what depends on time alone, into RAM. */
  function isMovedAhead({ ctrl, readAddr, writeAddr }) {
    const from = readAddr >>> 12;
    return (
      ahead < AHEAD_MOST &&
      writeAddr >>> 20 === RAM_PAGE &&
      (readAddr >>> 20 === RAM_PAGE || READ_BY_TIME.includes(from)) &&
      !(ctrl & SNIFF_EN)
    );
  }

  /** Moves a single item without an event of its own: its block is asked as of when its time is up. Chains of these stamp
   *  each word of a FIFO with the time, a hundred thousand times a second. */
  function moveAhead(channel) {
    const { clock } = chip;
    const before = clock.alarmNanos;
    ahead++;
    clock.alarmNanos = clock.nanos + UNPACED_CYCLES * clock.cycleNanos;
    channel.moveOne();
    clock.alarmNanos = before;
    ahead--;
  }

  /** How long the block will take, ns; what the core is to lose by it is noted. */
  function startUnpaced(channel) {
    const cycles = channel.transCount * UNPACED_CYCLES;
    channel.coreCycles = chip.core.waiting ? 0 : Math.round(cycles * CONTENTION);
    return (cycles + channel.coreCycles) * chip.clock.cycleNanos;
  }

  /** Moves an item and shows it to the sniffer, which is behind the channel's own swap of bytes. */
  function sniffedTransfer({ ctrl, dataSize, readAddr, writeAddr }) {
    const bits = 8 * dataSize;
    const read = chip[`readUint${bits}`](readAddr) >>> 0;
    const item = ctrl & BSWAP ? swapped(read, dataSize) : read;
    chip[`writeUint${bits}`](writeAddr, item);
    sniffer.take(item, dataSize);
  }

  /** An unpaced block is there when its time is up; a timer-paced one goes item by item. */
  function timedTransfer(channel) {
    if (!channel.active) {
      return;
    }
    if (channel.treqValue === TREQ_PERMANENT) {
      // The core's share of the waiting, made up for in one piece; a core that sleeps has lost nothing.
      chip.core.cycles += chip.core.waiting ? 0 : channel.coreCycles;
      let left = channel.transCount;
      while (left-- > 0) {
        channel.moveOne();
      }
    } else {
      channel.moveOne();
      if (channel.active) {
        channel.scheduleTransfer();
      }
    }
  }

  dma.pacingNanos = (treq) => {
    const register = [dma.timer0, dma.timer1, dma.timer2, dma.timer3][treq - TREQ_TIMER0];
    const x = register >>> 16;
    const y = register & 0xffff;
    // X/Y of the system clock (datasheet 2.5.5.1), at most 1 per cycle; X = 0 never.
    return x === 0 ? Infinity : Math.max(1, y / x) * chip.clock.cycleNanos;
  };

  dma.isPacedBy = (dreq) => dma.channels.some((channel) => channel.treqValue === dreq && channel.active);

  dma.pacingChanged = (dreq) => {
    if (dreq >= DREQ_PWM_WRAP0 && dreq <= DREQ_PWM_WRAP7) {
      chip.pwm.pacingChanged(dreq - DREQ_PWM_WRAP0);
    }
  };

  /** One request, one transfer (PWM wraps). */
  dma.pulse = (dreq) => {
    for (const channel of dma.channels) {
      if (channel.treqValue === dreq && channel.active) {
        channel.moveOne();
      }
    }
  };

  dma.reset = () => {
    sniffer.reset();
    for (const channel of dma.channels) {
      channel.abort();
      channel.reset();
      channel.readAddr = 0;
      channel.writeAddr = 0;
      channel.transCount = 0;
      channel.transCountReload = 0;
    }
    dma.intRaw = 0;
    dma.intEnable0 = 0;
    dma.intEnable1 = 0;
    dma.intForce0 = 0;
    dma.intForce1 = 0;
    dma.checkInterrupts();
  };
}

/** Gives rp2040js's DMA block the sniffer's registers. */
function fitSniffer(dma, sniffer) {
  const { readUint32, writeUint32 } = dma;
  dma.readUint32 = function read(offset) {
    switch (offset) {
      case SNIFF_CTRL:
        return sniffer.ctrl;
      case SNIFF_DATA:
        return sniffer.readData();
    }
    return readUint32.call(this, offset);
  };
  dma.writeUint32 = function write(offset, value) {
    switch (offset) {
      case SNIFF_CTRL:
        sniffer.writeCtrl(value);
        return;
      case SNIFF_DATA:
        sniffer.writeData(value);
        return;
    }
    writeUint32.call(this, offset, value);
  };
}
