"""What may be asked of a rig from afar is what the capabilities declare, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hil.farm.members import NotOfferedError, by_names, members, of_rig, plain, reach, restored
from hil.rigs.capabilities import CAPABILITIES, Insight, Lines, Pins, Power
from hil.rigs.ports import Converted, SerialLine

pytestmark = pytest.mark.unit
ALL = frozenset(CAPABILITIES)


class Line:
    def __init__(self, number: int) -> None:
        self.number = number
        self.secret = "no member of any port"

    def read(self) -> list[tuple[int, bytes]]:
        return [(self.number, b"x")]


class Rig:
    """Has more than it offers."""

    name = "fake"
    usb = Line(9)
    uart = (Line(0), Line(1))

    def pin(self, gpio: int) -> Any:
        if gpio > 29:
            raise ValueError(f"no pin {gpio}")
        return Line(gpio)

    def power_cut(self) -> None: ...

    def erase(self) -> None: ...


def test_every_member_of_every_capability_goes_over_the_wire() -> None:
    offered = of_rig(ALL)
    for each in CAPABILITIES:
        assert members(each).keys() <= offered.keys()
    assert {"run", "now_ns"} <= offered.keys() and "close" not in offered
    assert all(members(each.result) for each in offered.values() if each.kind in ("port", "ports", "made"))


@pytest.mark.parametrize(
    ("path", "holder", "name"),
    [(["usb", "read"], 9, "read"), (["uart", 1, "read"], 1, "read"), (["pin", 5, "level"], 5, "level")],
)
def test_ports_are_reached_by_name_and_number(path: list[Any], holder: int, name: str) -> None:
    found, member = reach(Rig(), ALL, path)
    assert (found.number, member.name) == (holder, name)


@pytest.mark.parametrize(
    "path",
    [
        ["erase"],
        ["close"],
        ["name"],
        ["__class__"],
        ["usb", "secret"],
        ["usb", "read", "read"],
        ["uart", "read"],
        ["uart", "1", "read"],
        ["pin"],
        ["now_ns", "real"],
        [1],
        [["usb"], "read"],
        [],
    ],
)
def test_nothing_else_is(path: list[Any]) -> None:
    with pytest.raises(NotOfferedError, match="not offered"):
        reach(Rig(), ALL, path)


def test_what_the_rig_does_not_offer_is_not_reached_either() -> None:
    with pytest.raises(NotOfferedError):
        reach(Rig(), frozenset({Lines, Pins}), ["power_cut"])
    assert reach(Rig(), frozenset({Power}), ["power_cut"])[1].kind == "call"


def test_a_pin_that_there_is_not_is_an_error_of_the_rigs_own() -> None:
    with pytest.raises(ValueError, match="no pin 99"):
        reach(Rig(), ALL, ["pin", 99])


def test_results_come_back_as_they_were_declared() -> None:
    assert restored([[1, b"a"], [2, b"b"]], members(SerialLine)["read"].result) == [(1, b"a"), (2, b"b")]
    was = Converted(np.array([1.0]), np.array([2], np.uint16), np.array([3], np.uint16))
    again = restored(plain(was), members(members(Insight)["insight"].result)["conversions"].result)
    assert isinstance(again, Converted) and again.codes.tolist() == [3]


def test_capabilities_that_this_side_does_not_know_are_left_out() -> None:
    assert by_names(["Lines", "Clairvoyance"]) == {Lines}
