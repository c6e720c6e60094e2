"""When the detector had to see it: the firmware's own detector arithmetic, run here on the converter's codes.

What the running image says, does or delays has no part in it, nor what it makes of the codes. Of the board it takes
what its hardware shows: what the converter gave since it began its round robin, and when; when the core wakes for a
tick; and MOTOR_EN's rise, which is when arming makes the detector begin anew.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np

from hil.prove.safety.detector_beside import Taken, first_that_raises
from hil.prove.safety.stage import Stage
from hil.rigs.capabilities import insight_of
from hil.rigs.ports import Converted
from hil.rigs.rig import TICK_NS
from sapper.detector.detector import FLAG_ALERT, FLAG_FAULT
from sapper.hardware.frame import FRAME_SAMPLES, INPUTS, RING_SAMPLES, average

# What is looked for: the frame that raises the alert, or the detector's fault.
SEEN, BLIND = FLAG_ALERT, FLAG_FAULT
_ROUNDED_NS = 1  # times of the rig are whole ns
_TICK_FOUND_NS = 40_000  # a tick's start is found in steps of 20 us (ticks.py), and may be told so much early
# When a tick looks at its encoders is known to so much. An edge in between counts in this tick or in the next, and may
# move the end of a bin of the detector's ground by a frame, or the alert by a bin, so there may be two such frames.
SENSED_OFF_NS = (-40_000, 0, 40_000)


@dataclass(frozen=True)
class Frame:
    """A frame that the detector had to act upon: its first sample's time, and the statistic as of it."""

    start_ns: int
    statistic: int


def known(stage: Stage) -> bool:
    """Whether the stage still knows all that the board has sampled since its converter began."""
    since = stage.rig.adc.running_since_ns
    return since is not None and since >= stage.known_from_ns


def frames_of(stage: Stage, tick_ns: int, from_ns: int, what: int) -> list[Frame | None]:
    """For each of SENSED_OFF_NS the frame, begun after from_ns less a frame, with which the detector has to raise
    `what` (SEEN, BLIND); None where it does not until now. tick_ns: the start of any tick.

    A stage that is not `known`, or has converted for longer than is kept, has no answer: ValueError.
    """
    since = stage.rig.adc.running_since_ns
    if since is None or not known(stage):
        raise ValueError("the stage does not know all that the board has sampled")
    armed_ns = next((t for t, level in reversed(stage.timeline.enable) if level == 1), since)
    taken = insight_of(stage.rig).conversions(since - _ROUNDED_NS)
    if not len(taken.times_ns) or taken.times_ns[0] > since + _ROUNDED_NS:
        raise ValueError("what the converter gave first is no longer kept")
    # The board's time, by its crystal, is not the world's: these are the world's.
    starts_ns = np.rint(taken.times_ns[::FRAME_SAMPLES]).astype(np.int64)
    # The core wakes as a frame is whole; a tick that was found a little before that is no tick of the frame before.
    phase = tick_ns - int(starts_ns[np.searchsorted(starts_ns, tick_ns + _TICK_FOUND_NS, side="right") - 1])
    frames = [
        Taken(int(starts_ns[number]), int(starts_ns[number]) + TICK_NS + phase, means)
        for number, means in enumerate(_frames(taken))
    ]
    # Counts since its start: a board begins its counts anew, the stage does not; the tracks stand then.
    found = (first_that_raises(stage, frames, since, armed_ns, from_ns, what, off_ns) for off_ns in SENSED_OFF_NS)
    return [None if each is None else Frame(*each) for each in found]


def _frames(taken: Converted) -> list[array[int]]:
    """Every whole frame of these conversions, as the board's averaging makes it."""
    out = []
    ring = array("H", bytes(2 * RING_SAMPLES))
    for first in range(0, len(taken.codes) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        ring[:FRAME_SAMPLES] = array("H", taken.codes[first : first + FRAME_SAMPLES].tolist())
        frame = array("i", [0] * INPUTS)
        average(ring, 0, frame)
        out.append(frame)
    return out
