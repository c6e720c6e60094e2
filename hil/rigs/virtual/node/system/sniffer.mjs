// The DMA's sniffer (RP2040 datasheet 2.5.5.2): checksums of what one channel moves, made as it passes.

const EN = 1;
const BSWAP = 1 << 9;
const OUT_REV = 1 << 10;
const OUT_INV = 1 << 11;
const WRITABLE = 0xfff;
const CRC32_POLYNOMIAL = 0x04c11db7;
const CRC16_POLYNOMIAL = 0x1021;
const CRC32 = 0;
const CRC32_REVERSED = 1;
const CRC16 = 2;
const CRC16_REVERSED = 3;
const EVEN = 14;
const SUM = 15;

export class Sniffer {
  constructor() {
    this.reset();
  }

  reset() {
    this.ctrl = 0;
    this.data = 0;
  }

  writeCtrl(value) {
    this.ctrl = value & WRITABLE;
  }

  writeData(value) {
    this.data = value >>> 0;
  }

  /** As the bus sees it: reversed, inverted; the sum goes on from what it was. */
  readData() {
    const turned = this.ctrl & OUT_REV ? reversed(this.data, 32) : this.data;
    return (this.ctrl & OUT_INV ? ~turned : turned) >>> 0;
  }

  watches(channel) {
    return (this.ctrl & EN) !== 0 && ((this.ctrl >>> 1) & 0xf) === channel;
  }

  /** Takes a `value` of so many bytes, most significant bit first; in the reversed sums least significant first. */
  take(value, bytes) {
    const bits = 8 * bytes;
    const item = this.ctrl & BSWAP ? swapped(value, bytes) : value >>> 0;
    switch ((this.ctrl >>> 5) & 0xf) {
      case CRC32:
        this.data = shifted(this.data, item, bits, CRC32_POLYNOMIAL, 32);
        return;
      case CRC32_REVERSED:
        this.data = shifted(this.data, reversed(item, bits), bits, CRC32_POLYNOMIAL, 32);
        return;
      case CRC16:
        this.data = shifted(this.data, item, bits, CRC16_POLYNOMIAL, 16);
        return;
      case CRC16_REVERSED:
        this.data = shifted(this.data, reversed(item, bits), bits, CRC16_POLYNOMIAL, 16);
        return;
      case EVEN:
        this.data = (this.data ^ parity(item)) & 1;
        return;
      case SUM:
        this.data = (this.data + item) >>> 0;
        return;
    }
  }
}

/** A checksum of `width` bits after so many more `bits` of an item, the highest first. */
function shifted(sum, item, bits, polynomial, width) {
  const mask = width === 32 ? 0xffffffff : 0xffff;
  let out = sum & mask;
  for (let bit = bits - 1; bit >= 0; bit--) {
    const feedback = ((out >>> (width - 1)) ^ (item >>> bit)) & 1;
    out = ((out << 1) ^ (feedback ? polynomial : 0)) & mask;
  }
  return out >>> 0;
}

function reversed(value, bits) {
  let out = 0;
  for (let bit = 0; bit < bits; bit++) {
    out = (out << 1) | ((value >>> bit) & 1);
  }
  return out >>> 0;
}

export function swapped(value, bytes) {
  let out = 0;
  for (let byte = 0; byte < bytes; byte++) {
    out = (out << 8) | ((value >>> (8 * byte)) & 0xff);
  }
  return out >>> 0;
}

function parity(value) {
  let bits = value;
  for (let half = 16; half > 0; half >>= 1) {
    bits ^= bits >>> half;
  }
  return bits & 1;
}
