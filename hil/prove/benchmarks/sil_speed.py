"""How fast the sil rig is: emulated seconds for a second of one core, over a lane replayed.

`python -m hil.prove.benchmarks.sil_speed` prints them.

CPU time of both processes, start and boot among it, against that of a calibration loop in between: what else the
machine does does not change the figure.
"""

from __future__ import annotations

import sys

from hil.play.replay import replay
from hil.prove.benchmarks.calibration import SIL, Calibration, Speed
from hil.prove.benchmarks.row import Row, at_least
from hil.traces.synthetic import synthetic_trace

_LENGTH_M, _SPEED_M_S, _TARGETS_M = 20.0, 0.33, (3.0, 7.0, 11.0, 15.0, 18.0)
_LANES = 5


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


def main() -> int:
    """Print the figures."""
    speed = measure()
    print(f"{speed.emulated_s:.1f} s emulated: Python {speed.own_s:.2f} s, MicroPython {speed.others_s:.2f} s of CPU")
    print(f"{speed.there:.0f} x real time on one core of the reference machine; {speed.note}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
