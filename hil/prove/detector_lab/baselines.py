"""Three detectors to compare with, on the same traces; each gives finds with its statistic.

They are what one would build first: a high-pass on one gate, ground balance of two gates, and a matched filter in
floating point that sees the whole lane at once.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from hil.prove.detector_lab.kernels import footprint
from hil.prove.detector_lab.lanes import Lane
from hil.prove.detector_lab.score import Find

Array = NDArray[np.floating[Any]]

FRAME_HZ = 100.0
SOIL = (1.0, 0.882, 0.917)
GRID_M = 0.01
ALONE_M = 0.25


def one_gate(lane: Lane, lowest: float = 2.0) -> list[Find]:
    """Gate 1 through a high-pass (0.3 Hz) and a mean over 80 ms; threshold in mV."""
    x = _smooth(_high_pass(lane.gates_mv[:, 1]))
    return _peaks(lane.s_m, np.abs(x), lowest)


def two_gates(lane: Lane, lowest: float = 1.0) -> list[Find]:
    """Gate 2 less gate 1 in the soil's ratio, then the same; threshold in mV."""
    x = _smooth(_high_pass(lane.gates_mv[:, 2] - SOIL[2] / SOIL[1] * lane.gates_mv[:, 1]))
    return _peaks(lane.s_m, np.abs(x), lowest)


def matched_filter(lane: Lane, lowest: float = 2.0) -> list[Find]:
    """Both ground-balanced signals, whitened by the lane's own spectrum, matched to the footprint, over local noise.

    Not causal, floating point, no knowledge of how metal bends the gates; threshold in sigma.
    """
    grid = np.arange(lane.s_m[0], lane.s_m[-1], GRID_M)
    s, first = np.unique(lane.s_m, return_index=True)
    gates = np.stack([np.interp(grid, s, lane.gates_mv[first, g]) for g in range(3)])
    power = np.zeros(len(grid))
    for channel in (gates[2] - SOIL[2] / SOIL[1] * gates[1], gates[0] - SOIL[0] / SOIL[1] * gates[1]):
        z = _matched(signal.detrend(channel))
        local = ndimage.percentile_filter(np.abs(z), 50, size=round(6 / GRID_M)) / 0.6745
        power += (z / np.maximum(local, 1e-9)) ** 2
    return _peaks(grid, np.sqrt(power), lowest)


def _matched(x: Array) -> Array:
    """Matched filter in noise of x's own spectrum (Welch's estimate with medians, so that objects count little)."""
    size = min(len(x), 1024)
    f, density = signal.welch(x, 1 / GRID_M, nperseg=size, average="median")
    template = footprint(np.arange(-100, 101) * GRID_M)
    padded = np.zeros(len(x) + 512)
    padded[: len(x)] = x
    spectrum = np.interp(np.fft.rfftfreq(len(padded), GRID_M), f, ndimage.uniform_filter1d(density, 5))
    kernel = np.zeros(len(padded))
    kernel[:201] = template
    kernel = np.roll(kernel, -100)
    out = np.fft.irfft(np.fft.rfft(padded) * np.conj(np.fft.rfft(kernel)) / spectrum, len(padded))
    return np.asarray(out[: len(x)])


def _high_pass(x: Array) -> Array:
    sections = signal.butter(2, 0.3, "highpass", fs=FRAME_HZ, output="sos")
    return np.asarray(signal.sosfilt(sections, x - x[:20].mean()))


def _smooth(x: Array) -> Array:
    return ndimage.uniform_filter1d(x, 8)


def _peaks(s_m: Array, statistic: Array, lowest: float) -> list[Find]:
    """Strongest first, none within ALONE_M of a stronger one."""
    out: list[Find] = []
    high, _ = signal.find_peaks(statistic, height=lowest)
    for i in sorted(high, key=lambda i: -statistic[i]):
        if all(abs(s_m[i] - f.s_m) > ALONE_M for f in out):
            out.append(Find(float(s_m[i]), float(statistic[i])))
    return out
