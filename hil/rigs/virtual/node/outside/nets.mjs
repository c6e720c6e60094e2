// The digital lines between two boards: 330 ohm before every driver, one pull-down of 100 kilohm at the end that listens.
// What each end does travels to the other board (pair.mjs), so each has its own view of all ends, at its own time.

import { INSTRUMENT, ROVER } from './joints.mjs';
import { PULLS_DOWN, PULLS_UP, RELEASED, UNPOWERED } from './wires.mjs';

// Between these a level is nobody's (RP2040 datasheet 5.5.3.4, at 3.3 V); equal drivers against each other meet there.
const SUPPLY_MV = 3300;
const LOW_MOST_MV = 800;
const HIGH_LEAST_MV = 2000;
// An input there turns as its noise has it: after a time between these.
const NOISE_NANOS = [500, 20_000];
const CHIP_PULL_KOHM = 60; // 50 to 80 (5.5.3.4)
const LINE_PULL_KOHM = 100;
const NOISE = 3;

const isDriver = (end) => end <= 1;

/** One set of joined ends. */
class Net {
  constructor(ends, mine, pullDowns) {
    this.ends = ends;
    this.mine = mine; // those of the side whose view it is
    this.pullDowns = pullDowns;
    this.fightsSince = -1; // when drivers began to be against each other
  }
}

export class View {
  /**
   * `side`: whose it is; `lines`: {pulledAt: the side that listens}; `show(line, level)`: this side's end of the line has
   * that level now, or nothing (RELEASED), while it does not drive it; `apart(line, 0 or 1)`: whether it is the only end of
   * the line on this side, and none on the other drives it.
   */
  constructor(side, lines, clock, random, show, apart) {
    this.side = side;
    this.lines = lines;
    this.clock = clock;
    this.random = random;
    this.show = show;
    this.apart = apart;
    this.does = new Uint8Array(2 * lines.length).fill(UNPOWERED); // what each end does
    this.fights = lines.map(() => ({ times: 0, nanos: 0 })); // by line: its drivers against others
    this.noisy = new Map(); // lines of this side whose level is nobody's -> that at present
    this.noiseAlarm = clock.createAlarm(() => this.rustle());
    this.first = side * lines.length; // its own ends are from here on
    this.count = new Int32Array(UNPOWERED + 1); // ends of a net, by what they do
    this.nets = [];
    this.netOf = [];
  }

  /** Ends are joined so from now on. */
  rewire(groups) {
    const { lines } = this;
    this.nets.forEach((net) => this.fightIs(net, false));
    this.nets = groups.map((ends) => {
      const pullDowns = ends.filter((end) => this.sideOf(end) === lines[end % lines.length].pulledAt).length;
      const mine = ends.filter((end) => this.sideOf(end) === this.side);
      return new Net(ends, mine, pullDowns);
    });
    this.nets.forEach((net) => net.ends.forEach((end) => void (this.netOf[end] = net)));
    this.nets.forEach((net) => this.settle(net));
    this.nets.forEach((net) => this.lookWhoDrives(net));
  }

  sideOf(end) {
    return end < this.lines.length ? ROVER : INSTRUMENT;
  }

  /** An end does something else now. */
  endIs(end, does) {
    const other = this.sideOf(end) !== this.side && isDriver(does) !== isDriver(this.does[end]);
    this.does[end] = does;
    this.settle(this.netOf[end]);
    if (other) {
      this.lookWhoDrives(this.netOf[end]);
    }
  }

  lookWhoDrives({ ends, mine }) {
    const others = ends.filter((end) => this.sideOf(end) !== this.side && isDriver(this.does[end]));
    mine.forEach((end) => this.apart(end - this.first, mine.length === 1 && others.length === 0 ? 1 : 0));
  }

  settle(net) {
    const { does, first, noisy } = this;
    const level = this.levelOf(net);
    for (const end of net.mine) {
      const line = end - first;
      if (noisy.size > 0) {
        noisy.delete(line);
      }
      if (isDriver(does[end])) {
        continue;
      }
      if (level === NOISE) {
        this.makeNoise(line);
      } else {
        this.show(line, level);
      }
    }
  }

  /** What ends that do not drive have: a level, RELEASED for nothing at all, or NOISE. */
  levelOf(net) {
    const { does, count } = this;
    count.fill(0);
    for (const end of net.ends) {
      count[does[end]]++;
    }
    const low = count[0];
    const high = count[1];
    this.fightIs(net, low > 0 && high > 0);
    if (low + high > 0) {
      const millivolts = (SUPPLY_MV * high) / (low + high);
      return millivolts >= HIGH_LEAST_MV ? 1 : millivolts <= LOW_MOST_MV ? 0 : NOISE;
    }
    const up = count[PULLS_UP] / CHIP_PULL_KOHM;
    const down = count[PULLS_DOWN] / CHIP_PULL_KOHM + net.pullDowns / LINE_PULL_KOHM;
    if (count[UNPOWERED] > 0 || down > up) {
      return 0;
    }
    return up > 0 ? 1 : RELEASED;
  }

  fightIs(net, on) {
    const { does, lines, clock } = this;
    if (on === net.fightsSince >= 0) {
      return;
    }
    const fighting = new Set(net.ends.filter((end) => isDriver(does[end])).map((end) => end % lines.length));
    if (on) {
      net.fightsSince = clock.nanos;
      net.fighting = fighting;
      fighting.forEach((line) => this.fights[line].times++);
    } else {
      net.fighting.forEach((line) => void (this.fights[line].nanos += clock.nanos - net.fightsSince));
      net.fightsSince = -1;
    }
  }

  /** By line: how often, and for how long, its drivers have been against others. */
  fightsSoFar() {
    const under = (line) => this.nets.find((net) => net.fightsSince >= 0 && net.fighting.has(line));
    return this.fights.map(({ times, nanos }, line) => {
      const net = under(line);
      return { times, nanos: net === undefined ? nanos : nanos + this.clock.nanos - net.fightsSince };
    });
  }

  makeNoise(line) {
    const level = this.random.uint32() & 1;
    this.noisy.set(line, level);
    this.show(line, level);
    if (!this.noiseAlarm.scheduled) {
      this.planNoise();
    }
  }

  planNoise() {
    const [least, most] = NOISE_NANOS;
    this.noiseAlarm.schedule(least + (most - least) * this.random.uniform());
  }

  rustle() {
    for (const line of this.noisy.keys()) {
      const level = this.random.uint32() & 1;
      this.noisy.set(line, level);
      this.show(line, level);
    }
    if (this.noisy.size > 0) {
      this.planNoise();
    }
  }
}
