// PWM slices worked out from time rather than counted: no event at every wrap unless somebody needs one
// (an interrupt, a DMA channel paced by the wrap, a watched pin). RP2040 datasheet 4.5.

import { BasePeripheral } from 'rp2040js';

const CSR = 0x00;
const DIV = 0x04;
const CTR = 0x08;
const CC = 0x0c;
const TOP = 0x10;
const SLICE_SIZE = 0x14;
const EN = 0xa0;
const INTR = 0xa4;
const INTE = 0xa8;
const INTF = 0xac;
const INTS = 0xb0;

const CSR_EN = 1;
const CSR_PH_CORRECT = 2;
const CSR_A_INV = 4;
const CSR_PH_RET = 0x40;
const CSR_PH_ADV = 0x80;
const IRQ_PWM_WRAP = 4;
const DREQ_PWM_WRAP0 = 24;
const EPSILON_TICKS = 1e-6; // times are sums of doubles

class Slice {
  constructor(pwm, index, clock) {
    this.pwm = pwm;
    this.index = index;
    this.clock = clock;
    this.alarm = clock.createAlarm(() => this.onAlarm());
    this.edgePins = 0; // bit mask of pins whose edges are followed
    this.reset();
  }

  reset() {
    this.csr = 0;
    this.div = 0x10;
    this.top = 0xffff; // in use
    this.cc = 0; // in use
    this.nextTop = 0xffff; // as written; taken over at the wrap
    this.nextCc = 0;
    this.startNanos = 0; // when the counter was startTicks
    this.startTicks = 0;
    this.toldTicks = 0; // edges of pins told late (Pads.told) have been told so far
    this.lastWrap = 0; // wraps already reported to INTR and DREQ
    this.alarm.cancel();
  }

  get running() {
    // Only the free-running divider mode is modelled: a slice clocked by its B pin stands still.
    return (this.csr & CSR_EN) !== 0 && (this.csr & 0x30) === 0;
  }

  get tickNanos() {
    const int = (this.div >>> 4) & 0xff;
    return ((int || 256) + (this.div & 0xf) / 16) * this.pwm.sysNanos;
  }

  get periodTicks() {
    return this.csr & CSR_PH_CORRECT ? 2 * (this.top + 1) : this.top + 1;
  }

  /** Ticks since the counter was last 0 at a wrap, growing beyond a period. */
  ticks(nanos) {
    if (!this.running) {
      return this.startTicks;
    }
    return this.startTicks + Math.floor((nanos - this.startNanos) / this.tickNanos + EPSILON_TICKS);
  }

  counterOf(ticks) {
    const phase = ticks % this.periodTicks;
    return this.csr & CSR_PH_CORRECT && phase > this.top ? 2 * this.top + 1 - phase : phase;
  }

  /** Tells the edges, so far or up to and with that tick, of pins that are told late. */
  tell(ticks = this.ticks(this.clock.nanos)) {
    const { told, pins } = this.pwm.rp2040.pads;
    for (let pin = this.index * 2; this.running && told !== 0 && pin < 30; pin += 16) {
      for (const each of [pin, pin + 1]) {
        if (told & (1 << each)) {
          this.tellPin(pins[each], this.compareOf(each & 1), ticks);
        }
      }
    }
    this.toldTicks = Math.max(this.toldTicks, ticks);
  }

  tellPin(pin, compare, ticks) {
    const { toldTicks, startTicks, startNanos, tickNanos, periodTicks: period } = this;
    const offsets = this.csr & CSR_PH_CORRECT ? [0, compare, 2 * (this.top + 1) - compare] : [0, compare];
    for (let start = toldTicks - (toldTicks % period); start <= ticks; start += period) {
      for (const offset of offsets) {
        const at = start + offset;
        if (offset < period && at > toldTicks && at <= ticks) {
          pin.workOut(startNanos + (at - startTicks) * tickNanos);
        }
      }
    }
  }

  /** Keeps the phase while something about the slice changes. `latches`: a wrap takes over what was written. */
  hold(latches = false) {
    const now = this.clock.nanos;
    const ticks = this.ticks(now);
    this.tell(latches ? ticks - 1 : ticks);
    if (this.running) {
      this.startNanos += (ticks - this.startTicks) * this.tickNanos;
    } else {
      this.startNanos = now;
    }
    this.noteWraps(ticks);
    this.startTicks = ticks % this.periodTicks;
    this.toldTicks = this.startTicks;
    this.lastWrap = 0;
  }

  noteWraps(ticks) {
    const wraps = Math.floor(ticks / this.periodTicks);
    if (wraps > this.lastWrap) {
      this.lastWrap = wraps;
      this.pwm.wrapped(this.index);
    }
  }

  latch() {
    this.cc = this.nextCc;
    this.top = this.nextTop;
  }

  get dirty() {
    return this.cc !== this.nextCc || this.top !== this.nextTop;
  }

  read(register) {
    switch (register) {
      case CSR:
        return this.csr;
      case DIV:
        return this.div;
      case CTR:
        return this.counterOf(this.ticks(this.clock.nanos));
      case CC:
        return this.nextCc >>> 0;
      default:
        return this.nextTop;
    }
  }

  write(register, value) {
    this.hold();
    switch (register) {
      case CSR:
        this.csr = value & 0x3f;
        if (this.running) {
          this.startTicks += (value & CSR_PH_ADV ? 1 : 0) - (value & CSR_PH_RET && this.startTicks > 0 ? 1 : 0);
        }
        break;
      case DIV:
        this.div = value & 0xfff;
        break;
      case CTR:
        this.startTicks = value & 0xffff;
        this.startNanos = this.clock.nanos;
        break;
      case CC:
        this.nextCc = value;
        break;
      case TOP:
        this.nextTop = value & 0xffff;
        break;
    }
    this.changed();
  }

  setEnable(enable) {
    this.hold();
    this.csr = enable ? this.csr | CSR_EN : this.csr & ~CSR_EN;
    this.changed();
  }

  changed() {
    if (!this.running && this.dirty) {
      this.latch();
      this.startTicks %= this.periodTicks;
    }
    this.toldTicks = this.startTicks;
    this.reschedule();
    this.pwm.updatePins(this.index);
  }

  reschedule() {
    this.alarm.cancel();
    if (!this.running) {
      return;
    }
    const needsWrap = this.dirty || this.pwm.needsWrap(this.index);
    if (!needsWrap && this.edgePins === 0) {
      return;
    }
    const ticks = this.ticks(this.clock.nanos);
    const period = this.periodTicks;
    const phase = ticks % period;
    let next = period;
    if (this.edgePins !== 0) {
      for (const compare of [this.cc & 0xffff, this.cc >>> 16]) {
        const edges = this.csr & CSR_PH_CORRECT ? [compare, 2 * (this.top + 1) - compare] : [compare];
        for (const edge of edges) {
          if (edge > phase && edge < next) {
            next = edge;
          }
        }
      }
    }
    this.alarm.scheduleAt(this.startNanos + (ticks - phase + next - this.startTicks) * this.tickNanos);
  }

  onAlarm() {
    const ticks = this.ticks(this.clock.nanos);
    if (ticks % this.periodTicks === 0) {
      this.hold(this.dirty);
      if (this.dirty) {
        this.latch();
      }
    }
    this.pwm.updatePins(this.index);
    this.reschedule();
  }

  compareOf(channelB) {
    return channelB ? this.cc >>> 16 : this.cc & 0xffff;
  }

  level(channelB, nanos) {
    // Since it was last held, `ticks` may count from after `nanos`.
    const ticks = this.ticks(nanos);
    const high = this.counterOf(ticks < 0 ? ticks + this.periodTicks : ticks) < this.compareOf(channelB) ? 1 : 0;
    return this.csr & (CSR_A_INV << channelB) ? high ^ 1 : high;
  }

  duty(channelB) {
    if (!this.running) {
      return this.level(channelB, this.clock.nanos);
    }
    const share = Math.min(this.compareOf(channelB), this.top + 1) / (this.top + 1);
    return this.csr & (CSR_A_INV << channelB) ? 1 - share : share;
  }
}

export class Pwm extends BasePeripheral {
  constructor(chip, name) {
    super(chip, name);
    this.intRaw = 0;
    this.intEnable = 0;
    this.intForce = 0;
    this.slices = [];
    for (let index = 0; index < 8; index++) {
      this.slices.push(new Slice(this, index, chip.clock));
    }
  }

  get sysNanos() {
    return this.rp2040.clock.cycleNanos;
  }

  /** rp2040js tells its channels about a new clk_sys through this list; our slices read it when needed. */
  get channels() {
    return [];
  }

  sliceOf(pin) {
    return this.slices[(pin >>> 1) & 7];
  }

  outputEnable(pin) {
    // The B channel is an input in the counting modes.
    return pin & 1 && this.sliceOf(pin).csr & 0x30 ? 0 : 1;
  }

  level(pin, nanos) {
    return this.sliceOf(pin).level(pin & 1, nanos);
  }

  duty(pin) {
    return this.sliceOf(pin).duty(pin & 1);
  }

  /** Frequency in Hz of the slice behind a pin, 0 while it stands still. */
  frequency(pin) {
    const slice = this.sliceOf(pin);
    return slice.running ? 1e9 / (slice.tickNanos * slice.periodTicks) : 0;
  }

  edgesWanted(pin, wanted) {
    const slice = this.sliceOf(pin);
    const mask = wanted ? slice.edgePins | (1 << pin) : slice.edgePins & ~(1 << pin);
    if (mask !== slice.edgePins) {
      slice.edgePins = mask;
      slice.reschedule();
    }
  }

  updatePins(slice) {
    const { pins } = this.rp2040.pads;
    for (let pin = slice * 2; pin < 30; pin += 16) {
      for (const each of [pins[pin], pins[pin + 1]]) {
        if (each.functionSelect === 4) {
          each.update();
        }
      }
    }
  }

  /** Tells the edges so far of pins that are told late. */
  tell() {
    this.slices.forEach((slice) => slice.tell());
  }

  needsWrap(slice) {
    return ((this.intEnable >>> slice) & 1) !== 0 || this.rp2040.dma.isPacedBy(DREQ_PWM_WRAP0 + slice);
  }

  /** A DMA channel has begun or ended to be paced by wraps. */
  pacingChanged(slice) {
    this.slices[slice].reschedule();
  }

  wrapped(slice) {
    this.intRaw |= 1 << slice;
    this.checkInterrupts();
    this.rp2040.dma.pulse(DREQ_PWM_WRAP0 + slice);
  }

  collectWraps() {
    for (const slice of this.slices) {
      slice.noteWraps(slice.ticks(this.rp2040.clock.nanos));
    }
  }

  checkInterrupts() {
    this.rp2040.setInterrupt(IRQ_PWM_WRAP, ((this.intRaw & this.intEnable) | this.intForce) !== 0);
  }

  readUint32(offset) {
    if (offset < EN) {
      return this.slices[Math.floor(offset / SLICE_SIZE)].read(offset % SLICE_SIZE);
    }
    switch (offset) {
      case EN:
        return this.slices.reduce((bits, slice) => bits | ((slice.csr & CSR_EN) << slice.index), 0);
      case INTR:
        this.collectWraps();
        return this.intRaw;
      case INTE:
        return this.intEnable;
      case INTF:
        return this.intForce;
      case INTS:
        this.collectWraps();
        return (this.intRaw & this.intEnable) | this.intForce;
    }
    return super.readUint32(offset);
  }

  writeUint32(offset, value) {
    if (offset < EN) {
      this.slices[Math.floor(offset / SLICE_SIZE)].write(offset % SLICE_SIZE, value);
      return;
    }
    switch (offset) {
      case EN:
        for (const slice of this.slices) {
          const enable = (value >>> slice.index) & 1;
          if (enable !== (slice.csr & CSR_EN)) {
            slice.setEnable(enable);
          }
        }
        return;
      case INTR:
        this.collectWraps();
        this.intRaw &= ~this.rawWriteValue;
        break;
      case INTE:
        this.collectWraps();
        this.intEnable = value & 0xff;
        this.slices.forEach((slice) => slice.reschedule());
        break;
      case INTF:
        this.intForce = value & 0xff;
        break;
      default:
        super.writeUint32(offset, value);
        return;
    }
    this.checkInterrupts();
  }

  reset() {
    this.rp2040.pads.tellLate();
    for (const slice of this.slices) {
      slice.reset();
      this.updatePins(slice.index);
    }
    this.intRaw = 0;
    this.intEnable = 0;
    this.intForce = 0;
    this.checkInterrupts();
  }
}
