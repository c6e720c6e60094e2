// A first-in first-out queue of bytes, cheap at any length.

const COMPACT_AT = 4096;

export class ByteQueue {
  constructor() {
    this.clear();
  }

  clear() {
    this.items = [];
    this.head = 0;
  }

  get length() {
    return this.items.length - this.head;
  }

  push(bytes) {
    for (const byte of bytes) {
      this.items.push(byte);
    }
  }

  /** Takes up to `count` bytes off the front. */
  take(count) {
    const taken = this.items.slice(this.head, this.head + count);
    this.head += taken.length;
    if (this.head >= COMPACT_AT && this.head * 2 >= this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return taken;
  }
}
