"""Kernels of the detector, by generalised least squares; writes firmware/sapper/detector/footprint_kernels.py.

    python -m hil.prove.detector_lab.kernels

The coil's footprint: on the axis of a circular loop of radius a the field falls as (a^2 + x^2)^(-3/2) (Biot-Savart),
and an eddy-current response goes with its square, once for the transmitted and once for the received field
(reciprocity): f(x) = (1 + x^2/a^2)^(-3).

The noise is a function of time, white plus a slow wander, the target's shape one of place: so the best kernel depends
on the speed. With noise covariance R, footprint f and nuisance columns B (constant and slope), the best unbiased
linear estimate of the amplitude is h = P f / (f' P f), P = R^-1 - R^-1 B (B' R^-1 B)^-1 B' R^-1 (Aitken 1935).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sapper_host.files.checkout import ROOT

Array = NDArray[np.floating[Any]]

BIN_M = 0.02
BACK_BINS = 20
AHEAD_BINS = 8
EARLY_BINS = 3
SPEEDS_M_S = (0.025, 0.05, 0.1, 0.15, 0.2, 0.26, 0.34, 0.45, 0.6)
FOOTPRINT_A_M = 0.138
FRAME_HZ = 100.0
# One-sided amplitude densities of the ground-balanced signal, mV/sqrt(Hz): white, and A / (1 + (f/f0)^2)^(p/2).
WHITE = 0.37
SLOW = (5.5, 0.23, 1.7)
KERNEL_BITS = 10
FRAME_MV = 3300.0 / 65536
# What a gate can span in a ring of bins: its own range and the same again for the levelling of a stand.
GATE_SPAN = 2 * 65536


def footprint(x_m: Array, a_m: float = FOOTPRINT_A_M) -> Array:
    """Response over a small object at distance x along the track, 1 at the middle."""
    return (1.0 + (x_m / a_m) ** 2) ** -3


def slow_covariance(lag_s: Array) -> Array:
    """Autocovariance of the slow wander (mV^2) at the given lags (s), from its spectrum."""
    amplitude, corner, power = SLOW
    f = np.linspace(0.005, 20.0, 8000)
    density = amplitude**2 / (1 + (f / corner) ** 2) ** power
    return np.array([np.sum(density * np.cos(2 * np.pi * f * t)) * (f[1] - f[0]) for t in lag_s])


def kernel(speed_m_s: float, back: int, ahead: int) -> tuple[Array, float]:
    """Weights over bins -back..ahead around the object, oldest first, and the sigma of its estimate (mV)."""
    x = np.arange(-back, ahead + 1) * BIN_M
    lags = slow_covariance(np.arange(len(x)) * BIN_M / speed_m_s)
    cov = lags[np.abs(np.subtract.outer(np.arange(len(x)), np.arange(len(x))))]
    cov[np.diag_indices(len(x))] += WHITE**2 * FRAME_HZ / 2 / (BIN_M / speed_m_s * FRAME_HZ)
    nuisance = np.stack([np.ones_like(x), x], axis=1)
    inverse = np.linalg.inv(cov)
    projector = inverse - inverse @ nuisance @ np.linalg.inv(nuisance.T @ inverse @ nuisance) @ nuisance.T @ inverse
    f = footprint(x)
    h = projector @ f
    h /= h @ f
    return h, float(np.sqrt(h @ cov @ h))


def integer(h: Array) -> list[int]:
    """Weights in 1/2^KERNEL_BITS that sum to exactly 0, so that a level of any height gives nothing."""
    scaled = h * (1 << KERNEL_BITS)
    q = np.round(scaled).astype(int)
    order = np.argsort(np.abs(scaled - q))[::-1]
    for i in range(abs(int(q.sum()))):
        q[order[i]] -= np.sign(q.sum())
    if q.sum() != 0:
        raise ValueError("the kernel's rounding cannot be balanced: raise KERNEL_BITS")
    return [int(v) for v in q]


def echo(q: list[int]) -> float:
    """The largest swing of an early kernel 0.24 m and more behind an object, of its bump before it; over the
    footprints of objects of 0.10 to 0.18 m.
    """
    taps = np.arange(-BACK_BINS, EARLY_BINS + 1)
    worst = 0.0
    for a_m in (0.10, FOOTPRINT_A_M, 0.18):
        swing = [float(np.dot(q, footprint((taps + behind) * BIN_M, a_m))) for behind in range(-4, 40)]
        worst = max(worst, max(swing[16:]) / max(swing[:8]))
    return worst


def rows(name: str, ahead: int) -> list[str]:
    """The lines of one set of kernels, one for each speed, and of their sigmas."""
    made = [kernel(v, BACK_BINS, ahead) for v in SPEEDS_M_S]
    sigmas = [round(sigma / FRAME_MV * 16) for _, sigma in made]
    lines = [
        "",
        "# Sigma of the ground-balanced estimate in the nominal noise, in 1/16 of a frame's unit.",
        f"{name}_SIGMA = {tuple(sigmas)}",
        f"{name} = array(",
        '    "h",',
        "    [",
    ]
    for h, _ in made:
        q = integer(h)
        if sum(abs(v) for v in q) * GATE_SPAN >= 1 << 30:
            raise ValueError(f"{name}: a sum over the kernel may pass 2^30; lower KERNEL_BITS")
        lines += ["        " + ", ".join(str(v) for v in q[i : i + 18]) + "," for i in range(0, len(q), 18)]
    return [*lines, "    ],", ")"]


def table() -> str:
    """The text of footprint_kernels.py."""
    edges = [round(1000 * (a * b) ** 0.5) for a, b in zip(SPEEDS_M_S, SPEEDS_M_S[1:], strict=False)]
    bin_mm = round(BIN_M * 1000)
    lines = [
        '"""Made by `python -m hil.prove.detector_lab.kernels`; do not edit.',
        "",
        f"Weights in 1/{1 << KERNEL_BITS} over {bin_mm} mm bins, oldest first, one row a speed, each summing to 0.",
        '"""',
        "",
        "from array import array",
        "",
        f"BIN_MM = {bin_mm}",
        "# Bins before and after the one that an estimate is for; the early estimate waits for fewer.",
        f"BACK = {BACK_BINS}",
        f"AHEAD = {AHEAD_BINS}",
        f"EARLY_AHEAD = {EARLY_BINS}",
        f"KERNEL_BITS = {KERNEL_BITS}",
        "# Speeds (mm/s) between one row and the next.",
        f"SPEED_EDGES = {tuple(edges)}",
        "# By how much the early estimate swings behind an object at most, of the bump before it, in 1/1024.",
        f"EARLY_ECHO = {tuple(round(1024 * echo(integer(kernel(v, BACK_BINS, EARLY_BINS)[0]))) for v in SPEEDS_M_S)}",
    ]
    return "\n".join(lines + rows("FULL", AHEAD_BINS) + rows("EARLY", EARLY_BINS)) + "\n"


def main() -> None:
    """Write the kernels."""
    path = ROOT / "firmware" / "sapper" / "detector" / "footprint_kernels.py"
    path.write_text(table(), encoding="utf-8")
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
