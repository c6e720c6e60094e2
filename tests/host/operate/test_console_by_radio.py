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
from tests.terminal import READY_S

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


def test_letting_go_rests_and_a_lost_radio_is_told_at_once_and_why_it_stopped_when_it_is_back(
    radio: LossyLine, tmp_path: Path
) -> None:
    with console_at(radio.port, tmp_path, "--baud", "57600") as terminal:
        arm(terminal)
        radio.loss = TENTH
        terminal.type(b"\x1bOQ")
        terminal.wait_to_see(lambda shown: "DRIVING" in first(shown))
        for _ in range(10):  # a `drive 0 0` may be lost three times over
            terminal.look(QUIET_S + 0.2)
            held(terminal, 1.0)
            terminal.look(1.5)
            if any("TELEOP -> ARMED (rested)" in line for line in terminal.lines):
                break
        else:
            pytest.fail("\n".join(terminal.lines))
        terminal.type(b"\x1bOQ")
        said = len(terminal.said)
        terminal.wait_for("ok state=SWEEP", typing=b"sweep 20000\r", since=said)
        took_s = []
        for _ in range(3):  # the best: a busy machine is slow now and then
            terminal.wait_to_see(lambda shown: "SWEEP" in first(shown) and "/s" in first(shown))
            radio.cut = True
            terminal.wait_to_see(lambda shown: "SILENT" in first(shown), limit_s=10)
            took_s.append(time.monotonic() - radio.last_byte_s)
            radio.cut = False
            if took_s[-1] < 1.0:
                break
        print([f"{each:.2f} s" for each in took_s])
        assert min(took_s) < 1.0
        radio.cut = True
        terminal.look(2.5)
        radio.cut = False
        terminal.wait_to_see(lambda shown: "STOPPED" in first(shown) and "link_lost: no valid" in below(shown))
        terminal.type(b"disarm\r")
        terminal.wait_to_see(lambda shown: "SAFE" in first(shown) and "link_lost" not in below(shown))
