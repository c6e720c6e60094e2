"""The trials, on a bench: what `diagnose` judges. The rover is left as it was found, in SAFE, whatever ends them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hil.bench.check import model
from hil.bench.check.instrument import CODE_MOST, Instrument
from hil.bench.check.rover import Rover
from hil.bench.check.seen import Gates, Levels
from hil.bench.instrument import wire
from hil.bench.instrument.lines import DAC_OUTPUTS, LINES
from hil.bench.outside import Outside
from sapper.shared.pins import ADC_FULL_SCALE_MV, VSYS_DIVIDER

WIRES = tuple(row[0] for row in LINES)
PLAYED = tuple(row[0] for row in LINES if row[2] == "played")
GATES = tuple(name for name in DAC_OUTPUTS if name)
KEY = "ARM_KEY"
CODES = 4096
_MV_PER_CODE = ADC_FULL_SCALE_MV / CODES
_RADIO_WORDS = ("sapper bench to rover", "sapper rover to bench")
_MS = 1_000_000
_LEVELS_MV = (4800.0, 5200.0)  # of the supply
_FOLLOWS_MV = 60.0
_NO_ANSWER = wire.FLAGS.index("the converter does not answer")
_HANGS = wire.FLAGS.index("the converter's bus hangs")

Tell = Callable[[str], None]


class Parts(Protocol):
    """The host's switches and supply: see hil/bench/parts/parts.py."""

    def set(self, switch: str, on: bool) -> None:
        """'key', 'run' (held low), 'bootsel' (held), 'supply', 'usb'."""

    def supply_mv(self, millivolts: float) -> None:
        """The level of VSYS."""


@dataclass
class Bench:
    """A bench to be looked at. drive_seen(): whether the boot ROM's drive is there."""

    outside: Outside
    parts: Parts
    drive_seen: Callable[[], bool]


def power(bench: Bench, tell: Tell) -> dict[str, bool]:
    """Supply and USB on, and a Sapper at the other end: 'supply' and 'usb' by its port, 'prompt' by its answer."""
    tell("power: the rover starts")
    bench.parts.set("key", False)
    bench.parts.set("usb", True)
    bench.parts.set("supply", True)
    rover = Rover(bench.outside)
    answers = rover.answers()
    if answers or bench.outside.rover_usb.present:
        return {"supply": True, "usb": True, "prompt": answers}
    return {"supply": False}


def host(bench: Bench, rover: Rover, tell: Tell) -> dict[str, bool]:
    """Key, radio and supply's level, the rover at its prompt. What cannot work without the one before is left out."""
    did = {}
    tell("key, radio, supply's level")
    off = KEY in rover.levels([KEY])
    bench.parts.set("key", True)
    on = KEY in rover.levels([KEY])
    bench.parts.set("key", False)
    did["key"] = on and not off
    at = []
    for millivolts in _LEVELS_MV:
        bench.parts.supply_mv(millivolts)
        bench.outside.wait(50 * _MS)
        at.append(rover.mean_code("VSYS_3") * _MV_PER_CODE * VSYS_DIVIDER)
    bench.parts.supply_mv(5000.0)
    did["level"] = abs((at[1] - at[0]) - (_LEVELS_MV[1] - _LEVELS_MV[0])) < _FOLLOWS_MV
    bench.outside.radio.read()
    rover.radio_heard()
    bench.outside.radio.write(_RADIO_WORDS[0].encode())
    bench.outside.wait(20 * _MS)
    did["radio to the rover"] = _RADIO_WORDS[0] in rover.radio_heard()
    rover.radio_says(_RADIO_WORDS[1])
    bench.outside.wait(20 * _MS)
    heard = b"".join(data for _, data in bench.outside.radio.read())
    did["radio from the rover"] = _RADIO_WORDS[1].encode() in heard
    return did


def reset(bench: Bench, tell: Tell) -> dict[str, bool]:
    """RUN and BOOTSEL: what the chip does to its port and its drive."""
    did = {}
    tell("RUN, BOOTSEL")
    bench.parts.set("run", True)
    bench.outside.wait(300 * _MS)
    did["run"] = not bench.outside.rover_usb.present
    if did["run"]:
        bench.parts.set("bootsel", True)
        bench.parts.set("run", False)
        bench.outside.wait(100 * _MS)
        bench.parts.set("bootsel", False)
        until_ns = bench.outside.now_ns + 5000 * _MS
        while not bench.drive_seen() and bench.outside.now_ns < until_ns:
            bench.outside.wait(50 * _MS)
        did["bootsel"] = bench.drive_seen()
        bench.parts.set("run", True)
        bench.outside.wait(10 * _MS)
    bench.parts.set("run", False)
    return did


def levels(instrument: Instrument, rover: Rover, tell: Tell) -> Levels:
    """Every digital line, alone, both ways."""
    tell("lines: each is driven alone, by the rover")
    instrument.let_go()
    idle = rover.levels(WIRES)
    across, own = {}, {}
    for name in WIRES:
        own[name] = rover.alone(WIRES, name)
        across[name] = instrument.high()
    tell("lines: each that is played, by the instrument")
    back = {}
    for name in PLAYED:
        instrument.play([name])
        back[name] = rover.levels(WIRES)
    instrument.let_go()
    return Levels(across, own, idle, back)


def gates(instrument: Instrument, rover: Rover, tell: Tell) -> Gates:
    """Every voltage, one high, the others low."""
    tell("voltages: each output of the converter alone")
    rover.levels(WIRES)
    high, low = (round(mv / _MV_PER_CODE) for mv in (model.HIGH_MV, model.LOW_MV))
    instrument.play(codes=dict.fromkeys(GATES, low))
    report = instrument.report()
    if report[5] & (1 << _NO_ANSWER | 1 << _HANGS):
        return Gates(False, *instrument.bus_at_rest())
    at_mv = {}
    for name in GATES:
        instrument.play(codes={each: high if each == name else low for each in GATES})
        at_mv[name] = {each: rover.mean_code(each) * _MV_PER_CODE for each in GATES}
    return Gates(True, 1, 1, at_mv)


def sweep(instrument: Instrument, rover: Rover, codes: Sequence[int], count: int) -> dict[str, list[list[int]]]:
    """The rover's codes of each gate at each code of the converter, all three outputs alike: for calibration."""
    taken: dict[str, list[list[int]]] = {name: [] for name in GATES}
    for code in codes:
        instrument.play(codes=dict.fromkeys(GATES, min(CODE_MOST, code)))
        for name in GATES:
            taken[name].append(rover.codes(name, count))
    return taken
