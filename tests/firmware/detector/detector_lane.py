"""Lanes for the detector's tests: noise as the recorded instrument has it, objects, soil; and a run over them."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hil.prove.detector_lab.levels import WANDER_MV, wander
from sapper.detector import detector as firmware
from sapper.shared.detector_settings import TUNING

MV = 65536 / 3300
NOISE_MV = (21.5, 2.05, 1.81)
SOIL = np.array([1.0, 0.882, 0.917])
# Peaks in mV at the three gates
STEEL = (10.0, 60.0, 140.0)
COPPER = (-120.0, -65.0, -43.0)
BRASS = (-70.0, -24.0, 15.0)


class Tuning:
    """Default settings with some changed; no time to warm up unless asked for."""

    def __init__(self, changed: Mapping[str, int] | None = None) -> None:
        self._values = {row[0]: row[1] for row in TUNING} | {"det_warmup_ms": 0} | dict(changed or {})

    def get(self, name: str) -> int:
        return self._values[name]


def foot(x_m: NDArray[np.float64], a_m: float = 0.138) -> NDArray[np.float64]:
    return (1 + (x_m / a_m) ** 2) ** -3


@dataclass
class Lane:
    """Gates over time. Build up with `drive`, `put`; all in mV and metres."""

    seed: int = 1
    t_ms: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    s_m: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    gates: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))
    vsys_mv: float = 5000.0

    @classmethod
    def drive(cls, legs: Sequence[tuple[float, float]], seed: int = 1, noise: float = 1.0) -> "Lane":
        """Legs of (metres, metres a second); (seconds, 0) stands; negative metres go back."""
        s: list[float] = [0.0] * 30
        for length, speed in legs:
            steps = round(abs(length) / speed * 100) if speed else round(length * 100)
            step = np.sign(length) * speed / 100
            s += [s[-1] + step * (i + 1) for i in range(steps)]
        random = np.random.default_rng(seed)
        place = np.array(s)
        white = random.standard_normal((len(place), 3)) * NOISE_MV
        slow = np.stack([wander(random, len(place)) * a for a in WANDER_MV], axis=1)
        return cls(seed, np.arange(len(place)) * 10, place, 1650 + (white + slow) * noise)

    def put(self, s_m: float, peak_mv: Sequence[float], a_m: float = 0.138) -> "Lane":
        """An object under the track at s_m."""
        self.gates += foot(self.s_m - s_m, a_m)[:, None] * np.array(peak_mv)
        return self

    def sheet(self, from_m: float, to_m: float, peak_mv: Sequence[float]) -> "Lane":
        """A long body under the track: small ones side by side, which answer with peak_mv over its middle."""
        places = np.arange(from_m + 0.01, to_m, 0.02)
        profile = foot(self.s_m[:, None] - places[None, :]).sum(axis=1)
        whole = foot(places - (from_m + to_m) / 2).sum()
        self.gates += (profile / whole)[:, None] * np.array(peak_mv)
        return self

    def soil(self, profile_mv: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> "Lane":
        """Soil that pulls gate 0 down by profile_mv(s)."""
        self.gates -= profile_mv(self.s_m)[:, None] * SOIL
        return self


@dataclass
class Said:
    """Contacts (s_mm, extent_mm, strength, snr_x10, class), alerts (s_mm), faults (t_ms, code)."""

    contacts: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    alerts: list[int] = field(default_factory=list)
    faults: list[tuple[int, int]] = field(default_factory=list)
    strength: list[int] = field(default_factory=list)
    searched: list[bool] = field(default_factory=list)
    detector: firmware.Detector | None = None


def run(
    lane: Lane, changed: Mapping[str, int] | None = None, hook: Callable[[firmware.Detector, int], None] | None = None
) -> Said:
    """The lane through the detector; hook(detector, frame number) before every step."""
    detector = firmware.Detector(Tuning(changed))
    said = Said(detector=detector)
    values = np.clip(np.round(lane.gates * MV), 0, 65520).astype(int)
    frame = array("i", [0, 0, 0, round(lane.vsys_mv * 65536 / 9900), 14000])
    for i in range(len(values)):
        frame[0], frame[1], frame[2] = (int(v) for v in values[i])
        if hook:
            hook(detector, i)
        s_mm = int(lane.s_m[i] * 1000)
        flags = detector.step(frame, int(lane.t_ms[i]), s_mm, 0)
        if flags & firmware.FLAG_CONTACT:
            c = detector.contact
            said.contacts.append((c.s_mm, c.extent_mm, c.strength, c.snr_x10, c.class_hint))
        if flags & firmware.FLAG_ALERT:
            said.alerts.append(s_mm)
        if flags & firmware.FLAG_FAULT:
            said.faults.append((int(lane.t_ms[i]), detector.fault_code))
        said.strength.append(detector.strength)
        said.searched.append(detector.searched_ok())
    return said
