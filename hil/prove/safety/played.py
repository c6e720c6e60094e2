"""When the detector had to see it, told from outside: as truth.py, on what the gates and encoders were played.

Where the converter's frames lie is measured afterwards (frame_phase.py), give or take; its noise is not known. So the
detector runs on several boards that could be this one, and there is an earliest and a latest frame: a row that counts
from the earliest is not kept by a board that a rig with insight would fail.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hil.prove.safety.detector_beside import Taken, first_that_raises
from hil.prove.safety.stage import VSYS_MV, Stage
from hil.rigs.rig import TICK_NS
from hil.rigs.spread import ADC_NOISE_LSB
from sapper.hardware.frame import FRAME_SAMPLES, INPUTS, RING_SAMPLES, SAMPLES, average
from sapper.shared.pins import ADC_FULL_SCALE_MV, TEMP_27C_UV, VSYS_DIVIDER

_OFF_NS = (-400_000, 0, 400_000)  # of a frame's place: what measuring it and playing to it leave open
# Apart by so much at most by the frames' place alone. Beyond it noise decides, and a board may be like none of these:
# one frame earlier is allowed for.
_BY_PLACE_NS = TICK_NS + 2_000_000
_BOARDS = 4  # of each place, the noise of each its own
_BEGINS_NS = 1_000_000  # a tick's start before its change of duty
_SAMPLE_NS = TICK_NS // FRAME_SAMPLES
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
            start = _frame_of(stage, frame_ns + off_ns, duty_ns, from_ns, until_ns, what, board)
            if start is None:
                return None
            starts.append(start)
    earliest, latest = min(starts), max(starts)
    if latest - earliest > _BY_PLACE_NS:
        earliest -= TICK_NS
    return Window(earliest, latest)


def _frame_of(
    stage: Stage, frame_ns: int, duty_ns: int, from_ns: int, until_ns: int, what: int, board: int
) -> int | None:
    began_ns = next((t for t, duty in stage.timeline.pulses if t >= stage.started_ns and duty), stage.started_ns)
    armed_ns = next((t for t, level in reversed(stage.timeline.enable) if level == 1), began_ns)
    first_ns = began_ns + (frame_ns - began_ns) % TICK_NS
    starts = np.arange(first_ns, until_ns - TICK_NS, TICK_NS)
    frames = _means(stage, starts, np.random.default_rng(board), float(np.linspace(*ADC_NOISE_LSB, _BOARDS)[board]))
    tick_ns = duty_ns - _BEGINS_NS
    taken = (
        Taken(start, start + TICK_NS + (tick_ns - start - TICK_NS) % TICK_NS, means)
        for start, means in zip(starts.tolist(), frames, strict=True)
    )
    found = first_that_raises(stage, taken, began_ns, armed_ns, from_ns, what)
    return None if found is None else found[0]


def _means(
    stage: Stage, starts_ns: NDArray[np.int64], random: np.random.Generator, noise_lsb: float
) -> list[array[int]]:
    """The frames that a converter with this noise makes of what was played, as the board's averaging makes them."""
    codes = np.empty((len(starts_ns), SAMPLES, INPUTS))
    for channel in range(INPUTS):
        times = starts_ns[:, None] + (np.arange(SAMPLES) * INPUTS + channel) * _SAMPLE_NS
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
