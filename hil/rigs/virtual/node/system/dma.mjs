// DMA with transfers made at the instant of the request: a sample that arrives in a FIFO is in memory
// at once, with no event of its own (the few bus cycles it takes on silicon are not modelled).

const BUSY = 1 << 24;
const EN = 1;
const IRQ_QUIET = 1 << 21;
const INCR_READ = 1 << 4;
const INCR_WRITE = 1 << 5;
const RING_SEL = 1 << 10;
const TREQ_TIMER0 = 59;
const TREQ_PERMANENT = 63;
// From RAM to RAM, items that nothing paces: reading and writing share the banks of RAM and the way there. MicroPython's
// own test has 4096 words of it take 70 to 125 us on boards, interpreter and all.
const UNPACED_CYCLES = 2;
const DREQ_PWM_WRAP0 = 24;
const DREQ_PWM_WRAP7 = 31;

/** Rewires the channels of rp2040js's DMA block. */
export function fitDma(chip) {
  const { dma } = chip;
  dma.dreq.fill(false, 0, 40);

  for (const channel of dma.channels) {
    const alarm = chip.clock.createAlarm(() => timedTransfer(channel));
    channel.transferAlarm = alarm;
    let running = false; // inside the loop below (a transfer may raise or lower its own request)

    channel.moveOne = function moveOne() {
      const { ctrl, dataSize, ringMask } = this;
      this.transferFn();
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
        if (!alarm.scheduled) {
          alarm.schedule(treq === TREQ_PERMANENT ? this.transCount * UNPACED_CYCLES * chip.clock.cycleNanos : dma.pacingNanos(treq));
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
      alarm.cancel();
      dma.pacingChanged(this.treqValue);
    };
  }

  /** An unpaced block is there when its time is up; a timer-paced one goes item by item. */
  function timedTransfer(channel) {
    if (!channel.active) {
      return;
    }
    if (channel.treqValue === TREQ_PERMANENT) {
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
