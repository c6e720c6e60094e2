"""Runs the firmware's detector over lanes, in CPython."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

from hil.prove.detector_lab.lanes import Lane
from hil.prove.detector_lab.score import Find
from sapper.detector import detector as firmware
from sapper.detector.false_alarms import ALERT_LEVELS, CONTACT_LEVELS, level_of
from sapper.shared.detector_settings import TUNING

__all__ = ["ALERT_LEVELS", "CONTACT_LEVELS", "Result", "Settings", "level_of", "run"]

TEMPERATURE_FRAME = 14000
VSYS_FRAME = 33000


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
    """What the detector said over one lane."""

    contacts: list[Find] = field(default_factory=list)
    alerts: list[Find] = field(default_factory=list)
    faults: list[tuple[float, int]] = field(default_factory=list)


def run(lane: Lane, changed: Mapping[str, int] | None = None) -> Result:
    """One lane from start to end; faults are cleared at once, as by an operator, so that the rest of the lane
    counts.
    """
    detector = firmware.Detector(Settings({"det_warmup_ms": 0, **(changed or {})}))
    out = Result()
    frames = lane.frames()
    frame = array("i", [0, 0, 0, VSYS_FRAME, TEMPERATURE_FRAME])
    for i in range(len(frames)):
        frame[0], frame[1], frame[2] = (int(v) for v in frames[i])
        s_mm = int(lane.s_m[i] * 1000)
        flags = detector.step(frame, round(lane.t_s[i] * 1000), s_mm, 0)
        if flags & firmware.FLAG_CONTACT:
            c = detector.contact
            out.contacts.append(Find(c.s_mm / 1000, c.snr_x10 / 10, c.class_hint))
        if flags & firmware.FLAG_ALERT:
            out.alerts.append(Find(s_mm / 1000, detector.statistic / 100, detector.class_hint))
        if flags & firmware.FLAG_FAULT:
            out.faults.append((float(lane.t_s[i]), detector.fault_code))
            detector.health.clear()
    return out
