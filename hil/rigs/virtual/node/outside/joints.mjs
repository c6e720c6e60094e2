// Which ends of the lines between two boards are joined, as they were soldered and with what is wrong with them since.

export const ROVER = 0;
export const INSTRUMENT = 1;

/** The ends of `count` lines: `line` is the first board's end of a line, `count + line` the second's. */
export class Joints {
  constructor(count) {
    this.count = count;
    this.mend();
  }

  /** Every line leads from its one end to its other, and nowhere else. */
  mend() {
    this.cut = new Set();
    this.farEnd = Array.from({ length: this.count }, (_, line) => line);
    this.shorts = [];
  }

  open(line) {
    this.cut.add(line);
  }

  /** The far ends of two lines are soldered the wrong way round. */
  swap(one, other) {
    const { farEnd } = this;
    [farEnd[one], farEnd[other]] = [farEnd[other], farEnd[one]];
  }

  short(one, other) {
    this.shorts.push([one, other]);
  }

  /** The ends that are joined, in groups. */
  groups() {
    const { count } = this;
    const group = Array.from({ length: 2 * count }, (_, end) => end);
    const join = (one, other) => {
      const [kept, gone] = [group[one], group[other]];
      group.forEach((each, end) => {
        if (each === gone) {
          group[end] = kept;
        }
      });
    };
    for (let line = 0; line < count; line++) {
      if (!this.cut.has(line)) {
        join(line, count + this.farEnd[line]);
      }
    }
    this.shorts.forEach(([one, other]) => join(one, other));
    const ends = new Map();
    group.forEach((each, end) => ends.set(each, [...(ends.get(each) ?? []), end]));
    return [...ends.values()];
  }
}
