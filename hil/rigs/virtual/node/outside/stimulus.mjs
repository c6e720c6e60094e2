// What the world does to the chip, scheduled ahead in emulated time: voltages, pin edges, serial bytes.
// It outlives resets of the chip.

import { ConverterTap } from './tap.mjs';

const ADC_REFERENCE_MV = 3300;
const ADC_CODES = 4096;
// Erratum RP2040-E11: four codes are this wide, the others narrower by as much in all. Their places, half a period from 0,
// are known from the datasheet, their width from measurement (pico-adc.markomo.me: DNL 8.9 LSB).
const WIDE_CODE = 9.9;
const FIRST_WIDE_CODE = 512;
const WIDE_CODES_APART = 1024;

/** Where the converter places an input of `lsb` (fractional codes), for its uneven steps. */
export function unevenCode(lsb) {
  const fromMiddle = lsb - FIRST_WIDE_CODE - 0.5;
  const nearest = Math.round(fromMiddle / WIDE_CODES_APART) * WIDE_CODES_APART;
  const away = fromMiddle - nearest;
  const beyond = Math.abs(away) - WIDE_CODE / 2;
  const stretched = beyond < 0 ? 0 : 0.5 + (beyond * (WIDE_CODES_APART - 1)) / (WIDE_CODES_APART - WIDE_CODE);
  return FIRST_WIDE_CODE + 0.5 + nearest + Math.sign(away) * stretched;
}

/** One analogue input: points in time, held or joined by straight lines. */
class Waveform {
  constructor(millivolts) {
    this.set(millivolts);
  }

  set(millivolts) {
    this.times = [0];
    this.values = [millivolts];
    this.cursor = 0;
    this.linear = false;
  }

  /** From times[0] on the given points replace whatever was scheduled; what was before stays, from `now` on. */
  play(times, values, linear, now) {
    if (times.length === 0) {
      return;
    }
    this.at(now);
    let keep = this.times.length;
    while (keep > 0 && this.times[keep - 1] >= times[0]) {
      keep--;
    }
    // Points already passed are not needed any more, but for the one in force and, for a conversion that has begun
    // and not ended, the one before.
    const from = Math.max(0, Math.min(this.cursor, keep - 1) - 1);
    this.times = this.times.slice(from, keep);
    this.values = this.values.slice(from, keep);
    this.cursor = 0;
    for (let i = 0; i < times.length; i++) {
      this.times.push(times[i]);
      this.values.push(values[i]);
    }
    this.linear = linear;
  }

  at(nanos) {
    const { times, values } = this;
    let i = this.cursor;
    if (times[i] > nanos) {
      i = 0;
    }
    while (i + 1 < times.length && times[i + 1] <= nanos) {
      i++;
    }
    this.cursor = i;
    if (!this.linear || i + 1 >= times.length || nanos <= times[i]) {
      return values[i];
    }
    return values[i] + ((values[i + 1] - values[i]) * (nanos - times[i])) / (times[i + 1] - times[i]);
  }
}

/** The five ADC inputs, and what the converter adds of its own: noise, uneven steps (`noiseLsb` 0: neither). */
export class AnalogInputs {
  constructor(random, noiseLsb) {
    this.random = random;
    this.noiseLsb = noiseLsb;
    this.tap = new ConverterTap();
    // VSYS 5.0 V behind its divider by 3; the temperature sensor at 27 degrees C (datasheet 4.9.5).
    this.inputs = [0, 0, 0, 5000 / 3, 706].map((millivolts) => new Waveform(millivolts));
  }

  code(channel, nanos) {
    let lsb = (this.inputs[channel].at(nanos) * ADC_CODES) / ADC_REFERENCE_MV;
    if (this.noiseLsb > 0) {
      lsb = unevenCode(lsb + this.random.gaussian() * this.noiseLsb);
    }
    return Math.max(0, Math.min(ADC_CODES - 1, Math.floor(lsb)));
  }
}

/** Things to do at given times, in order; one alarm for the next. Equal times keep their order. */
export class Schedule {
  constructor(clock, act) {
    this.clock = clock;
    this.act = act; // (value, nanos)
    this.items = []; // [nanos, value], sorted
    this.head = 0;
    this.alarm = clock.createAlarm(() => this.fire());
  }

  add(nanos, value) {
    const at = Math.max(nanos, this.clock.nanos);
    let index = this.items.length;
    while (index > this.head && this.items[index - 1][0] > at) {
      index--;
    }
    if (index === this.items.length) {
      this.items.push([at, value]);
    } else {
      this.items.splice(index, 0, [at, value]);
    }
    if (index === this.head) {
      this.alarm.scheduleAt(at);
    }
  }

  fire() {
    const now = this.clock.nanos;
    while (this.head < this.items.length && this.items[this.head][0] <= now) {
      this.act(this.items[this.head++][1], now);
    }
    if (this.head > 1000) {
      this.items.splice(0, this.head);
      this.head = 0;
    }
    if (this.head < this.items.length) {
      this.alarm.scheduleAt(this.items[this.head][0]);
    }
  }

  /** Forgets what is still to come. */
  clear() {
    this.items = [];
    this.head = 0;
    this.alarm.cancel();
  }
}
