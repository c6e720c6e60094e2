"""How fast the sil rig is: emulated seconds for a second of one core, over a lane replayed.

`python -m hil.prove.benchmarks.sil_speed` prints them; --hogs: with two processes beside it that go through memory all
the time, which may change the figure by a fifth.

CPU time of both processes, start and boot among it, against that of a calibration loop in between: what else the
machine does does not change the figure.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hil.play.replay import replay
from hil.prove.benchmarks.calibration import SIL, Calibration, Speed
from hil.prove.benchmarks.row import Row, at_least
from hil.traces.synthetic import synthetic_trace
from sapper_host import processes

_LENGTH_M, _SPEED_M_S, _TARGETS_M = 20.0, 0.33, (3.0, 7.0, 11.0, 15.0, 18.0)
_LANES = 5
_TOLERANCE = 0.2
_HOG = "a = bytearray(1 << 24)\nwhile True:\n    a[::64] = bytes(1 << 18)"


def measure(lanes: int = _LANES) -> Speed:
    """Lanes of 20 m replayed, one after the other, and bursts of the loop all along."""
    trace = synthetic_trace("speed", _LENGTH_M, _SPEED_M_S, _TARGETS_M)
    replay(trace, "sil", "mark")  # imports and caches
    emulated_s = 0.0
    with Calibration(SIL) as calibration:
        for _ in range(lanes):
            emulated_s += float(replay(trace, "sil", "mark", progress=calibration.look)["duration_s"])
        return calibration.speed(emulated_s)


def rows() -> list[Row]:
    """The figure as `make bench` tells it."""
    speed = measure()
    return [Row("sil rig: emulated / CPU seconds", speed.there, "", at_least("SIL_SPEED"), note=speed.note)]


@contextmanager
def _hogs() -> Iterator[None]:
    running = [processes.start([sys.executable, "-c", _HOG]) for _ in range(2)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def _tell(speed: Speed) -> None:
    print(f"{speed.emulated_s:.1f} s emulated: Python {speed.own_s:.2f} s, MicroPython {speed.others_s:.2f} s of CPU")
    print(f"{speed.there:.0f} x real time on one core of the reference machine; {speed.note}")


def main() -> int:
    """Print the figures. Exit status 3 when hogs change them by more than they may."""
    parser = argparse.ArgumentParser(prog="hil.prove.benchmarks.sil_speed", description=__doc__)
    parser.add_argument("--hogs", action="store_true", help="measure once more beside two processes that do much")
    hogs = parser.parse_args().hogs
    quiet = measure()
    _tell(quiet)
    if not hogs:
        return 0
    with _hogs():
        beside = measure()
    _tell(beside)
    change = beside.there / quiet.there - 1
    print(f"beside hogs {change:+.0%} (at most {_TOLERANCE:.0%})")
    return 0 if abs(change) <= _TOLERANCE else 3


if __name__ == "__main__":
    sys.exit(main())
