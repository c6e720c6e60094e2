"""The console at a virtual rover over a radio that loses a tenth of what it carries, and then all of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sapper_host.board.key_store import KeyStore
from sapper_host.board.link import Link
from sapper_host.board.radio_key import provision
from sapper_host.operate.drive_keys import QUIET_S
from tests.host.operate.lossy_line import LossyLine
from tests.host.operate.talking_board import below, console_at, first, held
from tests.host.operate.test_console_stops_a_rover import arm, virtual_rover
from tests.terminal import READY_S, Terminal

pytestmark = [pytest.mark.virtual, pytest.mark.slow, pytest.mark.xdist_group("virtual"), pytest.mark.timeout(300)]
TENTH = 0.1


@pytest.fixture
def radio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LossyLine]:
    """The radio of a virtual rover whose key this laptop has."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with virtual_rover(tmp_path) as lines:
        with Link.open(lines["usb"]) as link:
            board = link.identify(timeout_s=READY_S)["board"]
            link.command("ping")  # by its shape no answer of before is taken for the next
            provision(link, board, KeyStore())
        with LossyLine(lines["radio"]) as line:
            yield line


def rests(radio: LossyLine, terminal: Terminal) -> bool:
    """Armed and driven a moment over a line that loses a tenth: whether letting go ended as rested."""
    radio.loss = 0.0
    arm(terminal)
    terminal.type(b"\x1bOQ")
    terminal.wait_to_see(lambda shown: "DRIVING" in first(shown))
    terminal.look(QUIET_S + 0.2)
    radio.loss = TENTH
    held(terminal, 1.0)
    terminal.look(1.0)
    radio.loss = 0.0
    terminal.look(0.5)
    terminal.type(b"\x1bOQ")
    return "rested: told to stand" in below(terminal.lines)


def test_letting_go_rests_and_a_lost_radio_is_told_at_once_and_why_it_stopped_when_it_is_back(
    radio: LossyLine, tmp_path: Path
) -> None:
    with console_at(radio.port, tmp_path, "--baud", "57600") as terminal:
        # A `drive 0 0` may be lost three times over, or what keeps the link alive.
        assert any(rests(radio, terminal) for _ in range(5)), "\n".join(terminal.lines)
        arm(terminal)
        said = len(terminal.said)
        terminal.type(b"sweep 20000\r")
        terminal.wait_for("ok state=SWEEP", since=said)
        took_s = []
        for _ in range(3):  # the best: a busy machine is slow now and then
            terminal.wait_to_see(lambda shown: "/s" in first(shown), limit_s=10)
            radio.cut = True
            terminal.wait_to_see(lambda shown: "SILENT" in first(shown), limit_s=10)
            took_s.append(time.monotonic() - radio.last_byte_s)
            radio.cut = False
        print([f"{each:.2f} s" for each in took_s])
        assert min(took_s) < 1.0
        radio.cut = True
        terminal.look(2.5)
        radio.cut = False
        terminal.wait_to_see(lambda shown: "STOPPED" in first(shown) and "link_lost: no valid" in below(shown))
        said = len(terminal.said)
        terminal.wait_for("ok state=SAFE", typing=b"disarm\r", since=said)
        terminal.wait_to_see(lambda shown: "SAFE" in first(shown) and "link_lost" not in below(shown))
