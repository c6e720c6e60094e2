"""When the detector had to see it: the firmware's own detector arithmetic, run here on the samples the stage gave.

What the running image says, does or delays has no part in it. Of the board it takes what its hardware shows: when the
converter began its round robin, when the core wakes for a tick, and MOTOR_EN's rise, which is when arming makes the
detector begin anew.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np

from hil.prove.safety.gates import GATES_MV
from hil.prove.safety.stage import Stage
from hil.rigs.rig import TICK_NS
from sapper.detector.detector import FLAG_ALERT, FLAG_FAULT, Detector
from sapper.drive.odometry import Odometry
from sapper.hardware.frame import FRAME_SAMPLES, INPUTS, RING_SAMPLES, SAMPLES, average
from sapper.shared.limits import TICK_MS
from sapper.shared.pins import TEMP_27C_UV, VSYS_DIVIDER
from sapper.shared.settings import Settings

# What is looked for: the frame that raises the alert, or the detector's fault.
SEEN, BLIND = FLAG_ALERT, FLAG_FAULT
_SAMPLE_NS = TICK_NS // FRAME_SAMPLES
_CONVERTED_NS = 2_000  # RP2040 datasheet 4.9: 96 clocks of 48 MHz
_CODES = 4096
_REFERENCE_MV = 3300.0
_SENSE_NS = 100_000  # from a tick's start to its look at the encoders
_TICK_FOUND_NS = 40_000  # a tick's start is found in steps of 20 us (ticks.py), and may be told so much early
_SIDES = (0, 1)


@dataclass(frozen=True)
class Frame:
    """A frame that the detector had to act upon: its first sample's time, and the statistic as of it."""

    start_ns: int
    statistic: int


def known(stage: Stage) -> bool:
    """Whether the stage still knows all that the board has sampled since its converter began."""
    since = stage.rig.adc.running_since_ns
    return since is not None and since >= stage.known_from_ns


def frame_of(stage: Stage, tick_ns: int, from_ns: int, what: int) -> Frame | None:
    """The frame, begun after from_ns less a frame, with which the detector has to raise `what` (SEEN, BLIND); None when
    it does not until now. tick_ns: the start of any tick.

    A stage that is not `known` has no answer: ValueError.
    """
    since = stage.rig.adc.running_since_ns
    if since is None or not known(stage):
        raise ValueError("the stage does not know all that the board has sampled")
    armed_ns = next((t for t, level in reversed(stage.timeline.enable) if level == 1), since)
    settings = Settings()
    detector, odometry = Detector(settings), Odometry(settings)
    frames = _frames(stage, since, stage.now_ns)
    # Since its start: a board begins its counts anew, the stage does not; the tracks stand then.
    last = [stage.tracks.wheels[side].count(since) for side in _SIDES]
    # The core wakes as a frame is whole; a tick that was found a little before that is no tick of the frame before.
    phase = (tick_ns - since + _TICK_FOUND_NS) % TICK_NS - _TICK_FOUND_NS
    began = False
    for number, frame in enumerate(frames):
        first_ns = since + number * TICK_NS
        tick = first_ns + TICK_NS + phase
        if tick > armed_ns and not began:
            began = True
            detector.reset()
        counts = [stage.tracks.wheels[side].count(tick + _SENSE_NS) for side in _SIDES]
        odometry.step(counts[0] - last[0], counts[1] - last[1])
        last = counts
        flags = detector.step(frame, (number + 1) * TICK_MS, odometry.s_mm, 0, 0)
        if flags & what and first_ns > from_ns - TICK_NS:
            return Frame(first_ns, detector.statistic)
    return None


def _frames(stage: Stage, since_ns: int, until_ns: int) -> list[array[int]]:
    """Every whole frame from since_ns on, as the board's converter and its averaging make them."""
    count = (until_ns - since_ns - _CONVERTED_NS) // TICK_NS
    codes = np.empty((count * SAMPLES, INPUTS))
    for gate in range(len(GATES_MV)):
        times = since_ns + _SAMPLE_NS * (INPUTS * np.arange(count * SAMPLES, dtype=np.int64) + gate)
        codes[:, gate] = stage.gates.seen_mv(gate, times) * _CODES / _REFERENCE_MV
    codes[:, 3] = stage.supply_mv / VSYS_DIVIDER * _CODES / _REFERENCE_MV
    codes[:, 4] = TEMP_27C_UV / 1000 * _CODES / _REFERENCE_MV
    rings = np.clip(np.floor(codes), 0, _CODES - 1).astype(np.int64).reshape(count, FRAME_SAMPLES)
    out = []
    ring = array("H", bytes(2 * RING_SAMPLES))
    for samples in rings:
        ring[:FRAME_SAMPLES] = array("H", samples.tolist())
        frame = array("i", [0] * INPUTS)
        average(ring, 0, frame)
        out.append(frame)
    return out
