// What the converter gave, conversion by conversion: the newest KEPT of them, while they are asked for.

const KEPT = 1 << 19; // 52 s of 10,000 a second; 5 MB

export class ConverterTap {
  constructor() {
    this.record(false);
  }

  /** From now on they are kept, from none; or no more. */
  record(on) {
    this.nanos = new Float64Array(on ? KEPT : 0);
    this.values = new Uint16Array(on ? KEPT : 0); // input << 12 | code
    this.count = 0;
  }

  /** One conversion: its input, its start, its code. */
  take(channel, nanos, code) {
    const { length } = this.nanos;
    if (length > 0) {
      const at = this.count++ % length;
      this.nanos[at] = nanos;
      this.values[at] = (channel << 12) | code;
    }
  }

  /** Those that began at `fromNanos` or later, in order. */
  since(fromNanos) {
    const { length } = this.nanos;
    const last = this.count;
    let first = last;
    while (first > Math.max(0, last - length) && this.nanos[(first - 1) % length] >= fromNanos) {
      first--;
    }
    const order = Array.from({ length: last - first }, (_, i) => (first + i) % length);
    return { nanos: Float64Array.from(order, (at) => this.nanos[at]), values: Uint16Array.from(order, (at) => this.values[at]) };
  }
}
