"""How the coil comes along a lane: steadily, in stops and starts, creeping, or backwards over where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP_S = 0.01
# A tracked rover of some 30 kg on loose ground: firmware's own ramps are of this size.
ACCELERATION_M_S2 = 0.6
_STEPS_MAX = 120_000


@dataclass(frozen=True)
class Leg:
    """A piece of the way: at this speed (negative: backwards) until the coil is at `until_m`, or for `seconds`."""

    speed_m_s: float
    until_m: float = 0.0
    seconds: float = 0.0


def steady(speed_m_s: float, ripple: float, wave: float, phase: float, times_s: Array) -> Array:
    """Places (m,) at times (m,) of a speed that swings a little about its mean, as a velocity loop's does."""
    swing = np.sin(wave * times_s + phase) - np.sin(phase)
    return np.asarray(speed_m_s * times_s + speed_m_s * ripple / wave * swing)


def places_m(legs: Sequence[Leg]) -> Array:
    """The coil's place every STEP_S, from 0 on, rolling at the first leg's speed. Where a leg ends at a place the next
    begins at it, at what speed there is. ValueError for legs that never end."""
    place, speed = 0.0, legs[0].speed_m_s
    out = [place]
    most = ACCELERATION_M_S2 * STEP_S
    for leg in legs:
        left = round(leg.seconds / STEP_S)
        while left > 0 or (not leg.seconds and (leg.until_m - place) * leg.speed_m_s > 0):
            speed += float(np.clip(leg.speed_m_s - speed, -most, most))
            place += speed * STEP_S
            out.append(place)
            left -= 1
            if len(out) > _STEPS_MAX:
                raise ValueError(f"{leg} does not end")
    return np.array(out)
