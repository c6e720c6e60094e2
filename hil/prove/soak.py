"""A long run of the application on the sil rig: lanes, standing, flash writes, a noisy radio, a host that reads late.

`python -m hil.prove.soak --hours 24` prints what was asked for and what came of it, writes build/soak.json, and ends
with status 1 when something fell short. The millisecond counter wraps in the middle of the run, the microsecond counter
every 18 minutes.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from hil.errors import HilError
from hil.play.operator import Operator
from hil.play.tape import Tape
from hil.rigs.rig import NS_PER_MS, NS_PER_S, TICK_NS
from hil.rigs.sil.rig import SilRig
from hil.traces.synthetic import synthetic_trace
from sapper_host import processes
from sapper_host.board.decoder import Frame
from sapper_host.files.checkout import BUILD
from sapper_host.files.place import check_file
from sapper_host.files.whole_file import write
from sapper_host.recordings.trace import Trace

_TICKS_MS_WRAP_US = (1 << 30) * 1000
_SLICE_NS = 500 * NS_PER_MS
_LENGTH_M, _SPEED_M_S = 12.0, 0.3
_TARGETS_M = (4.0, 8.5)
_TRACES = 4
_FLASH_EVERY = 10  # passes
_TICK_MS = TICK_NS // NS_PER_MS
_HEAP_WARM_UP = 2  # passes before the heap's level counts
_HEAP_DRIFT_BYTES = 2048  # over the whole run: less than a leak of three bytes a pass in 24 hours


@dataclass
class Pass:
    """One lane and what came after it. heap_free: most free bytes while standing; missed: ticks that did not happen;
    flash_ms, flash_spells: how long the flash was busy, in how many spells.
    """

    seconds: float
    contacts: int
    faults: int
    heap_free: int
    missed: int
    jitter_max_us: int
    wrote_flash: bool
    flash_ms: float = 0.0
    flash_spells: int = 0

    @property
    def missed_without_cause(self) -> int:
        """Ticks missed beyond those that fell into a spell of the flash: into one of N ms N/10, and one more."""
        return max(0, self.missed - int(self.flash_ms / _TICK_MS) - self.flash_spells)


@dataclass
class Soak:
    """The run; `passes` is what it left."""

    hours: float
    seed: int = 1
    flash_every: int = _FLASH_EVERY
    passes: list[Pass] = field(default_factory=list)
    resets: int = 0
    exceptions: list[str] = field(default_factory=list)

    def run(self, progress: Callable[[float, Pass], None]) -> None:
        """Pass after pass until the time is up."""
        chance = random.Random(self.seed)
        traces = [
            synthetic_trace(f"soak{i}", _LENGTH_M, _SPEED_M_S, _TARGETS_M, seed=self.seed + i) for i in range(_TRACES)
        ]
        until_ns = int(self.hours * 3600 * NS_PER_S)
        with SilRig(ticks_us=_TICKS_MS_WRAP_US - until_ns // 2000) as rig:
            lane = _Lane(rig, traces[0])
            lane.operator.boot()
            lane.operator.settle(0.5)
            lane.operator.must("set sweep_marks 1")
            lane.operator.must("telemetry on")
            self.exceptions = lane.exceptions
            while rig.now_ns < until_ns:
                lane.play(traces[len(self.passes) % _TRACES])
                last_of_row = len(self.passes) % self.flash_every == self.flash_every - 1
                self.passes.append(lane.one_pass(chance, last_of_row))
                self.resets = len(rig.resets)
                progress(rig.now_ns / until_ns, self.passes[-1])

    def verdict(self) -> list[dict[str, Any]]:
        """Rows of {name, value, unit, limit, ok}."""
        quiet = [p for p in self.passes if not p.wrote_flash]
        writing = [p for p in self.passes if p.wrote_flash]
        beyond = sum(p.missed_without_cause for p in writing)
        heap = [p.heap_free for p in self.passes[_HEAP_WARM_UP:]]
        lost = _drop(heap)
        finds = sum(p.contacts for p in self.passes)
        expected = len(_TARGETS_M) * len(self.passes)
        seconds = sum(p.seconds for p in self.passes)
        rows: tuple[tuple[str, float, str, float, bool], ...] = (
            ("emulated time", round(seconds / 3600, 3), "h", self.hours, seconds >= 0.99 * self.hours * 3600),
            ("lanes", len(self.passes), "", 1, len(self.passes) >= 1),
            ("finds", finds, "", expected, finds == expected),
            ("faults", sum(p.faults for p in self.passes), "", 0, not any(p.faults for p in self.passes)),
            ("ticks missed, no flash written", sum(p.missed for p in quiet), "", 0, not any(p.missed for p in quiet)),
            ("ticks missed beyond the flash's busy time", beyond, "", 0, beyond == 0),
            ("heap lost over the run", lost, "bytes", _HEAP_DRIFT_BYTES, lost <= _HEAP_DRIFT_BYTES),
            ("exceptions", len(self.exceptions), "", 0, not self.exceptions),
            ("resets", self.resets, "", 0, not self.resets),
        )
        return [dict(zip(("name", "value", "unit", "limit", "ok"), row, strict=True)) for row in rows]


class _Lane:
    """The board with its operator and the tape that is in."""

    def __init__(self, rig: SilRig, trace: Trace) -> None:
        self._rig = rig
        self._tape = Tape(rig, trace)
        self.operator = Operator(rig, self._pass_time)
        self.exceptions: list[str] = []

    def play(self, trace: Trace) -> None:
        """Another tape."""
        self._tape = Tape(self._rig, trace)

    def _pass_time(self, duration_ns: int) -> None:
        self._tape.schedule(duration_ns)
        self._rig.run(duration_ns)

    def one_pass(self, chance: random.Random, write_flash: bool) -> Pass:
        """Arm, sweep the lane, disarm; then what a day brings."""
        operator, rig = self.operator, self._rig
        start_ns, busy_ns, spells = rig.now_ns, rig.flash_busy_ns, rig.flash_spells
        operator.heard.events.clear()
        operator.heard.frames.clear()
        operator.heard.lines.clear()
        operator.settle(0.3)  # the new tape may have moved an encoder by a tick
        operator.arm()
        operator.run(operator.to_next_tick_ns())
        operator.must("sweep 1000000")
        self._tape.roll()
        while not self._tape.finished:
            operator.run(min(_SLICE_NS, self._tape.left_ns), _SLICE_NS)
        operator.must("disarm")
        operator.keep_alive(False)
        operator.must(chance.choice(("dump", "help", "log 64", "get", "status", "diff")), 5000)
        operator.settle(0.5)
        if write_flash:
            operator.must("save")
            operator.must("selftest", 5000)
        rig.uart[0].write(bytes(chance.randrange(256) for _ in range(300)))
        operator.run(5 * NS_PER_S, _SLICE_NS)
        rig.usb.reads = False
        operator.run(chance.randrange(20) * NS_PER_S + NS_PER_S, _SLICE_NS)
        rig.usb.reads = True
        operator.run(21 * NS_PER_S, _SLICE_NS)
        rig.uart[0].read()
        loops = [frame.fields for frame in operator.heard.frames if frame.name == "LOOP"]
        self.exceptions += [line for line in operator.heard.lines if "exception" in line]
        return Pass(
            seconds=(rig.now_ns - start_ns) / NS_PER_S,
            contacts=sum(event.kind == "contact" for event in operator.heard.events),
            faults=sum(event.kind == "fault" for event in operator.heard.events),
            heap_free=max(loop["heap_free"] for loop in loops[-10:]),
            missed=missed_ticks(
                [frame for frame in operator.heard.frames if frame.name == "LOOP"],
                [] if write_flash else [event.t_ms for event in operator.heard.events if event.kind == "log"],
            ),
            jitter_max_us=max(loop["jitter_max_us"] for loop in loops),
            wrote_flash=write_flash,
            flash_ms=(rig.flash_busy_ns - busy_ns) / NS_PER_MS,
            flash_spells=rig.flash_spells - spells,
        )


def missed_ticks(loops: list[Frame], saved_ms: list[int]) -> int:
    """Ticks that the board's time says should have been between LOOP frames, and were not.

    saved_ms: when the event log was written to flash, as it is after every mission; that second is left out.
    """
    missed = 0
    for before, after in pairwise(frame.fields for frame in loops):
        if not any(before["t_ms"] <= t_ms <= after["t_ms"] for t_ms in saved_ms):
            missed += round((after["t_ms"] - before["t_ms"]) / _TICK_MS) - (after["ticks"] - before["ticks"])
    return missed


def _drop(levels: list[int]) -> int:
    """By how much a straight line through the levels falls from its first to its last."""
    if len(levels) < 2:
        return 0
    slope = np.polyfit(np.arange(len(levels)), levels, 1)[0]
    return max(0, round(float(-slope) * (len(levels) - 1)))


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24.0, help="emulated hours (default 24)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=BUILD / "soak.json")
    options = parser.parse_args()
    check_file(options.out)
    began = time.monotonic()

    told = 0.0

    def progress(share: float, latest: Pass) -> None:
        """On a terminal a line that changes; into a file a new one every 5 %."""
        nonlocal told
        terminal = sys.stderr.isatty()
        if terminal or share >= told + 0.05:
            told = share
            wall_s = time.monotonic() - began
            line = f"{100 * min(share, 1):5.1f} %  {wall_s:6.0f} s  heap {latest.heap_free} B"
            print("\r" + line if terminal else line, end="" if terminal else "\n", file=sys.stderr, flush=True)

    soak = Soak(options.hours, options.seed)
    stopped: KeyboardInterrupt | processes.Ended | None = None
    try:
        soak.run(progress)
    except HilError as error:
        print(f"\nsoak: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, processes.Ended) as end:
        stopped = end  # what there is so far is told
    rows = soak.verdict()
    wall_s = time.monotonic() - began
    print(file=sys.stderr)
    for row in rows:
        print(f"{'ok  ' if row['ok'] else 'FAIL'}  {row['name']:40s} {row['value']:>12g} {row['unit']}")
    print(f"      {'wall time':40s} {wall_s:12.0f} s")
    write(options.out, json.dumps(rows, indent=1) + "\n")
    if stopped is not None:
        return processes.told(stopped)
    return 0 if all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(processes.command(main))
