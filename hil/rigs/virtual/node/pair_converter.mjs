// The converter beside the instrument, on two of its pins, with the instrument's power: its outputs move on their lines as
// the bus has told it to, and its own two lines can be broken.

import { I2cBus } from './outside/i2c_bus.mjs';
import { Mcp4728, SETTLING_NANOS } from './outside/mcp4728.mjs';

// How an output goes where it goes: by a first order's course, there when the data sheet says that it has settled.
const COURSE = [
  [0.1 * SETTLING_NANOS, 0.6],
  [0.3 * SETTLING_NANOS, 0.94],
  [SETTLING_NANOS, 1],
];
const AT_ONCE = [[0, 1]];
export const [SDA, SCL] = ['DAC_SDA', 'DAC_SCL'];
// Swapped, neither end hears the other; touching, neither line rises while the other is low: the bus hangs.
const FAULTS = {
  open: { [SDA]: ['sdaOpen'], [SCL]: ['sclOpen'] },
  swap: { [SDA]: ['swapped'] },
  short: { [SDA]: ['sdaLow', 'sclLow'] },
};

export class PairConverter {
  /** `board`: the instrument's; `move(output, worldNanos, millivolts, course)`. */
  constructor(board, { sda, scl, address }, random, move) {
    this.board = board;
    this.move = move;
    this.bus = new I2cBus(board.machine, sda, scl);
    this.powered = false;
    const show = (output, nanos, millivolts) => {
      if (this.powered) {
        move(output, board.toWorld(nanos), millivolts, COURSE);
      }
    };
    this.converter = new Mcp4728(random, show, { nanos: board.machine.now });
    this.bus.attach(address, this.converter);
  }

  /** The instrument's supply has come or gone, if it has. */
  lookAtPower() {
    const { converter, board, powered } = this;
    if (board.machine.powered === powered) {
      return;
    }
    this.powered = !powered;
    converter.shownMv.fill(0);
    if (this.powered) {
      converter.powerUp(board.machine.now);
    } else {
      converter.end();
      converter.shownMv.forEach((_, output) => this.move(output, board.worldNanos, 0, AT_ONCE));
    }
  }

  /** As Pair.lineFault, of its two lines. */
  fault(kind, names) {
    if (kind === 'mend') {
      [...this.bus.faults].forEach((name) => this.bus.setFault(name, false));
    } else {
      FAULTS[kind][kind === 'open' ? names[0] : SDA].forEach((name) => this.bus.setFault(name, true));
    }
  }
}
