"""The detector's frames of one step of a calibration, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sapper.shared.pins import ADC_FULL_SCALE_MV
from sapper_host.recordings.raw_rows import RawRow

Floats = NDArray[np.float64]
FRAME_S = 0.01
FULL_SCALE_MV = float(ADC_FULL_SCALE_MV)
_MV = FULL_SCALE_MV / 65536  # of a frame's unit


@dataclass(frozen=True)
class Frames:
    """t_s (n,): the board's seconds from the first row on; gates_mv (n, 3); missed: ticks without a whole frame."""

    t_s: Floats
    gates_mv: Floats
    missed: int = 0

    def __len__(self) -> int:
        return len(self.t_s)


def of_rows(rows: list[RawRow], wrap_ms: int) -> Frames:
    """The rows that have a frame. wrap_ms: where the board's time begins anew."""
    whole = [row for row in rows if row.gates is not None]
    first_ms = whole[0].t_ms if whole else 0
    t_s = np.array([((row.t_ms - first_ms) % wrap_ms) / 1000 for row in whole])
    gates = np.array([row.gates for row in whole], dtype=np.float64).reshape(-1, 3)
    return Frames(t_s, gates * _MV, len(rows) - len(whole))


def means(values: Floats, count: int) -> Floats:
    """Means of `count` rows each, the rest at the end left out: (n, k) -> (n // count, k)."""
    whole = len(values) // count * count
    return np.asarray(values[:whole].reshape(-1, count, values.shape[1]).mean(axis=1))


def without_slow(values: Floats, count: int) -> Floats:
    """Rows less the running mean over `count` of them; half as many at each end are left out: (n, k)."""
    kernel = np.full(count, 1 / count)
    slow = np.stack([np.convolve(values[:, k], kernel, mode="valid") for k in range(values.shape[1])], axis=1)
    first = count // 2
    return np.asarray(values[first : first + len(slow)] - slow)
