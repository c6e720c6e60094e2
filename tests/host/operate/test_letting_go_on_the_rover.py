"""From a key's bytes to duty 0 at the motor pins: the console's keyboard and the real firmware, in the board's time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from hil.play.closed_loop import ClosedLoop
from hil.play.operator import Operator
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_MS, NS_PER_S
from hil.world.world import load_world
from sapper.shared.limits import LET_GO_MS
from sapper.shared.pins import GPIO
from sapper_host.operate import drive_keys
from sapper_host.operate.drive_keys import DriveKeys, DriveLines
from sapper_host.operate.keyboard import Keyboard

UP, F2 = b"\x1b[A", b"\x1bOQ"
RIGS = [
    pytest.param("sil", marks=pytest.mark.sil),
    pytest.param("virtual", marks=[pytest.mark.virtual, pytest.mark.slow, pytest.mark.xdist_group("virtual")]),
]


class Driven:
    """An armed rover, the keyboard, and what is said between them. lose: whether a line is lost on its way."""

    def __init__(self, rig: Any, lose: Callable[[str], bool] = lambda line: False) -> None:
        self.rig = rig
        self.loop = ClosedLoop(rig, load_world("clean"), NS_PER_MS)
        self.operator = Operator(rig, self.loop.run)
        self.operator.boot()
        self.operator.settle(0.6)
        self.operator.arm()
        self.keys = DriveKeys()
        self.lines = DriveLines(self.keys)
        self.keyboard = Keyboard(-1, self, self.keys, lambda data: None, lambda: self.now_s)
        self._lose = lose
        self.keyboard.feed(F2, self.now_s)
        self.run(1000)

    @property
    def now_s(self) -> float:
        return self.rig.now_ns / NS_PER_S

    def stop(self) -> None: ...
    def keys_changed(self) -> None: ...
    def gone(self) -> None: ...

    def toggle_driving(self) -> None:
        self.keyboard.driving = True

    def terminal_answered(self, flags: int) -> None:
        self.keys.tells_releases(bool(flags & 2), self.now_s)

    def type(self, data: bytes) -> None:
        self.keyboard.feed(data, self.now_s)

    def run(self, duration_ms: int, type_ms: int = 0, data: bytes = b"") -> None:
        """Time passes; every `type_ms` the terminal sends `data`."""
        for t_ms in range(duration_ms):
            if type_ms and t_ms % type_ms == 0:
                self.type(data)
            line = self.lines.next(self.now_s)
            if line is not None and not self._lose(line):
                self.rig.usb.write(line.encode() + b"\n")
            heard = len(self.operator.heard.lines)
            self.operator.run(NS_PER_MS)
            if line is None and any(text.startswith("ok state=") for text in self.operator.heard.lines[heard:]):
                self.lines.stands()

    def duties(self) -> list[float]:
        return [self.rig.pwm(GPIO[name]).duty for name in ("MOTOR_LEFT", "MOTOR_RIGHT")]

    def stood_after_ms(self, since_ns: int) -> float:
        """How long after `since_ns` both duties became 0, for good."""
        self.run(700)
        assert self.duties() == [0, 0]
        stops = [stop.t_ns for stop in self.loop.truth.stops if stop.t_ns > since_ns]
        assert stops, "it did not move"
        return (stops[-1] - since_ns) / NS_PER_MS


@pytest.fixture(params=RIGS)
def driven(request: pytest.FixtureRequest) -> Iterator[Driven]:
    with closing(open_rig(request.param)) as rig:
        yield Driven(rig)


def tap(driven: Driven) -> float:
    """A single press, on a terminal that tells no release."""
    at_ns = driven.rig.now_ns
    driven.type(UP)
    return driven.stood_after_ms(at_ns)


def hold(driven: Driven) -> float:
    """Held for a second with the Linux console's slow repeat, then let go: since the last repeat."""
    driven.type(UP)
    driven.run(500)
    driven.run(1000, 92, UP)
    at_ns = driven.rig.now_ns - 1000 % 92 * NS_PER_MS
    assert min(driven.duties()) > 0
    return driven.stood_after_ms(at_ns)


def release(driven: Driven) -> float:
    """Held for a second on a terminal that tells releases, then let go: since the release."""
    driven.type(b"\x1b[?11u")
    driven.type(b"\x1b[1;1:1A")
    driven.run(1000, 50, b"\x1b[?11u")
    assert min(driven.duties()) > 0
    at_ns = driven.rig.now_ns
    driven.type(b"\x1b[1;1:3A")
    return driven.stood_after_ms(at_ns)


def test_letting_go_stops_the_motors_within_a_quarter_of_a_second(
    driven: Driven, record_property: Callable[[str, object], None]
) -> None:
    figures = {how.__name__: how(driven) for how in (tap, hold, release)}
    for name, value in figures.items():
        record_property(name, round(value, 1))
    print(driven.rig.name, {name: f"{value:.1f} ms" for name, value in figures.items()})
    assert max(figures.values()) <= LET_GO_MS
    assert figures["release"] < 40, "where a release is told nothing is waited for"


@pytest.mark.sil
@pytest.mark.parametrize("lost", [False, True], ids=["all lines arrive", "no stand line arrives"])
@pytest.mark.parametrize("how", [tap, hold, release])
def test_letting_go_ends_as_rested_and_as_a_stop_only_where_the_board_was_not_told(
    how: Callable[[Driven], float], lost: bool
) -> None:
    with closing(open_rig("sil")) as rig:
        driven = Driven(rig, lambda line: lost and line == "drive 0 0")
        begun = len(driven.operator.heard.events)
        how(driven)
        driven.run(500)
        heard = driven.operator.heard.events[begun:]
        ends = {event.args["reason"] for event in heard if event.kind == "state" and event.args["to"] == "ARMED"}
        stops = {event.args["reason"] for event in heard if event.kind == "stop"}
        assert ends == ({"drive_stale"} if lost else {"rested"}), heard
        assert stops == ({"drive_stale"} if lost else set()), heard


@pytest.mark.sil
def test_a_lost_stand_line_does_not_drive_on() -> None:
    lost = []

    def first_stand(line: str) -> bool:
        lost.append(line)
        return line == "drive 0 0" and lost.count(line) == 1

    with closing(open_rig("sil")) as rig:
        driven = Driven(rig, first_stand)
        assert tap(driven) <= LET_GO_MS and lost.count("drive 0 0") > 1


@pytest.mark.sil
def test_letting_go_at_the_fastest_stops_as_soon_and_is_no_fault() -> None:
    with closing(open_rig("sil")) as rig:
        driven = Driven(rig)
        driven.type(b"+" * 20)
        driven.type(UP)
        driven.run(500)
        driven.run(2000, 33, UP)
        at_ns = rig.now_ns - 2000 % 33 * NS_PER_MS
        assert driven.loop.truth.speed_at(rig.now_ns) > 0.5
        assert driven.stood_after_ms(at_ns) <= LET_GO_MS
        driven.run(2000)
        assert "state=ARMED" in driven.operator.must("status"), "rolling out is no fault"


@pytest.mark.sil
@pytest.mark.parametrize("how", [tap, hold])
def test_the_measurement_notices_keys_that_hold_for_long(
    how: Callable[[Driven], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drive_keys, "HOLD_S", 0.3)
    with closing(open_rig("sil")) as rig:
        assert how(Driven(rig)) > LET_GO_MS


@pytest.mark.sil
def test_nothing_moves_by_a_paste_or_after_a_lost_focus() -> None:
    with closing(open_rig("sil")) as rig:
        driven = Driven(rig)
        for typed in (b"\x1b[200~" + UP * 30 + b"\x1b[201~", b"\x1b[O", b"\x1b[I", UP):
            driven.type(typed)
            driven.run(100, 33, UP if typed == b"\x1b[I" else b"")
            assert driven.duties() == [0, 0]
        assert not driven.loop.truth.stops
