"""How fast the sil rig is: emulated seconds for a second of one core, over a lane replayed.

`python -m hil.prove.benchmarks.sil_speed` prints them.

CPU time of both processes, start and boot among it, so that a busy machine does not change the figure.
"""

from __future__ import annotations

import resource
import sys

from hil.play.replay import replay
from hil.prove.benchmarks.row import Row, at_least
from hil.traces.synthetic import synthetic_trace

_LENGTH_M, _SPEED_M_S, _TARGETS_M = 20.0, 0.33, (3.0, 7.0, 11.0, 15.0, 18.0)


def _cpu_s(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def measure() -> tuple[float, float, float]:
    """Emulated seconds of a lane of 20 m, and the CPU seconds that Python and MicroPython took for it."""
    trace = synthetic_trace("speed", _LENGTH_M, _SPEED_M_S, _TARGETS_M)
    before = _cpu_s(resource.RUSAGE_SELF), _cpu_s(resource.RUSAGE_CHILDREN)
    result = replay(trace, "sil", "mark")
    return (
        float(result["duration_s"]),
        _cpu_s(resource.RUSAGE_SELF) - before[0],
        _cpu_s(resource.RUSAGE_CHILDREN) - before[1],
    )


def rows() -> list[Row]:
    """The figure as `make bench` tells it."""
    seconds, python_s, micropython_s = measure()
    return [
        Row(
            "sil rig: emulated / CPU seconds, one core", seconds / (python_s + micropython_s), "", at_least("SIL_SPEED")
        )
    ]


def main() -> int:
    """Print the figures."""
    measure()  # imports and caches
    seconds, python_s, micropython_s = measure()
    print(f"{seconds:.1f} s emulated: Python {python_s:.2f} s, MicroPython {micropython_s:.2f} s of CPU")
    print(f"{seconds / (python_s + micropython_s):.0f} x real time on one core")
    return 0


if __name__ == "__main__":
    sys.exit(main())
