"""What share of objects is found, by their size, at each speed and over each ground.

An object's size is what a filter matched to it sees of it in the instrument's noise: the bound's d (bound.py), in
sigma. It takes in how strong the object is at each gate, how wide, and how fast the coil goes. Its strength in a single
frame, what soil could do taken out, is the truth's `snr`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from hil.prove.detector_lab.found import ALERTS, CONTACTS, Found, targets_hit

Array = NDArray[np.float64]

GROUNDS = {"ladder": "nominal soil", "ladder_mineral": "mineral soil"}
SPEEDS_M_S = (0.2, 0.3, 0.4, 0.6)
BY = {"size": "size of the object, sigma", "snr": "signal-to-noise of a frame"}
_DRAWS = 200
# The grid of curves that is searched for the likeliest.
_HALVES = 200
_STEEPS = np.geomspace(0.5, 12.0, 30)


@dataclass(frozen=True)
class Object:
    """One that was passed: its size (sigma) and its snr in a frame; what became of it."""

    ground: str
    speed_m_s: float
    size: float
    snr: float
    contact: bool
    alert: bool
    chance: float


def objects(scene: str, found: Sequence[Found], false_per_m2: float) -> list[Object]:
    """Of the lanes of a ladder."""
    out = []
    for each in found:
        contacts, alerts = targets_hit(each, CONTACTS), targets_hit(each, ALERTS)
        for number, (target, known) in enumerate(zip(each.lane.truth["targets"], each.known, strict=True)):
            out.append(
                Object(
                    GROUNDS[scene],
                    float(each.lane.truth["speed_m_s"]),
                    round(known.d, 3),
                    float(target["snr"]),
                    number in contacts,
                    number in alerts,
                    round(known.chance(false_per_m2), 4),
                )
            )
    return out


@dataclass(frozen=True)
class Curve:
    """Share found at size x: 1 / (1 + exp(-steep (ln x - ln half)))."""

    half: float
    steep: float

    def share(self, x: Array) -> Array:
        """At the sizes x, above 0."""
        return np.asarray(special.expit(self.steep * (np.log(x) - np.log(self.half))))

    def at(self, share: float) -> float:
        """The size of which that share is found."""
        return float(self.half * np.exp(special.logit(share) / self.steep))


def fit(x: Sequence[float], found: Sequence[float]) -> Curve:
    """The likeliest curve; `found` is 0 or 1 each, or a chance between. Where all or none are found its half is the
    least or the largest of x.
    """
    return _fits(x, found, np.ones((1, len(x))))[0]


def half_interval(x: Sequence[float], found: Sequence[float]) -> tuple[float, float]:
    """95 % of a curve's half, by drawing the objects again (bootstrap, Efron 1979)."""
    times = np.random.default_rng(1).multinomial(len(x), np.full(len(x), 1 / len(x)), _DRAWS)
    low, high = np.quantile([curve.half for curve in _fits(x, found, times)], (0.025, 0.975))
    return float(low), float(high)


def _fits(x: Sequence[float], found: Sequence[float], times: NDArray[Any]) -> list[Curve]:
    """The likeliest of a grid of curves, for each row of `times`: how often each object counts."""
    sizes, hits = np.log(np.asarray(x, float)), np.asarray(found, float)
    half, steep = np.meshgrid(np.linspace(sizes.min(), sizes.max(), _HALVES), _STEEPS)
    z = steep.reshape(-1, 1) * (sizes - half.reshape(-1, 1))
    likelihood = special.log_expit(z) @ (times * hits).T + special.log_expit(-z) @ (times * (1 - hits)).T
    best = likelihood.argmax(axis=0)
    return [Curve(float(np.exp(half.flat[i])), float(steep.flat[i])) for i in best]


def chosen(every: Sequence[Object], ground: str, speed_m_s: float) -> list[Object]:
    """Those of one ground and speed."""
    return [one for one in every if one.ground == ground and abs(one.speed_m_s - speed_m_s) < 0.005]


def curve_of(some: Sequence[Object], who: str, by: str = "size") -> Curve:
    """who: contact, alert, or chance (the bound's). by: size or snr."""
    return fit([getattr(one, by) for one in some], [float(getattr(one, who)) for one in some])
