// The lines of voltages from the converter beside the instrument to the rover's ADC: no current flows, so an input has what
// its line's source has; the mean of several; nothing, by its pull-down, without one.

export class GateLines {
  /**
   * `joints`: of as many lines, the first board's ends inputs, the second's outputs. `put(input, times, millivolts)`: an
   * input has these from these times of the world's on.
   */
  constructor(joints, put) {
    this.joints = joints;
    this.put = put;
    this.outputs = new Array(joints.count).fill(0); // mV
    this.rewire(null);
  }

  /** Lines lead elsewhere from then on; null: before anything was played. */
  rewire(worldNanos) {
    const { count } = this.joints;
    this.sources = new Array(count).fill([]); // by input: outputs that it is joined to
    for (const ends of this.joints.groups()) {
      const outputs = ends.filter((end) => end >= count).map((end) => end - count);
      ends.filter((end) => end < count).forEach((input) => void (this.sources[input] = outputs));
    }
    if (worldNanos !== null) {
      this.sources.forEach((_, input) => this.put(input, [worldNanos], [this.millivolts(input)]));
    }
  }

  /** An output of the converter begins then to go to another voltage: `course` is [how long after, how far] on its way. */
  move(output, worldNanos, millivolts, course) {
    const from = this.outputs[output];
    const times = course.map(([nanos]) => worldNanos + nanos);
    const onItsWay = course.map(([, share]) => from + (millivolts - from) * share);
    this.sources.forEach((outputs, input) => {
      if (outputs.includes(output)) {
        this.put(input, times, onItsWay.map((each) => this.meanOf(outputs, output, each)));
      }
    });
    this.outputs[output] = millivolts;
  }

  /** Of several, one of them at that voltage. */
  meanOf(outputs, one, millivolts) {
    const sum = outputs.reduce((total, output) => total + (output === one ? millivolts : this.outputs[output]), 0);
    return sum / outputs.length;
  }

  millivolts(input) {
    const outputs = this.sources[input];
    return outputs.length === 0 ? 0 : this.meanOf(outputs, outputs[0], this.outputs[outputs[0]]);
  }
}
