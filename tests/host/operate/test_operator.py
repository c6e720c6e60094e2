"""The operator's own record of the rover's state: by whatever the board says of it last."""

from __future__ import annotations

import pytest

from sapper_host.board.link import Link
from sapper_host.operate.operator import Operator
from tests.host.board.test_link import wait_for
from tests.host.operate.talking_board import TalkingBoard

pytestmark = pytest.mark.unit


def test_a_state_whose_event_was_lost_is_known_by_the_next_status_frame() -> None:
    with TalkingBoard() as board, Link.open(board.port) as link, Operator(link) as operator:
        for line in ("telemetry on", "arm", "arm 4821"):
            operator.say(line)
        assert operator.state == "ARMED" and operator.holds
        board.state, board.reason = "STOPPED", "estop_open"
        wait_for(lambda: operator.state == "STOPPED" and not operator.holds)


def test_events_told_again_do_not_set_it_back() -> None:
    with TalkingBoard() as board, Link.open(board.port) as link, Operator(link) as operator:
        for line in ("arm", "arm 4821", "disarm", "arm", "arm 4821", "sweep 1000"):
            operator.say(line)
        followed: list[str] = []
        operator._follow = followed.append  # type: ignore[method-assign]
        board.tell_again()
        operator.say("ping")  # its answer comes after them
        assert operator.state == "SWEEP" and operator.holds and followed == []
