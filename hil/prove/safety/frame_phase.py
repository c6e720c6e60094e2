"""Where the board's frames begin, told from outside: the mean of a frame on a known ramp tells when the frame was.

So it rests on what was played and what the converter made of it, not on any time that the board tells. By how much
converter and player are off, two levels tell, held before and after the ramp; what is left of it makes a rise early and
a fall late.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hil.play.operator import OperatorError
from hil.prove.safety.stage import Stage
from hil.rigs.rig import NS_PER_MS, SAMPLE_NS, TICK_NS
from sapper.hardware.frame import INPUTS, SAMPLES
from sapper.shared.pins import ADC_FULL_SCALE_MV
from sapper.shared.wire import MESSAGES

# Codes 512, 1536, 2560 and 3584 are wider than others (RP2040-E11); between 1238 and 2062 mV there are none, so a line
# is all that the converter is off by.
_GATE = 2
_FROM_MV, _TO_MV = 1300.0, 2000.0
_FLANK_NS = 200 * NS_PER_MS  # a whole number of frames
_FLANKS = 7  # up, down, ... up
_LEVEL_NS = 300 * NS_PER_MS
_LEVEL_FRAMES = slice(2, 5)  # of those told: the first may be of before
_LEVEL_OFF_MV = 2.0  # of frames on the same level; four deviations of a converter's noise
# An input is sampled every 500 us, each time at the same place in a step as long as that: its 20 samples would tell no
# more than the step that they are in, which leaves a quarter of a millisecond either way.
_STEP_NS = 100_000
_SLOPE = (_TO_MV - _FROM_MV) / _FLANK_NS
_EVERY_NS = next(1_000_000_000 // hertz for _, name, hertz, _ in MESSAGES if name == "DETECT")
_APART_MV = _SLOPE * _EVERY_NS  # two frames on the same flank
_APART_OFF_MV = 6.0  # a frame later it would be 35
_MARGIN_MV = 25.0  # at a flank's ends: a frame there, 35 mV of it, may hold some of two flanks
MV_PER_UNIT = ADC_FULL_SCALE_MV / 65536  # of a frame's mean as it is told
_FRAMES_LEAST = 10
_OFF_MOST_NS = 500_000  # any of these frames from where all of them say


def measure_ns(stage: Stage) -> int:
    """When a frame begins, modulo a frame: of the frames told in the next two seconds, to 0.1 ms where the rig plays
    steps as short as these, else to half of the steps that it plays.

    The board has telemetry on. Gate 2 is taken for it, until `Stage.clear`: the row has been measured. OperatorError
    when it tells too few frames, or such as no ramp explains.
    """
    up = _FROM_MV + _SLOPE * _STEP_NS * (np.arange(_FLANK_NS // _STEP_NS) + 0.5)
    level = np.ones(_LEVEL_NS // _STEP_NS)
    flanks = [up if number % 2 == 0 else up[::-1] for number in range(_FLANKS)]
    ramp_ns = stage.now_ns + _LEVEL_NS
    heard = len(stage.operator.heard.frames)
    stage.gates.trace(_GATE, stage.now_ns, _STEP_NS, np.concatenate((_FROM_MV * level, *flanks, _TO_MV * level)))
    stage.look(2 * _LEVEL_NS + _FLANKS * _FLANK_NS)
    frames = [frame for frame in stage.operator.heard.frames[heard:] if frame.name == "DETECT"]
    values = [frame.fields[f"gate{_GATE}"] * MV_PER_UNIT for frame in frames]
    pairs = [(after, after - before) for before, after in pairwise(values)]
    if len(values) < _FRAMES_LEAST:
        raise OperatorError(f"the board told {len(values)} frames, of some 40; is its telemetry on?")
    low, high = _levels(values)
    per_mv = (high - low) / (_TO_MV - _FROM_MV)
    told = [(_FROM_MV + (mv - low) / per_mv, moved / per_mv) for mv, moved in pairs]
    chosen = [
        (mv, 1 if moved > 0 else -1)
        for mv, moved in told
        if abs(abs(moved) - _APART_MV) < _APART_OFF_MV and _FROM_MV + _MARGIN_MV < mv < _TO_MV - _MARGIN_MV
    ]
    if len(chosen) < _FRAMES_LEAST or len({way for _, way in chosen}) < 2:
        raise OperatorError(f"{len(chosen)} frames of those told lie on a ramp; {_FRAMES_LEAST} are wanted, both ways")
    mv, way = np.array(chosen, dtype=np.float64).T
    return _phase_ns(ramp_ns, mv, way)


def _levels(values: list[float]) -> tuple[float, float]:
    """What the board told of the level before the ramp, and of the one after it."""
    low, high = values[_LEVEL_FRAMES], values[-3:]
    if max(np.ptp(low), np.ptp(high)) > _LEVEL_OFF_MV or np.mean(high) - np.mean(low) < (_TO_MV - _FROM_MV) / 2:
        raise OperatorError("the board's frames show no level before a ramp and another after it")
    return float(np.mean(low)), float(np.mean(high))


def _phase_ns(start_ns: int, mv: NDArray[np.float64], way: NDArray[np.float64]) -> int:
    """From the means of frames on a ramp that began then, and the way it went there."""
    middle_ns = ((SAMPLES - 1) / 2 * INPUTS + _GATE) * SAMPLE_NS
    begin = start_ns % TICK_NS + np.where(way > 0, mv - _FROM_MV, _TO_MV - mv) / _SLOPE - middle_ns
    up, down = (_mean_ns(begin[way == each]) for each in (1, -1))
    off = float(_near(up - down)) / 2
    phase = up - off
    if np.abs(_near(begin - phase - way * off)).max() > _OFF_MOST_NS:
        raise OperatorError("the frames that the board told are not of the ramp that was played")
    return round(phase) % TICK_NS


def _mean_ns(times: NDArray[np.float64]) -> float:
    """Of times modulo a frame."""
    return float(np.angle(np.exp(2j * np.pi * times / TICK_NS).mean()) / (2 * np.pi) * TICK_NS)


def _near(times: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Times modulo a frame, as those next to 0."""
    return (np.asarray(times, dtype=np.float64) + TICK_NS / 2) % TICK_NS - TICK_NS / 2
