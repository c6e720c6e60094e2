"""Runs the firmware's detector over lanes, in CPython."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hil.prove.detector_lab.lanes import Lane
from hil.prove.detector_lab.score import Find
from sapper.detector import detector as firmware
from sapper.detector.false_alarms import ALERT_LEVELS, CONTACT_LEVELS, level_of
from sapper.shared.detector_settings import TUNING
from sapper.shared.events import FAULTS

__all__ = ["ALERT_LEVELS", "CONTACT_LEVELS", "RATE_SET", "Result", "Settings", "level_of", "run"]

TEMPERATURE_FRAME = 14000
VSYS_FRAME = 33000
_PAUSE_MS = 5000  # between two lanes of one detector
# False alarms a square metre that the settings as delivered ask for.
RATE_SET = {row[0]: row[1] for row in TUNING}["det_far_per_100m2"] / 100


class Settings:
    """The detector's own rows of the settings table, with some values changed."""

    def __init__(self, changed: Mapping[str, int] | None = None) -> None:
        self._values = {row[0]: row[1] for row in TUNING}
        for name, value in (changed or {}).items():
            if name not in self._values:
                raise KeyError(f"no detector setting '{name}'")
            self._values[name] = value

    def get(self, name: str) -> int:
        """The value of `name`."""
        return self._values[name]


@dataclass
class Result:
    """What the detector said over one lane. late: how many of the alerts were the full estimate's. faults: (t_s, code).
    searched_from_m: where the ground first counted as searched; None where it never did.
    """

    contacts: list[Find] = field(default_factory=list)
    alerts: list[Find] = field(default_factory=list)
    faults: list[tuple[float, int]] = field(default_factory=list)
    searched_from_m: float | None = None
    late: int = 0

    @property
    def fault_names(self) -> list[str]:
        """In the order they came."""
        return [FAULTS[code] for _, code in self.faults]


def run(
    lane: Lane,
    changed: Mapping[str, int] | None = None,
    learned_on: Lane | None = None,
    armed_at_m: Sequence[float] = (),
) -> Result:
    """One lane from start to end; faults are cleared at once, as by an operator, so that the rest of the lane
    counts.

    learned_on: what the same detector was driven over before, and then armed anew. armed_at_m: places, in order, where
    it is armed anew on the way.
    """
    detector = firmware.Detector(Settings({"det_warmup_ms": 0, **(changed or {})}))
    begin_ms = 0
    if learned_on is not None:
        _drive(detector, learned_on, 0, ())
        begin_ms = round(learned_on.t_s[-1] * 1000) + _PAUSE_MS
        detector.reset()
    return _drive(detector, lane, begin_ms, armed_at_m)


def _drive(detector: firmware.Detector, lane: Lane, begin_ms: int, armed_at_m: Sequence[float]) -> Result:
    out = Result()
    frames = lane.frames()
    frame = array("i", [0, 0, 0, VSYS_FRAME, TEMPERATURE_FRAME])
    armed_at = [int(place * 1000) for place in armed_at_m]
    for i in range(len(frames)):
        frame[0], frame[1], frame[2] = (int(v) for v in frames[i])
        s_mm = int(lane.s_m[i] * 1000)
        if armed_at and s_mm >= armed_at[0]:
            armed_at.pop(0)
            detector.reset()
        flags = detector.step(frame, begin_ms + round(lane.t_s[i] * 1000), s_mm, 0)
        if out.searched_from_m is None and detector.searched_ok():
            out.searched_from_m = s_mm / 1000
        if flags & firmware.FLAG_CONTACT:
            c = detector.contact
            out.contacts.append(Find(c.s_mm / 1000, c.snr_x10 / 10, c.class_hint, c.extent_mm / 1000))
        if flags & firmware.FLAG_ALERT:
            out.alerts.append(Find(s_mm / 1000, detector.alert_statistic / 100, detector.class_hint))
            out.late += detector.alert_late
        if flags & firmware.FLAG_FAULT:
            out.faults.append((float(lane.t_s[i]), detector.fault_code))
            detector.health.clear()
    return out
