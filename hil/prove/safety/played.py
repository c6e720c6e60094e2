"""When the detector had to see it, told from outside: as truth.py, on what the gates and encoders were played.

Where the converter's frames lie is measured afterwards (frame_phase.py), give or take; its noise is not known. So the
detector runs on several boards that could be this one, and there is an earliest and a latest frame: a row that counts
from the earliest is not kept by a board that a rig with insight would fail.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hil.prove.safety.detector_beside import Taken, first_that_raises
from hil.prove.safety.stage import VSYS_MV, Stage
from hil.rigs.rig import SAMPLE_NS, TICK_NS
from hil.rigs.spread import ADC_NOISE_LSB
from sapper.hardware.frame import FRAME_SAMPLES, INPUTS, RING_SAMPLES, SAMPLES, average
from sapper.shared.pins import ADC_FULL_SCALE_MV, TEMP_27C_UV, VSYS_DIVIDER

# Of a frame's place: what measuring it and playing to it leave open. 0.1 ms of the ramp, 0.25 of the steps that a bench
# plays, and two crystals, 60 ppm apart, for 2.5 s in between.
_OFF_NS = (-500_000, 0, 500_000)
# Apart by so much at most by the frames' place alone, or by when encoders are looked at. Beyond it noise decides, and a
# board may be like none of these: one frame earlier is allowed for.
_BY_PLACE_NS = TICK_NS + 2_000_000
_BOARDS = 4  # of each place, the noise of each its own
# The core wakes for a tick so long before the first change of a duty in it, give or take: on the virtual Pico 1.37 to
# 1.57 ms, a miss of the flash cache at 48 or 70.
_WAKES_NS = 1_450_000
_WAKES_OFF_NS = (-250_000, 0, 250_000)
_WHOLE_LATE_NS = 2_000_000  # a frame is whole just before its tick's start: where these say later, that is their error
_FIXED_MV = (0.0, 0.0, 0.0, VSYS_MV / VSYS_DIVIDER, TEMP_27C_UV / 1000)
_GATES = 3


class Window(NamedTuple):
    """The first samples of the earliest and of the latest frame that it may have been."""

    earliest_ns: int
    latest_ns: int


def known(stage: Stage) -> bool:
    """Whether the stage still knows all that the board has been played since it started."""
    return stage.started_ns >= stage.known_from_ns


def window_of(stage: Stage, frame_ns: int, duty_ns: int, from_ns: int, until_ns: int, what: int) -> Window | None:
    """When the frame began, after from_ns less a frame, with which the detector has to raise `what` (truth.py); None
    when, on some board that this one could be, it does not before until_ns. frame_ns, duty_ns: where in a tick's time
    frames begin and duties change."""
    starts = []
    for off_ns in _OFF_NS:
        for board in range(_BOARDS):
            for start in _frames_of(stage, frame_ns + off_ns, duty_ns, from_ns, until_ns, what, board):
                if start is None:
                    return None
                starts.append(start - off_ns)
    # Which frame it was, one place tells, and another when that frame began: a find near a frame's end is seen in it at
    # one place and in the next frame at the place before.
    earliest, latest = min(starts) + _OFF_NS[0], max(starts) + _OFF_NS[-1]
    if latest - earliest > _BY_PLACE_NS:
        earliest -= TICK_NS
    return Window(earliest, latest)


def _frames_of(
    stage: Stage, frame_ns: int, duty_ns: int, from_ns: int, until_ns: int, what: int, board: int
) -> Iterator[int | None]:
    """For each of _WAKES_OFF_NS the frame's first sample."""
    began_ns = next((t for t, duty in stage.timeline.pulses if t >= stage.started_ns and duty), stage.started_ns)
    armed_ns = next((t for t, level in reversed(stage.timeline.enable) if level == 1), began_ns)
    first_ns = began_ns + (frame_ns - began_ns) % TICK_NS
    starts = np.arange(first_ns, until_ns - TICK_NS, TICK_NS)
    frames = _means(stage, starts, np.random.default_rng(board), float(np.linspace(*ADC_NOISE_LSB, _BOARDS)[board]))
    taken = [
        Taken(start, tick_of(start + TICK_NS, duty_ns), means)
        for start, means in zip(starts.tolist(), frames, strict=True)
    ]
    for off_ns in _WAKES_OFF_NS:
        found = first_that_raises(stage, taken, began_ns, armed_ns, from_ns, what, off_ns)
        yield None if found is None else found[0]


def tick_of(whole_ns: int, duty_ns: int) -> int:
    """When the core wakes for the tick that takes a frame that is whole then. duty_ns: where in a tick's time duties
    change."""
    earliest_ns = whole_ns - _WHOLE_LATE_NS
    return earliest_ns + (duty_ns - _WAKES_NS - earliest_ns) % TICK_NS


def _means(
    stage: Stage, starts_ns: NDArray[np.int64], random: np.random.Generator, noise_lsb: float
) -> list[array[int]]:
    """The frames that a converter with this noise makes of what was played, as the board's averaging makes them."""
    codes = np.empty((len(starts_ns), SAMPLES, INPUTS))
    for channel in range(INPUTS):
        times = starts_ns[:, None] + (np.arange(SAMPLES) * INPUTS + channel) * SAMPLE_NS
        if channel < _GATES:
            volts = stage.gates.played[channel].at(times.ravel().astype(np.float64)).reshape(times.shape)
        else:
            volts = np.full(times.shape, _FIXED_MV[channel])
        codes[:, :, channel] = volts * 4096 / ADC_FULL_SCALE_MV
    codes += noise_lsb * random.standard_normal(codes.shape)
    whole = np.clip(np.floor(codes), 0, 4095).astype(np.uint16).reshape(len(starts_ns), FRAME_SAMPLES)
    ring = array("H", bytes(2 * RING_SAMPLES))
    out = []
    for row in whole:
        ring[:FRAME_SAMPLES] = array("H", row.tolist())
        frame = array("i", [0] * INPUTS)
        average(ring, 0, frame)
        out.append(frame)
    return out
