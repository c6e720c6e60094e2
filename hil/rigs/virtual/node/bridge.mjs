// The process that Python starts: takes requests from standard input, answers on standard output, and ends when
// its input does, or its parent. Its argument says what is in it: one board, or a pair of them.

import fs from 'node:fs';
import { Board } from './board.mjs';
import { leaveOut } from './cpu/charges.mjs';
import { Pair } from './pair.mjs';
import * as protocol from './protocol.mjs';

const SLICE_NANOS = 20e6; // between looks at whether anybody still wants the result

const parent = process.ppid;
// Ctrl-C in a terminal goes to the whole group: Python decides what it means.
process.on('SIGINT', () => {});
for (const name of ['log', 'debug', 'info', 'warn', 'error']) {
  console[name] = (...args) => fs.writeSync(2, `${args.join(' ')}\n`);
}

function loadBootrom(path) {
  const file = fs.readFileSync(path);
  return new Uint32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
}

function endIfOrphaned() {
  if (process.ppid !== parent) {
    process.exit(1);
  }
}

/** Runs in slices, so that an orphan ends soon; stops early when the power goes. */
function run(board, worldNanos) {
  const { machine } = board;
  const untilNanos = board.toBoard(worldNanos);
  const wasPowered = machine.powered;
  while (machine.now < untilNanos) {
    machine.run(Math.min(untilNanos, machine.now + SLICE_NANOS));
    endIfOrphaned();
    if (wasPowered && !machine.powered) {
      return;
    }
  }
  board.reachedNanos = worldNanos;
}

/** A process with one board, which the requests are for. */
class Alone {
  constructor(options) {
    this.boards = [new Board(options, { passTime: run, passSteps: ({ machine }, count) => machine.step(count) })];
  }

  answer(request) {
    const [board] = this.boards;
    const reader = new protocol.Reader(request);
    try {
      while (reader.more) {
        board.execute(reader);
      }
    } catch (error) {
      board.fail(error);
    }
    return board.answer();
  }
}

const options = JSON.parse(process.argv[2]);
if (options.chargesLeftOut) {
  leaveOut();
}
options.bootrom = loadBootrom(options.bootrom);
const held = options.pair ? new Pair(options, endIfOrphaned) : new Alone(options);
for (let request = protocol.readFrame(); request !== null; request = protocol.readFrame()) {
  protocol.writeFrame(held.answer(request));
}
for (const board of held.boards) {
  board?.codeCache?.save();
}
process.exit(0);
