// Seeded pseudo-random numbers (xorshift32), so that every run can be repeated.

export class Random {
  constructor(seed) {
    this.state = (Math.imul(seed | 0, 0x9e3779b1) ^ 0x6d2b79f5) >>> 0 || 1;
    for (let i = 0; i < 8; i++) {
      this.uint32();
    }
  }

  uint32() {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state;
  }

  /** Uniform in [0, 1). */
  uniform() {
    return this.uint32() / 4294967296;
  }

  /** Normal distribution, mean 0, standard deviation 1 (Box-Muller). */
  gaussian() {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  fill(bytes) {
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] = this.uint32() & 0xff;
    }
  }
}
