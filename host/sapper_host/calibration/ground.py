"""Clean ground: in which ratio soil answers in the three gates, how well that is known, and whether it is clean.

All that varies while the coil is raised and lowered is soil's answer, which stands in one ratio, and noise, which is
known from the coil in air. So the ratio is the direction in which the gates' covariance is largest against the noise's
(total least squares with known errors: Fuller, Measurement Error Models, 1987). How well it is known comes from leaving
out one piece of the recording after the other (jackknife: Tukey 1958). A small piece of metal shifts the ratio no more
than another soil would; but it lies in one place, so the coil goes over several, and the ratio has to be the same in
all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sapper.shared.settings import row_of
from sapper_host.calibration.finding import Finding
from sapper_host.calibration.frames import FULL_SCALE_MV, Floats, Frames, means, without_slow

_BLOCK = 5  # frames: what a hand does in so long is nothing
_SLOW_BLOCKS = 60  # 3 s: slower is the front end's wander
_PIECES = 10
_LEAST_BLOCKS = 3 * _SLOW_BLOCKS
_RAIL_MV = 150.0
_SURE = 0.01  # a late ratio known no better is left alone: stones differ by five times that
_LEAST_MV = 5.0  # a swing below it says nothing
_SURELY = 3.0  # sigmas that the noisy first gate has to be off what is set before that is changed
_SAME, _SAME_SIGMAS = 0.015, 3.5  # by how much the late ratio may differ from place to place, and by chance
_UNLIKE = 0.12  # metal is as far from soil as that, soils are not
_REMEDY_METAL = "go to ground that was found clear with another detector, and without stones"


@dataclass(frozen=True)
class Ground:
    """ratio1, ratio2: soil's answer at gates 1 and 2 in 1/1000 of that at gate 0, with one sigma; late: gate 2 of
    gate 1. swing_mv: rms of soil's answer at gate 1; left_mv: of what the ratio leaves of gate 2. settings: what
    follows."""

    ratio1_pm: float
    ratio1_sigma_pm: float
    ratio2_pm: float
    ratio2_sigma_pm: float
    late: float
    late_sigma: float
    swing_mv: float
    left_mv: float
    settings: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def fit(self) -> bool:
        """Whether it can be calibrated on."""
        return not any(each.unfit for each in self.findings)


def fit(air: Frames, frames: Frames, now: dict[str, int]) -> Ground:
    """The ground under a coil that was raised and lowered. air: of the same head; now: the board's settings.

    ValueError when there are too few frames.
    """
    over = _moving(frames)
    noise = _covariance(_moving(air))
    direction = _direction(_covariance(over), noise)
    pieces = np.array_split(np.arange(len(over)), _PIECES)
    others = np.array([_direction(_covariance(np.delete(over, piece, axis=0)), noise) for piece in pieces])
    ratios = np.array([_ratios(each) for each in others])
    sigma = np.sqrt((_PIECES - 1) / _PIECES * ((ratios - ratios.mean(axis=0)) ** 2).sum(axis=0))
    ratio1, ratio2, late = _ratios(direction)
    swing = float(np.sqrt(max(over[:, 1].var() - noise[1, 1], 0)))
    left = over[:, 2] - late * over[:, 1]
    astray = _astray(over, left, _moving(air), late, pieces)
    findings = _findings(frames, late, float(sigma[2]), swing, astray, now)
    settings: dict[str, int] = {}
    if not findings:
        settings = _settings(ratio1, float(sigma[0]), late, now)
    return Ground(
        round(1000 * ratio1, 1),
        round(1000 * float(sigma[0]), 1),
        round(1000 * ratio2, 1),
        round(1000 * float(sigma[1]), 1),
        round(late, 4),
        round(float(sigma[2]), 4),
        round(swing, 2),
        round(float(left.std()), 2),
        settings,
        tuple(findings),
    )


def _astray(over: Floats, left: Floats, air: Floats, late: float, pieces: list[NDArray[np.intp]]) -> list[float]:
    """By how much each piece's late ratio is off the whole's, beyond what chance does: 0 where it may be the same.

    What chance does: the same fit to the same swing, of the noise that the coil had in air.
    """
    noise = air[:, 2] - late * air[:, 1]
    out = []
    for piece in pieces:
        body = over[piece, 1] - over[piece, 1].mean()
        square = float((body**2).sum()) or 1.0
        by_chance = float(np.sqrt(np.mean((np.correlate(noise, body, "valid") / square) ** 2)))
        off = float((left[piece] * body).sum()) / square
        out.append(off if abs(off) > _SAME + _SAME_SIGMAS * by_chance else 0.0)
    return out


def _moving(frames: Frames) -> Floats:
    blocks = means(frames.gates_mv, _BLOCK)
    if len(blocks) < _LEAST_BLOCKS:
        raise ValueError(f"{len(frames)} frames are too few")
    return without_slow(blocks, _SLOW_BLOCKS)


def _covariance(values: Floats) -> Floats:
    return np.asarray(np.cov(values, rowvar=False))


def _direction(over: Floats, noise: Floats) -> Floats:
    """In which the gates vary together beyond their noise (3,)."""
    root = np.linalg.cholesky(noise + 1e-6 * np.eye(3))
    inverse = np.linalg.inv(root)
    _, vectors = np.linalg.eigh(inverse @ over @ inverse.T)
    return np.asarray(root @ vectors[:, -1])


def _ratios(direction: Floats) -> tuple[float, float, float]:
    a, b, c = (float(each) for each in direction)
    tiny = 1e-9
    return b / (a or tiny), c / (a or tiny), c / (b or tiny)


def _findings(
    frames: Frames, late: float, sigma: float, swing: float, astray: list[float], now: dict[str, int]
) -> list[Finding]:
    gates = frames.gates_mv
    for gate in range(3):
        low, high = float(gates[:, gate].min()), float(gates[:, gate].max())
        if low < _RAIL_MV or high > FULL_SCALE_MV - _RAIL_MV:
            what = f"over this ground gate {gate} comes to {low if low < _RAIL_MV else high:.0f} mV, near its end"
            return [Finding("too_strong", what, "carry the coil higher; this front end cannot search ground so strong")]
    if swing > _LEAST_MV and any(astray):
        at_s = frames.t_s[-1] * (int(np.argmax(np.abs(astray))) + 0.5) / len(astray)
        what = f"after {at_s:.0f} s the ratio is another by {100 * max(map(abs, astray)):.0f} %"
        return [Finding("metal", f"{what}: there is metal in this ground, or a stone", _REMEDY_METAL)]
    if sigma > _SURE * abs(late) or swing <= _LEAST_MV:
        what = f"soil answers too weakly here ({swing:.1f} mV) to tell its ratio: {late:.3f} +- {sigma:.3f}"
        return [Finding("weak", what, "the ratio that is set stays; on mineral soil, calibrate again there", False)]
    known = [now["det_ground2_pm"] / now["det_ground1_pm"], row_of("det_ground2_pm")[1] / row_of("det_ground1_pm")[1]]
    if min(abs(late / each - 1) for each in known) > _UNLIKE:
        what = f"gate 2 answers {late:.3f} times gate 1, no soil does ({known[0]:.3f} is set)"
        return [Finding("unlike", f"{what}; there is metal in this ground", _REMEDY_METAL)]
    return []


def _settings(ratio1: float, sigma1: float, late: float, now: dict[str, int]) -> dict[str, int]:
    """The late gates' ratio decides; the first gate, which is noisy, where what is set cannot be right."""
    set_pm = now["det_ground1_pm"]
    ratio1_pm = round(1000 * ratio1) if abs(1000 * ratio1 - set_pm) > _SURELY * 1000 * sigma1 else set_pm
    wanted = {"det_ground1_pm": ratio1_pm, "det_ground2_pm": round(late * ratio1_pm)}
    for name, value in wanted.items():
        low, high = row_of(name)[2:4]
        wanted[name] = min(max(value, low), high)
    return wanted
