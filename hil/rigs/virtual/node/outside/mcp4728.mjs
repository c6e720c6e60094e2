// The MCP4728 (DS22187E): four voltages of 12 bits from an I2C bus, with registers for what comes next, what is shown, and
// an EEPROM of what it starts with. Its outputs are off by what this part's seed says, within the data sheet's limits.

const CHANNELS = 4;
const CODES = 4096;
const REFERENCE_MV = 2048;
/** How long an output takes to where it goes, to half an LSB (section 1.0). */
export const SETTLING_NANOS = 6000;
// Offset: 5 mV, 20 at most, seen at code 0. Gain: 0.4 % of full scale, 1.25 at most. INL: 2 LSB, 13 at most; here 6 (its
// figures for VDD as reference, figure 2-3), in one or two bows over the range. DNL: 0.2 LSB. The reference: 2 %.
const OFFSET_MV = { typical: 5, most: 20 };
const GAIN = { typical: 0.004, most: 0.0125 };
const INL_LSB = { typical: 2, most: 6 };
const REFERENCE_OFF = { typical: 0.005, most: 0.02 };
const DNL_LSB = 0.2;
const BELOW_SUPPLY_MV = 10; // the amplifiers go from rail to rail, nearly
const EEPROM_NANOS = { typical: 25e6, most: 50e6 };
// As it leaves the factory: internal reference, gain 1, on; the code is taken for 0.
const FACTORY = { internal: 1, down: 0, double: 0, code: 0 };

const COMMANDS = { 2: 'multiWrite', 4: 'selectReference', 5: 'powerDown', 6: 'selectGain' };
const GENERAL = { 0x06: 'generalReset', 0x08: 'updateAll', 0x09: 'wakeUp' };
const SEQUENTIAL = 2; // of the two bits behind command 2
const SINGLE = 3;
const RDY = 0x80;
const POR = 0x40;

const clipped = (value, most) => Math.max(-most, Math.min(most, value));
const drawn = (random, { typical, most }) => clipped(random.gaussian() * typical, most);

/** What one channel of this part makes of a code, mV. */
class Output {
  constructor(random) {
    this.offsetMv = drawn(random, OFFSET_MV);
    this.gain = 1 + drawn(random, GAIN);
    const bow = drawn(random, INL_LSB);
    const share = random.uniform();
    this.bows = [bow * share, bow * (1 - share)];
    this.steps = Float64Array.from({ length: CODES }, () => clipped(random.gaussian() * DNL_LSB, 0.75) / 2);
  }

  millivolts({ internal, down, double, code }, supplyMv, referenceMv) {
    if (down !== 0) {
      return 0; // a resistor to ground: 1, 100 or 500 kilohm
    }
    const fullMv = internal ? referenceMv * (1 + double) : supplyMv;
    const along = (code / CODES) * Math.PI;
    const [one, two] = this.bows;
    const lsb = code * this.gain + one * Math.sin(along) + two * Math.sin(2 * along) + this.steps[code];
    const wanted = (lsb * fullMv) / CODES + this.offsetMv;
    return Math.max(0, Math.min(supplyMv - BELOW_SUPPLY_MV, wanted));
  }
}

export class Mcp4728 {
  /**
   * `onStep(output, nanos, millivolts)`: output 0..3 begins to go there at `nanos`, and is there SETTLING_NANOS later.
   * `nanos`: when it gets its supply. `ldac`: the level of that pin; low, every write shows at once. `addressBits`: as the part was ordered with.
   */
  constructor(random, onStep, { supplyMv = 3300, ldac = 0, addressBits = 0, nanos = 0 } = {}) {
    this.onStep = onStep;
    this.supplyMv = supplyMv;
    this.ldac = ldac;
    this.addressBits = addressBits;
    this.takesGeneralCall = true;
    this.referenceMv = REFERENCE_MV * (1 + drawn(random, REFERENCE_OFF));
    this.outputs = Array.from({ length: CHANNELS }, () => new Output(random));
    const most = EEPROM_NANOS.most - EEPROM_NANOS.typical;
    this.eepromNanos = EEPROM_NANOS.typical + clipped(Math.abs(random.gaussian()) * (most / 3), most);
    this.eeprom = Array.from({ length: CHANNELS }, () => ({ ...FACTORY }));
    this.shownMv = new Array(CHANNELS).fill(0);
    this.powerUp(nanos);
  }

  powerUp(nanos) {
    this.busyUntil = -Infinity; // the EEPROM
    this.end();
    this.generalReset(nanos);
  }

  generalReset(nanos) {
    this.input = this.eeprom.map((channel) => ({ ...channel }));
    this.shown = this.eeprom.map((channel) => ({ ...channel }));
    this.show(nanos);
  }

  // The bus

  begin(read, general, nanos) {
    this.general = general;
    this.bytes = 0; // of this transfer, the address not counted
    this.command = null;
    this.channel = 0;
    this.high = 0;
    this.written = []; // channels whose EEPROM is written at the end
    this.sent = read ? this.readBack(nanos) : [];
  }

  end() {
    this.begin(false, false, 0);
    this.sent = [];
  }

  acks() {
    return true;
  }

  read() {
    const byte = this.sent[this.bytes % this.sent.length];
    this.bytes++;
    return byte;
  }

  write(byte, nanos) {
    const first = this.bytes === 0;
    this.bytes++;
    if (this.general) {
      if (first && byte in GENERAL) {
        this[GENERAL[byte]](nanos);
      }
      return;
    }
    if (nanos < this.busyUntil) {
      return; // acknowledged, and of no effect
    }
    if (first) {
      this.command = byte >>> 6 === 0 ? 'fastWrite' : (COMMANDS[byte >>> 5] ?? 'nothing');
      this.function = (byte >>> 3) & 3;
      this.channel = (byte >>> 1) & 3;
    }
    this[this.command](byte, this.bytes, nanos);
  }

  /** For each channel what comes next, then what the EEPROM has: three bytes each. */
  readBack(nanos) {
    const bytes = [];
    for (let channel = 0; channel < CHANNELS; channel++) {
      const head = (nanos < this.busyUntil ? 0 : RDY) | POR | (channel << 4) | this.addressBits;
      for (const { internal, down, double, code } of [this.input[channel], this.eeprom[channel]]) {
        bytes.push(head, (internal << 7) | (down << 5) | (double << 4) | (code >>> 8), code & 0xff);
      }
    }
    return bytes;
  }

  // Commands, byte by byte (`count` of them so far)

  nothing() {}

  /** Two bytes a channel, from A on; reference and gain stay. */
  fastWrite(byte, count, nanos) {
    if (count & 1) {
      this.high = byte;
      return;
    }
    const channel = (count / 2 - 1) % CHANNELS;
    Object.assign(this.input[channel], { down: (this.high >>> 4) & 3, code: ((this.high & 0xf) << 8) | byte });
    this.updated([channel], this.ldac === 0, nanos);
  }

  /** Three bytes a channel; or two, behind the first one's, into the EEPROM as well. */
  multiWrite(byte, count, nanos) {
    if (this.function === SEQUENTIAL || this.function === SINGLE) {
      this.writeBoth(byte, count, nanos);
      return;
    }
    switch (count % 3) {
      case 1:
        this.channel = (byte >>> 1) & 3;
        this.holdsBack = byte & 1;
        break;
      case 2:
        this.high = byte;
        break;
      default:
        this.put(this.channel, byte, nanos);
    }
  }

  writeBoth(byte, count, nanos) {
    if (count === 1) {
      this.holdsBack = byte & 1;
    } else if (count % 2 === 0) {
      this.high = byte;
    } else if (this.channel < CHANNELS) {
      this.put(this.channel, byte, nanos);
      this.written.push(this.channel);
      if (this.function === SINGLE || this.channel === CHANNELS - 1) {
        this.written.forEach((channel) => (this.eeprom[channel] = { ...this.input[channel] }));
        this.busyUntil = nanos + this.eepromNanos;
      }
      this.channel = this.function === SINGLE ? CHANNELS : this.channel + 1;
    }
  }

  put(channel, low, nanos) {
    const { high } = this;
    this.input[channel] = {
      internal: high >>> 7,
      down: (high >>> 5) & 3,
      double: (high >>> 4) & 1,
      code: ((high & 0xf) << 8) | low,
    };
    this.updated([channel], this.ldac === 0 || !this.holdsBack, nanos);
  }

  selectReference(byte, count, nanos) {
    this.setBits('internal', count, [byte >>> 3, byte >>> 2, byte >>> 1, byte], 1, nanos);
  }

  selectGain(byte, count, nanos) {
    this.setBits('double', count, [byte >>> 3, byte >>> 2, byte >>> 1, byte], 1, nanos);
  }

  powerDown(byte, count, nanos) {
    if (count === 1) {
      this.high = byte;
    } else if (count === 2) {
      this.setBits('down', 1, [this.high >>> 2, this.high, byte >>> 6, byte >>> 4], 3, nanos);
    }
  }

  setBits(name, count, values, mask, nanos) {
    if (count === 1) {
      values.forEach((value, channel) => (this.input[channel][name] = value & mask));
      values.forEach((value, channel) => (this.shown[channel][name] = value & mask));
      this.show(nanos);
    }
  }

  wakeUp(nanos) {
    [...this.input, ...this.shown].forEach((channel) => (channel.down = 0));
    this.show(nanos);
  }

  updateAll(nanos) {
    this.updated([0, 1, 2, 3], true, nanos);
  }

  // The outputs

  updated(channels, shows, nanos) {
    if (shows) {
      channels.forEach((channel) => (this.shown[channel] = { ...this.input[channel] }));
      this.show(nanos);
    }
  }

  show(nanos) {
    for (let channel = 0; channel < CHANNELS; channel++) {
      const mv = this.outputs[channel].millivolts(this.shown[channel], this.supplyMv, this.referenceMv);
      if (mv !== this.shownMv[channel]) {
        this.shownMv[channel] = mv;
        this.onStep(channel, nanos, mv);
      }
    }
  }
}
