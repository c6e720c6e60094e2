"""`sapper bench check`, whole: power, lines, voltages, calibration, clocks, reset; within a minute.

What is wrong is told, each with its wires, their pins and the remedy; what could not be tried, as it needs what is
wrong, is said to be so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hil.bench.check import calibrate, diagnose, look
from hil.bench.check.calibrate import Calibration
from hil.bench.check.diagnose import Finding
from hil.bench.check.instrument import Instrument
from hil.bench.check.rover import Rover
from hil.bench.check.seen import Host
from hil.bench.config import Config, GateFit
from hil.bench.outside import Outside
from hil.bench.parts.parts import Parts, open_parts
from hil.bench.wiring import INSTRUMENT, ROVER, Wire, bridges, wires
from hil.errors import HilError

_ASKED_MV_PER_CODE = calibrate.ADC_FULL_SCALE_MV / calibrate.CODES
LIMIT_S = 60.0


@dataclass
class Checked:
    """What came of it. fits: of each gate, as the configuration keeps it; clock_ppm: the rover's against ours."""

    findings: list[Finding] = field(default_factory=list)
    not_tried: list[str] = field(default_factory=list)
    calibrations: dict[str, Calibration] = field(default_factory=dict)
    clock_ppm: float | None = None
    instrument: str = ""
    took_s: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether a scenario may run."""
        return not self.findings and not self.not_tried

    @property
    def fits(self) -> dict[str, GateFit]:
        """By the configuration's names."""
        return {
            name.lower(): GateFit(round(each.offset_mv, 2), round(each.mv_per_code / _ASKED_MV_PER_CODE, 5))
            for name, each in self.calibrations.items()
        }

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "ok": self.ok,
            "findings": [vars(each) for each in self.findings],
            "not_tried": self.not_tried,
            "calibrations": {name: vars(each) for name, each in self.calibrations.items()},
            "clock_ppm": self.clock_ppm,
            "instrument": self.instrument,
            "took_s": round(self.took_s, 1),
        }


def check(outside: Outside, config: Config, drive_seen: Callable[[], bool], tell: look.Tell) -> Checked:
    """Look at a bench. HilError only where its own parts are not there: no bus, no chip, no instrument."""
    began_ns = outside.now_ns
    parts = open_parts(outside.bus, config, outside.wait)
    done = Checked()
    try:
        _check(look.Bench(outside, _Switched(parts), drive_seen), config, done, tell)
    finally:
        parts.switches.rest()
        parts.supply.rest()
    done.took_s = (outside.now_ns - began_ns) / 1e9
    return done


def _check(bench: look.Bench, config: Config, done: Checked, tell: look.Tell) -> None:
    instrument = Instrument(bench.outside)
    done.instrument = instrument.number.hex()
    did = look.power(bench, tell)
    done.findings += diagnose.of_host(Host(did))
    if done.findings:
        done.not_tried = ["lines", "voltages", "calibration", "clocks", "reset"]
        return
    rover = Rover(bench.outside)
    try:
        rover.enter()
        done.findings += _named(
            diagnose.of_levels(look.levels(instrument, rover, tell), look.PLAYED, neighbours(config)), config
        )
        done.findings += _named(diagnose.of_gates(look.gates(instrument, rover, tell), look.GATES), config)
        did |= look.host(bench, rover, tell)
        if done.findings:
            done.not_tried = ["calibration", "clocks"]
        else:
            _calibrate(instrument, rover, done, tell)
    finally:
        instrument.let_go()
        rover.restart()
    did |= look.reset(bench, tell)
    done.findings += diagnose.of_host(Host(did))


def _calibrate(instrument: Instrument, rover: Rover, done: Checked, tell: look.Tell) -> None:
    tell("calibration: the converter against the rover's own")
    taken = look.sweep(instrument, rover, calibrate.SWEPT, calibrate.SAMPLES)
    tell("clocks, against each other")
    try:
        for name, rows in taken.items():
            done.calibrations[name] = calibrate.of_gate(name, calibrate.SWEPT, rows)
        done.clock_ppm = round(calibrate.clock_ppm(instrument, rover), 1)
    except HilError as error:
        what, _, remedy = str(error).partition("; ")
        done.findings.append(Finding((), what, remedy))


def neighbours(config: Config) -> list[tuple[str, str]]:
    """Wires that a slip of solder could join at either board, of those that the trials are about; each two once."""
    every = wires(config)
    pairs = {frozenset(pair): pair for board in (ROVER, INSTRUMENT) for pair in bridges(every, board)}
    return [(one, other) for one, other in pairs.values() if one in look.WIRES and other in look.WIRES]


def _named(findings: list[Finding], config: Config) -> list[Finding]:
    """With the pins of their wires."""
    by_name: dict[str, Wire] = {each.name: each for each in wires(config)}
    named = []
    for each in findings:
        pins = "; ".join(f"{name}: {by_name[name].source} to {by_name[name].target}" for name in each.wires)
        named.append(Finding(each.wires, f"{each.what} ({pins})", each.remedy, each.sure))
    return named


class _Switched:
    """The bench's parts, as `look` asks for them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def set(self, switch: str, on: bool) -> None:
        self._parts.switches.set(switch, on)

    def supply_mv(self, millivolts: float) -> None:
        self._parts.supply.set_mv(millivolts)
