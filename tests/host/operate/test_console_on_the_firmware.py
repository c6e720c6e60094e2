"""The console at the firmware's own application, whose time goes on: what it tells and when, as the screen shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapper_host.operate.drive_keys import QUIET_S
from tests.host.memory_board import MemoryBoard
from tests.host.operate.talking_board import below, console_at, first, held
from tests.host.operate.test_console_stops_a_rover import arm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
COPPER = (-1200, -700, -240)  # what it does to the gates, as in the other tests of the application
_TICKS = 5  # at a time, of 10 ms each


class LivingBoard(MemoryBoard):
    """Ticks at about its own pace. under: what the coil is over."""

    def __init__(self) -> None:
        super().__init__()
        self._turns = 0

    def _turn(self) -> None:
        self._turns += 1
        if self._turns % _TICKS == 0:
            with self._running():
                port = self.bench.ports[self._index]
                port.sent = b""
                self.bench.tick(_TICKS)
                said = bytes(port.sent)
            if said:
                self.send(said)


def test_letting_go_a_find_and_a_stop_are_shown_as_they_are(tmp_path: Path) -> None:
    with LivingBoard() as board, console_at(board.port, tmp_path) as terminal:
        board.bench.board.inputs.key = 1
        arm(terminal)
        terminal.type(b"\x1bOQ")
        terminal.wait_to_see(lambda shown: "DRIVING" in first(shown))
        terminal.look(QUIET_S + 0.2)
        held(terminal, 1.0)
        terminal.wait_to_see(lambda shown: "(rested)" in " ".join(shown) and "rested: told to stand" in below(shown))
        assert "drive_stale" not in terminal.said
        terminal.type(b"\x1bOQ")
        terminal.look(QUIET_S + 0.2)

        terminal.type(b"sweep 100000\r")
        terminal.wait_to_see(lambda shown: "SWEEP" in first(shown))
        terminal.look(3.0)
        assert terminal.bells == 0
        board.bench.board.acquisition.under = COPPER
        terminal.wait_to_see(lambda shown: "CONTACT" in first(shown) and "`verdict mine|" in below(shown))
        board.bench.board.acquisition.under = (0, 0, 0)
        terminal.look(0.5)
        assert terminal.bells == 1
        terminal.type(b"verdict clutter\r")
        terminal.wait_to_see(lambda shown: "ARMED" in first(shown) and "verdict" not in below(shown))

        board.bench.board.inputs.key = 0
        terminal.wait_to_see(lambda shown: "STOPPED" in first(shown) and "turn the arming key on" in below(shown))
        terminal.type(b"disarm\r")
        terminal.wait_to_see(lambda shown: "SAFE" in first(shown) and "arming key" not in below(shown))
        terminal.wait_to_see(lambda shown: "SILENT" not in first(shown))  # a busy machine may have been, for a while
