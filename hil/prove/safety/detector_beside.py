"""The firmware's own detector, run here beside a board: over frames as they were, with the counts of the tracks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hil.prove.safety.stage import Stage
from hil.rigs.rig import TICK_NS
from sapper.detector.detector import Detector
from sapper.drive.odometry import Odometry
from sapper.shared.limits import TICK_MS
from sapper.shared.settings import Settings

# From the core's waking for a tick to its look at each encoder: the timer fires 200 us before a tick is due (run.py).
# Measured on the virtual Pico in 6,000 ticks: 0.38 to 0.40 and 0.42 to 0.43 ms, a miss of the flash cache at 48 or 70.
_SENSED_NS = (390_000, 425_000)
_SIDES = (0, 1)


class Taken(NamedTuple):
    """A frame: when its first sample began, when the core woke for the tick that takes it, and its means."""

    first_ns: int
    tick_ns: int
    means: Sequence[int]


def first_that_raises(
    stage: Stage,
    frames: Iterable[Taken],
    counts_from_ns: int,
    armed_ns: int,
    from_ns: int,
    what: int,
    sensed_off_ns: int = 0,
) -> tuple[int, int] | None:
    """(first sample's time, statistic) of the frame, begun after from_ns less a frame, with which the detector raises
    one of the flags `what`; None when none does. It begins anew with the first tick after armed_ns, and the tracks'
    counts at counts_from_ns. sensed_off_ns: by so much later than usual the encoders are looked at.
    """
    settings = Settings()
    detector, odometry = Detector(settings), Odometry(settings)
    last = [stage.tracks.wheels[side].count(counts_from_ns) for side in _SIDES]
    began = False
    for number, frame in enumerate(frames):
        if frame.tick_ns > armed_ns and not began:
            began = True
            detector.reset()
        sensed_ns = frame.tick_ns + sensed_off_ns
        counts = [stage.tracks.wheels[side].count(sensed_ns + _SENSED_NS[side]) for side in _SIDES]
        odometry.step(counts[0] - last[0], counts[1] - last[1])
        last = counts
        flags = detector.step(frame.means, (number + 1) * TICK_MS, odometry.s_mm, 0, 0)
        if flags & what and frame.first_ns > from_ns - TICK_NS:
            return frame.first_ns, detector.statistic
    return None
