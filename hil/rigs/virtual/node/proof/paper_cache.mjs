/**
 * The XIP cache as one would keep it on paper, for comparison with cpu/xip_cache.mjs, with which it shares no code: a
 * list of lines for each set, the one used last in front. See there for what counts as an access.
 */
const SETS = 1024;
const WAYS = 2;

export class PaperCache {
  constructor(missClk) {
    this.missClk = missClk;
    this.reset();
  }

  reset() {
    this.on = true;
    this.scale = 1;
    this.accesses = 0;
    this.hits = 0;
    this.fetched = -1;
    this.cleared = { accesses: 0, hits: 0 };
    this.flush();
  }

  /** Clocks until it is done: one a set. */
  flush() {
    this.sets = Array.from({ length: SETS }, () => []); // of { line, halves: Set of 0 and 1 }
    return SETS;
  }

  setBaud(divider) {
    this.scale = Math.max(2, divider) / 2;
  }

  setControl(value) {
    this.on = (value & 1) === 1;
    this.flush();
  }

  get accessCounter() {
    return this.accesses - this.cleared.accesses;
  }

  get hitCounter() {
    return this.hits - this.cleared.hits;
  }

  clearAccessCounter() {
    this.cleared.accesses = this.accesses;
  }

  clearHitCounter() {
    this.cleared.hits = this.hits;
  }

  /** Clocks that the access stalls. */
  access(address) {
    const view = Math.floor(address / 0x1000000) & 3; // cached, no allocation, no look-up, neither
    const line = Math.floor((address % 0x1000000) / 8);
    const half = Math.floor(address / 4) % 2;
    const set = this.sets[line % SETS];
    const at = set.findIndex((entry) => entry.line === line);
    this.accesses++;
    if (view < 2 && at >= 0 && set[at].halves.has(half)) {
      set.unshift(...set.splice(at, 1));
      this.hits++;
      return 0;
    }
    if (view % 2 === 0 && this.on) {
      const [entry] = at >= 0 ? set.splice(at, 1) : [{ line, halves: new Set() }];
      entry.halves.add(half);
      set.unshift(entry);
      set.length = Math.min(set.length, WAYS);
    }
    return Math.round(this.missClk * this.scale);
  }

  /** Clocks for which fetching the instruction at `pc` stalls. */
  fetch(pc, wide) {
    const first = Math.floor(pc / 4);
    const last = wide ? Math.floor((pc + 2) / 4) : first;
    if (this.fetched === last) return 0;
    let stall = 0;
    for (let word = first; word <= last; word++) if (word !== this.fetched) stall += this.access(4 * word);
    this.fetched = last;
    return stall;
  }

  /** A branch was taken, or an exception. */
  branched() {
    this.fetched = -1;
  }
}
