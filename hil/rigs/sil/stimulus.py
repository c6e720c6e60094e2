"""What the world does to the board, kept ahead of time and cut into the batches that go to the process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.rigs.ports import IMU_RESTS, IMU_ROW
from sapper.shared.pins import GPIO

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_PER_MV = 4096 / 3300 * 256  # 1/256 LSB
_MOST = 4096 * 256
_STEP_US = 100


class Waveform:
    """One analogue input: points in time, held or joined by straight lines. Times in us."""

    def __init__(self, millivolts: float) -> None:
        self._times: Ints = np.zeros(1, dtype=np.int64)
        self._codes: Floats = _codes(np.array([millivolts]))
        self._linear = False

    def play(self, times_ns: Sequence[int] | Any, values_mv: Sequence[float] | Any, linear: bool) -> None:
        """From times_ns[0] on these points replace what was scheduled; what was before stays."""
        times = np.asarray(times_ns, dtype=np.int64) // 1000
        if not len(times):
            return
        keep = int(self._times.searchsorted(times[0], "left"))
        codes = _codes(np.asarray(values_mv, dtype=np.float64))
        if keep == 0:
            self._times, self._codes = times, codes
        else:
            self._times = np.concatenate((self._times[:keep], times))
            self._codes = np.concatenate((self._codes[:keep], codes))
        self._linear = linear

    def window(self, start_us: int, end_us: int) -> bytes:
        """The points in force from start to end, held, as pairs (time from start, 1/256 LSB); earlier ones are dropped.

        Lines are cut into steps as long as the ADC's samples are apart.
        """
        times, codes = self._times, self._codes
        first = max(0, int(times.searchsorted(start_us, "right")) - 1)
        last = int(times.searchsorted(end_us, "left"))
        if first:
            self._times, self._codes = times[first:], codes[first:]
        if self._linear and len(times) - first > 1:
            steps = np.arange(start_us, end_us, _STEP_US)
            held = np.interp(steps + _STEP_US / 2, times, codes)
            steps -= start_us
        else:
            steps, held = np.maximum(times[first:last] - start_us, 0), codes[first:last]
        pairs = np.empty((len(steps), 2), dtype="<u4")
        pairs[:, 0] = steps
        pairs[:, 1] = held
        return pairs.tobytes()


def _codes(millivolts: Floats) -> Floats:
    return np.minimum(np.maximum(millivolts * _PER_MV, 0), _MOST)


_ROW = np.dtype([("t", "<u4"), ("row", "<i2", (len(IMU_ROW),)), ("nothing", "<u2")])
ROW_BYTES = _ROW.itemsize


class Rows:
    """What the IMU feels: rows, each held until the next. Times in us."""

    def __init__(self) -> None:
        self._times: Ints = np.zeros(1, dtype=np.int64)
        self._rows = np.array([IMU_RESTS], dtype=np.int16)

    def play(self, times_ns: Ints, rows: NDArray[np.int16]) -> None:
        """From times_ns[0] on these replace what was scheduled; what was before stays."""
        times = times_ns // 1000
        if not len(times):
            return
        keep = int(self._times.searchsorted(times[0], "left"))
        self._times = np.concatenate((self._times[:keep], times))
        self._rows = np.concatenate((self._rows[:keep], rows))

    def window(self, start_us: int, end_us: int) -> bytes:
        """The rows in force from start to end, as process.py says; earlier ones are dropped."""
        first = max(0, int(self._times.searchsorted(start_us, "right")) - 1)
        last = max(first + 1, int(self._times.searchsorted(end_us, "left")))
        if first:
            self._times, self._rows = self._times[first:], self._rows[first:]
        out = np.zeros(last - first, dtype=_ROW)
        out["t"] = np.maximum(self._times[: last - first] - start_us, 0)
        out["row"] = self._rows[: last - first]
        return out.tobytes()


class Edges:
    """Levels put on the board's inputs, each at its time. `levels`, `driven`: a bit a pin, up to the last batch."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Ints, Ints]] = []
        self.levels = 0
        self.on_estop = False  # the last batch holds edges of ESTOP_OK
        self.driven = 0

    def add(self, gpio: int, times_ns: Sequence[int] | Any, levels: Sequence[int] | Any) -> None:
        """Put levels on a pin, each at its time."""
        times = np.asarray(times_ns, dtype=np.int64) // 1000
        if len(times):
            self._waiting.append((times, (np.asarray(levels) != 0) + np.int64(2 * gpio)))
            self.driven |= 1 << gpio

    def take(self, start_us: int, end_us: int) -> bytes:
        """All edges before end as pairs (time from start, gpio << 1 | level), by time; late ones come at once."""
        self.on_estop = False
        if not self._waiting:
            return b""
        times = np.concatenate([times for times, _ in self._waiting])
        codes = np.concatenate([codes for _, codes in self._waiting])
        self._waiting.clear()
        order = np.argsort(times, kind="stable")
        times, codes = times[order], codes[order]
        now = int(times.searchsorted(end_us, "left"))
        if now < len(times):
            self._waiting.append((times[now:], codes[now:]))
        pairs = np.empty((now, 2), dtype="<u4")
        pairs[:, 0] = np.maximum(times[:now] - start_us, 0)
        pairs[:, 1] = codes[:now]
        last = dict(zip((codes[:now] >> 1).tolist(), (codes[:now] & 1).tolist(), strict=True))
        self.on_estop = GPIO["ESTOP_OK"] in last
        for gpio, level in last.items():
            self.levels = self.levels & ~(1 << gpio) | level << gpio
        return pairs.tobytes()
