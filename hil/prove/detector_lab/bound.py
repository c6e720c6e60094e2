"""The bound: what a detector finds that knows beforehand what every other has to learn.

It knows each object's signature (the bumps that it makes at the three gates, and how wide they are), where it lies if
it lies there, and the covariance of the instrument's noise, and it may look at the ground on both sides. It does not
know each gate's level and slope. It has neither soil nor stones, tones nor bursts to bear: with them the true bound is
lower.

Such a detector's best statistic is the generalised matched filter, the unknowns projected out (Kay, Fundamentals of
Statistical Signal Processing, vol. II: Detection Theory, 1998, chapters 4 and 7): with the signature s, the noise's
covariance R, and B for level and slope, its output over the object scatters by 1 about

    d = sqrt(s' P s),   P = R^-1 - R^-1 B (B' R^-1 B)^-1 B' R^-1

Its level g is that at which the same filter, drawn along clean ground, rises over it as often as the rate of false
alarms allows: in Gauss noise as often as sqrt(k) / (2 pi) exp(-g^2 / 2) a metre, where -k is the curvature of its
output's autocorrelation at 0 (Rice, Mathematical Analysis of Random Noise, Bell System Technical Journal 24, 1945,
equation 3.3-11). A find counts where it is near enough, so the highest output near the object counts, not the one right
over it: of z + sqrt(k) u x - k z x^2 / 2, with u the slope's own noise, that is z + u^2 / (2 z), and at the level
u^2 / (2 g). Found is therefore, with the mean over a standard normal u,

    E Q(g - d - u^2 / (2 g))

An object's size, in the lab's curves, is its d: the best there can be made of it at that speed, in sigma.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hil.prove.detector_lab.kernels import BIN_M, FOOTPRINT_A_M, FRAME_HZ, SLOW, footprint, slow_covariance
from hil.prove.detector_lab.lanes import Lane
from hil.prove.detector_lab.levels import WANDER_MV, WHITE_MV
from hil.world.disturbance import WANDER_HZ, WANDER_SINES

Array = NDArray[np.floating[Any]]

# So many bins on each side of the object: beyond, no bump is over a hundredth of its height.
AROUND_BINS = 25
SWATH_M = 0.5
_LEAST_LEVEL = 1.0  # below, outputs near an object are no single peak
# The mean over a standard normal number, by Gauss and Hermite.
_SLOPES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True)
class Noise:
    """White noise of a frame (mV), and the slow wander's scale, of each gate. modelled: the wander is the world model's
    sum of sines, its scale an rms (mV); else as the kernels have it, and its scale is mV/sqrt(Hz) at 0 Hz."""

    white_mv: tuple[float, ...] = WHITE_MV
    wander: tuple[float, ...] = WANDER_MV
    modelled: bool = False

    @staticmethod
    def of(lane: Lane) -> Noise:
        """What the lane's truth says; the recorded instrument's on its first day where it says nothing."""
        truth = lane.truth
        if "noise_mv" not in truth:
            return Noise()
        return Noise(tuple(truth["noise_mv"]), tuple(truth["wander_mv"]), modelled=True)


@dataclass(frozen=True)
class Known:
    """What the bound makes of one object. d: of its matched filter, sigma. rises_per_m: how often the filter's output
    passes 0 upwards over clean ground."""

    d: float
    rises_per_m: float

    def level(self, false_per_m2: float) -> float:
        """For so many false alarms a square metre, above 0; not below 0."""
        return sqrt(max(2 * log(self.rises_per_m / (false_per_m2 * SWATH_M)), 0.0))

    def chance(self, false_per_m2: float) -> float:
        """Probability of finding it at that rate."""
        level = max(self.level(false_per_m2), _LEAST_LEVEL)
        return float(_WEIGHTS @ stats.norm.sf(level - self.d - _SLOPES**2 / (2 * level)))


def known(lane: Lane, noise: Noise | None = None) -> list[Known]:
    """The bound for each target of a lane's truth, at the lane's mean speed over it."""
    noise = noise or Noise.of(lane)
    out = []
    for target in lane.truth["targets"]:
        speed = _speed_m_s(lane, float(target["s_m"]))
        width_m = round(float(target.get("width_a_m", FOOTPRINT_A_M)), 3)
        out.append(of_object(tuple(target["peak_mv"]), width_m, speed, noise))
    return out


def _speed_m_s(lane: Lane, s_m: float) -> float:
    """Half a metre about it over the seconds that the coil was there: one that comes back has more of them. In steps of
    2 %, since covariances are kept by it."""
    there_m = lane.s_m[np.abs(lane.s_m - s_m) <= 0.25]
    speed = np.ptp(there_m) / len(there_m) * FRAME_HZ if len(there_m) else 0.0
    return float(exp(round(log(max(speed, 0.005)) / 0.02) * 0.02))


def of_object(peak_mv: tuple[float, ...], width_m: float, speed_m_s: float, noise: Noise) -> Known:
    """An object with these bumps (mV at each gate) of this width (m, the footprint's a) at this speed."""
    gates = [
        _gate(width_m, speed_m_s, white, wander, noise.modelled)
        for white, wander in zip(noise.white_mv, noise.wander, strict=True)
    ]
    power = sum(peak**2 * gate.power for peak, gate in zip(peak_mv, gates, strict=True))
    moved = sum(peak**2 * gate.moved for peak, gate in zip(peak_mv, gates, strict=True))
    # The filter's output is a sum over the gates: each has its share of the variance, and of the correlation.
    curve = 2 * (1 - moved / power) / BIN_M**2 if power > 0 else 1.0
    return Known(sqrt(power), sqrt(curve) / (2 * pi))


@dataclass(frozen=True)
class _Gate:
    """Of one gate, with P of its noise: f' P f, and (P f)' R_1 (P f), where R_1 is the noise's covariance with itself
    one bin further on."""

    power: float
    moved: float


@lru_cache(maxsize=4096)
def _gate(width_m: float, speed_m_s: float, white_mv: float, wander: float, modelled: bool) -> _Gate:
    count = 2 * AROUND_BINS + 1
    lags = wander_covariance(count + 1, speed_m_s, wander, modelled)
    white = white_mv**2 / max(BIN_M / speed_m_s * FRAME_HZ, 1.0)
    steps = np.subtract.outer(np.arange(count), np.arange(count))
    covariance = lags[np.abs(steps)]
    covariance[np.diag_indices(count)] += white
    later = lags[np.abs(steps + 1)] + white * (steps == -1)
    x = np.arange(-AROUND_BINS, AROUND_BINS + 1) * BIN_M
    f = footprint(x, width_m)
    nuisance = np.stack([np.ones_like(x), x], axis=1)
    inverse = np.linalg.inv(covariance)
    free = inverse - inverse @ nuisance @ np.linalg.inv(nuisance.T @ inverse @ nuisance) @ nuisance.T @ inverse
    h = free @ f
    return _Gate(float(f @ h), float(h @ later @ h))


def wander_covariance(count: int, speed_m_s: float, scale: float, modelled: bool) -> Array:
    """Of the slow wander of one gate, `count` bins along the track (mV^2)."""
    lag_s = np.arange(count) * BIN_M / speed_m_s
    if not modelled:
        return np.asarray(slow_covariance(lag_s) * (scale / SLOW[0]) ** 2)
    w = 2 * pi * np.geomspace(*WANDER_HZ, WANDER_SINES)
    share = (1 / w) / (1 / w).sum()
    return np.asarray(scale**2 * (share[:, None] * np.cos(w[:, None] * lag_s)).sum(axis=0))
