"""Parsers with one fault each, of those met in the field and those that one writes by mistake: every one is seen."""

import importlib
import sys
import types
from random import Random

import against_pynmeagps
import against_pyubx2
import pytest
from gnss_cases import CASES, faults_of
from gnss_messages import rtcm
from test_origin import MOST_ERROR_MM, worst_mm
from test_rtcm import frames, passed

import sapper.sensors
from sapper_host.files.checkout import ROOT

pytestmark = pytest.mark.unit

# What is wrong: file, text, what stands there instead.
FAULTS = {
    "the checksum is not looked at": ("nmea", "state[6] > 0 and state[4] == state[5]", "state[6] > 0"),
    "a missing checksum is taken": ("nmea", "phase == 2 and state[6] > 0 and", "phase != 2 or"),
    "a checksum needs two digits": ("nmea", "phase == 2 and state[6] > 0", "phase == 2 and state[6] == 2"),
    "a checksum may have three": ("nmea", "digit == 16 or state[6] == 2", "digit == 16"),
    "small letters are no digits": ("nmea", "byte > 96 and byte < 103", "byte > 126"),
    "a `$` does not begin anew": ("nmea", "if byte == 36:", "if byte == 36 and phase == 0:"),
    "binary is part of a sentence": ("nmea", "elif byte < 32 or byte > 126:", "elif byte == 0 and byte > 126:"),
    "the line has no bound": ("nmea", "elif length == 128:", "elif length == 1280:"),
    "the sum does not begin at 0": (
        "nmea", "            length = 0\n            state[4] = 0", "            length = 0"
    ),
    "of talkers GP alone": ("nmea", "line[5] != 44 or line[0] == 80", "line[5] != 44 or line[1] != 80"),
    "V is no matter": ("nmea", "if status != _A or kind == NONE:", "if kind == NONE:"),
    "mode N is no matter": ("nmea", "if status != _A or kind == NONE:", "if status != _A:"),
    "quality 0 is no matter": ("nmea", "        if kind == NONE:\n            fix.denied = True\n", ""),
    "simulated is a fix": ("nmea", "DEAD_RECKONING, NONE, NONE)", "DEAD_RECKONING, NONE, SINGLE)"),
    "float and fixed change places": ("nmea", "SINGLE, FIXED, FLOAT, DEAD", "SINGLE, FLOAT, FIXED, DEAD"),
    "RMC's place goes before GGA's": ("nmea", "if where and not fix.told & PLACE:", "if where:"),
    "knots are metres a second": ("nmea", "(knots_x1000 * 463 + 450) // 900", "knots_x1000"),
    "the geoid is forgotten": ("nmea", "height_mm += values[_GEOID]", "pass"),
    "a sigma may be 0": ("nmea", "horizontal_mm if horizontal_mm else 1", "horizontal_mm"),
    "days and months change places": ("nmea", "day = date // 10_000", "day = date // 100 % 100"),
    "south is north": ("sentence", "        if letter == other:\n", "        if letter == 87:\n"),
    "west is east": ("sentence", "        if letter == other:\n", "        if letter == 83:\n"),
    "the sign is the degrees'": ("sentence", "                degrees -= 1\n", "                pass\n"),
    "any letter is a hemisphere": ("sentence", "(letter != half and letter != other)", "letter == 0"),
    "minutes have no bound": ("sentence", "minutes > 59 or (letter", "(letter"),
    "degrees have no bound": ("sentence", "if degrees > most or (degrees", "if degrees > 999 or (degrees"),
    "the last billionth does not carry": ("sentence", "if billionths == 1000000000:", "if billionths == -1:"),
    "seven decimals of minutes": ("sentence", "            decimals = 8\n", "            decimals = 7\n"),
    "a fraction has to be there": ("sentence", "        digits = at - first\n", "        digits = 0\n"),
    "milliseconds are counted as they stand": (
        "sentence", "            fraction *= 10\n", "            fraction *= 10 if at < i else 1\n"
    ),
    "hours have no bound": ("sentence", "if hours > 23 or minutes", "if minutes"),
    "the sign of a height is lost": ("sentence", "        if negative:\n            whole = 0 - whole\n", ""),
    "a thousandth is cut off": (
        "sentence", "and form != 99 and form != 97:\n            fraction += 1", "and form == 0:\n            pass"
    ),
    "sentences of two times are joined": (
        "epoch", "if key != self._key or self._seen & part or", "if self._seen & part or"
    ),
    "each sentence is a moment": ("epoch", "self._seen == self._parts or self._key == NO_KEY", "True"),
    "the last moment shows through": ("epoch", "            fix.clear()\n", ""),
    "nothing is told before the next": ("epoch", "self._expected & ~self._seen == 0", "False"),
    "what was denied is valid": ("fix", "        if self.denied:\n            self.kind = NONE\n", ""),
    "a guess is said to be told": (
        "fix", "if not self.told & SIGMA and self.valid", "self.told |= SIGMA\n        if self.valid"
    ),
    "a course keeps its sign": ("fix", "(course_x100 % 36_000 * ", "(course_x100 * "),
    "the root is rounded down": ("fix", "    if root * root < square:\n        root += 1\n", ""),
    "UBX's first sum is not looked at": ("ubx", "if byte != a:", "if byte > 255:"),
    "UBX's second sum is not looked at": ("ubx", "elif byte == b:", "elif byte < 256:"),
    "UBX's second sum is an exclusive or": ("ubx", "                b = (b + a) & 255", "                b = b ^ a"),
    "a false frame is skipped whole": (
        "ubx", "            first += 1\n            done = 0", "            first += done + 1\n            done = 0"
    ),
    "after a false frame what is held is lost": (
        "ubx", "            first += 1\n            done = 0", "            first = length\n            done = 0"
    ),
    "the length is believed": ("ubx", "if byte != total - 8:", "if byte == 0 and total == 0:"),
    "longitude and latitude change places": (
        "ubx", '("longitude", 24, 7), ("latitude", 28, 7)', '("longitude", 28, 7), ("latitude", 24, 7)'
    ),
    "degrees are rounded to 0": ("ubx", "out[to] = value // 10000000", "out[to] = int(value / 10000000)"),
    "gnssFixOK is no matter": ("ubx", "if not flags & _TO_USE or more & 1:", "if more & 1:"),
    "an invalid place is no matter": ("ubx", "if not flags & _TO_USE or more & 1:", "if not flags & _TO_USE:"),
    "the carrier's bits are one": ("ubx", "            if carrier == 2:", "            if carrier == 3:"),
    "last digits do not carry": ("ubx", "        if east < 0:\n            longitude -= 1\n", "        if east < 0:\n"),
    "last digits are of any moment": (
        "ubx", "self.epoch.open(HIGH, values[_H_ITOW]", "self.epoch.open(HIGH, self.epoch._key"
    ),
    "an unsigned uncertainty has a sign": ("ubx", '("horizontal", 40, 8)', '("horizontal", 40, 4)'),
    "both languages are heard at once": (
        "receiver", "if self._speaks != _NEITHER and not self.stale:", "if self._speaks == 9:"
    ),
    "RTCM's sum is not looked at": ("rtcm", "if crc == 0:", "if crc >= 0:"),
    "RTCM's length has eight bits": ("rtcm", "total = byte << 8", "total = 0"),
    "RTCM's false frame is skipped whole": (
        "rtcm", "                    first += 1\n                done = 0",
        "                    first += done\n                done = 0",
    ),
    "the queue does not turn round": ("rtcm", "queue[(to + i) & 0x7FF]", "queue[(to + i) % 2047]"),
    "the queue forgets its head": ("rtcm", "self._head = (self._head + count) & (QUEUE_BYTES - 1)", "self._head = 0"),
    "the earth is a sphere": ("origin", "along_um = across_um * (_ONE - _E2) // w2", "along_um = across_um"),
    "height is no matter": ("origin", "height_um = place.height_mm * 1000", "height_um = 0"),
    "west of the antimeridian is far": ("origin", "turned < -180", "turned < -999"),
}  # fmt: skip


def parsers(monkeypatch, name, old, new):
    """The room's modules, one with the fault."""
    monkeypatch.setattr(sys.modules["sapper"], "sensors", sapper.sensors)
    for key in [key for key in sys.modules if key.startswith("sapper.sensors")]:
        monkeypatch.delitem(sys.modules, key)
    source = (ROOT / "firmware" / "sapper" / "sensors" / f"{name}.py").read_text(encoding="utf-8")
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {name}"
    module = types.ModuleType(f"sapper.sensors.{name}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(source.replace(old, new), name, "exec"), vars(module))
    names = ("receiver", "nmea", "ubx", "rtcm", "origin")
    return {each: importlib.import_module(f"sapper.sensors.{each}") for each in names}


def of_rtcm(corrections):
    """Whether frames get through wrongly."""
    whole = frames(Random(1), 60)
    cut = rtcm(bytes(range(200)))[:150]
    spoilt = bytearray(rtcm(bytes(90)))
    spoilt[20] ^= 1
    kept = corrections()
    for frame in whole:
        if passed(frame, corrections=kept) != frame:
            return True
    first = b"".join(whole[:4])
    return passed(cut + first + bytes(1100), corrections=corrections()) != first or bool(
        passed(bytes(spoilt), corrections=corrections())
    )


def seen(made):
    """Whether the tests' own ways of looking see that something is wrong with these modules."""
    nmea, ubx = made["nmea"].Nmea, made["ubx"].Ubx
    ways = (
        lambda: any(faults_of(made["receiver"].Receiver(), name) for name in CASES),
        lambda: of_rtcm(made["rtcm"].Corrections),
        lambda: worst_mm(made["origin"].Origin, 60) >= MOST_ERROR_MM,
        lambda: against_pynmeagps.of_nmea(nmea, 150),
        lambda: against_pyubx2.of_ubx(ubx, 60),
        lambda: against_pynmeagps.too_much(nmea, 600)[0],
        lambda: against_pyubx2.too_much(ubx, 60)[0],
    )
    for way in ways:
        try:
            if way():
                return True
        except Exception:
            return True
    return False


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_seen(fault, monkeypatch):
    assert seen(parsers(monkeypatch, *FAULTS[fault]))


def test_without_a_fault_nothing_is_seen(monkeypatch):
    assert not seen(parsers(monkeypatch, "nmea", "import micropython\n", "import micropython\n\n"))
