"""A board that is restarted for the next scenario takes nothing along that was still on its way from the one before."""

from __future__ import annotations

from typing import Any

import pytest

from hil.testing.job import OFF_NS, restart

pytestmark = pytest.mark.unit


class Telling:
    """A line whose last words come late, as on a bench that sees late."""

    def __init__(self) -> None:
        self.due: list[tuple[int, bytes]] = [(20_000_000, b"* 9 4790 stop\n")]
        self.now_ns = 0

    def read(self) -> list[tuple[int, bytes]]:
        come = [each for each in self.due if each[0] <= self.now_ns]
        self.due = [each for each in self.due if each not in come]
        return come


class Late:
    """A rig with power."""

    def __init__(self) -> None:
        self.usb, self.uart = Telling(), (Telling(), Telling())
        self.powered = True
        self.off_ns = 0

    def power_cut(self) -> None:
        self.powered = False

    def power_on(self) -> None:
        self.powered = True

    def run(self, duration_ns: int) -> None:
        self.off_ns += 0 if self.powered else duration_ns
        for line in (self.usb, *self.uart):
            line.now_ns += duration_ns


def test_what_was_said_in_the_life_before_is_gone_when_the_supply_comes() -> None:
    rig: Any = Late()
    assert restart(rig) == "power off and on" and rig.powered and rig.off_ns == OFF_NS
    assert [line.due for line in (rig.usb, *rig.uart)] == [[], [], []]
