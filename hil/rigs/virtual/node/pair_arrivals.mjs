// What is on its way to a board along its lines: changes of ends, each with the exact time at which it is there.

const FIRST_CAPACITY = 1024;

export class Arrivals {
  /** `arrive(end, does)` is called with the clock at that time, even if an instruction has run a little beyond it. */
  constructor(clock, arrive) {
    this.clock = clock;
    this.arrive = arrive;
    this.allot(FIRST_CAPACITY);
    this.head = 0;
    this.tail = 0;
    this.alarm = clock.createAlarm(() => this.fire());
  }

  allot(capacity) {
    const { nanos, ends, does } = this;
    this.nanos = new Float64Array(capacity);
    this.ends = new Uint8Array(capacity);
    this.does = new Uint8Array(capacity);
    if (nanos !== undefined) {
      this.nanos.set(nanos);
      this.ends.set(ends);
      this.does.set(does);
    }
  }

  /** In order of time; those of the same time as they come. */
  add(at, end, does) {
    if (this.tail === this.nanos.length) {
      this.makeRoom();
    }
    const { nanos, ends, head } = this;
    let index = this.tail++;
    while (index > head && nanos[index - 1] > at) {
      nanos[index] = nanos[index - 1];
      ends[index] = ends[index - 1];
      this.does[index] = this.does[index - 1];
      index--;
    }
    nanos[index] = at;
    ends[index] = end;
    this.does[index] = does;
    if (index === head) {
      this.alarm.scheduleAt(at);
    }
  }

  makeRoom() {
    const { head, tail } = this;
    if (head < tail / 2) {
      this.allot(2 * tail);
      return;
    }
    for (const each of [this.nanos, this.ends, this.does]) {
      each.copyWithin(0, head, tail);
    }
    this.head = 0;
    this.tail = tail - head;
  }

  fire() {
    const now = this.clock.nanos;
    while (this.head < this.tail && this.nanos[this.head] <= now) {
      const at = this.head++;
      this.arrive(this.ends[at], this.does[at]);
    }
    if (this.head < this.tail) {
      this.alarm.scheduleAt(this.nanos[this.head]);
    } else {
      this.head = 0;
      this.tail = 0;
    }
  }
}
