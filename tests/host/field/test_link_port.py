"""A mission's lines over a serial link: answers by number, a link that comes back, and `stop` before anything else."""

from __future__ import annotations

import time

import pytest

from sapper_host.field.link_port import LinkPort
from sapper_host.field.port import Answer, Gone, Heard, RigPort
from tests.host.fake_board import FakeBoard

pytestmark = pytest.mark.unit


def heard(port: LinkPort, wanted: type, seconds: float = 5.0) -> Heard:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for item in port.hear():
            if isinstance(item, wanted):
                return item
        time.sleep(0.02)
    raise AssertionError(f"no {wanted.__name__}")


def test_a_line_is_answered_under_its_number(board: FakeBoard) -> None:
    with LinkPort(board.port) as port:
        number = port.say("version")
        answer = heard(port, Answer)
        assert isinstance(answer, Answer) and answer.number == number and answer.ok
        assert answer.values["board"] == "e6614c775b000001"
        port.say("nonsense")
        refused = heard(port, Answer)
        assert isinstance(refused, Answer) and not refused.ok


def test_a_ping_goes_at_once_and_leaving_stops_the_rover(board: FakeBoard) -> None:
    with LinkPort(board.port) as port:
        port.say("ping")
        until = time.monotonic() + 3
        while "ping" not in board.heard and time.monotonic() < until:
            time.sleep(0.02)
        assert "ping" in board.heard
    assert "stop" in board.heard


def test_a_board_that_vanishes_is_told(board: FakeBoard) -> None:
    with LinkPort(board.port) as port:
        heard(port, Gone)  # that it is there
        board.vanish()
        gone = heard(port, Gone)
        assert isinstance(gone, Gone) and not gone.back and gone.why
        assert not port.stop_now()


def test_a_rigs_operator_will_do_as_well() -> None:
    def ask(line: str) -> tuple[str, list[str]]:
        return ("ok board=x", ["a line"]) if line == "version" else ("err line: no", [])

    port = RigPort(ask, lambda: 1.0)
    first, second = port.say("version"), port.say("lane 1 2")
    assert port.hear() == [Answer(first, True, "board=x", ("a line",)), Answer(second, False, "line: no")]
    assert port.hear() == []
