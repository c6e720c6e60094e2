"""What the console shows: whether the rover is heard, why it stands and what is to be done, on the screen itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sapper.shared.commands import ROWS
from sapper.shared.events import REASONS
from sapper_host.operate.drive_keys import QUIET_S
from tests.host.operate.talking_board import TalkingBoard, below, console_at, first, held, prompt, sapper_at
from tests.terminal import Terminal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
SIZES = [(24, 80), (40, 120)]


@pytest.fixture
def board() -> Iterator[TalkingBoard]:
    with TalkingBoard() as board:
        yield board


def armed(terminal: Terminal, state: str = "ARMED") -> None:
    lines = ("arm", "arm 4821", "sweep 1000")[: 3 if state == "SWEEP" else 2]
    for line in lines:
        said = len(terminal.said)
        terminal.type(line.encode() + b"\r")
        terminal.wait_for("ok ", since=said)
    terminal.wait_to_see(lambda shown: state in first(shown))


def test_a_line_that_falls_silent_is_in_the_first_line_within_a_second(board: TalkingBoard, tmp_path: Path) -> None:
    import time

    took_s = []
    with console_at(board.port, tmp_path) as terminal:
        for _ in range(4):  # the best: a busy machine is slow now and then
            terminal.wait_to_see(lambda shown: "link" in first(shown) and "/s" in first(shown))
            board.silent = True
            terminal.wait_to_see(lambda shown: "SILENT" in first(shown), limit_s=8)
            took_s.append(time.monotonic() - board.last_byte_s)
            board.silent = False
    print([f"{each:.2f} s" for each in took_s])
    assert min(took_s) < 1.0


def test_how_long_it_has_been_silent_is_told_and_the_state_is_not_shown_as_the_present(
    board: TalkingBoard, tmp_path: Path
) -> None:
    with console_at(board.port, tmp_path) as terminal:
        armed(terminal)
        terminal.wait_to_see(lambda shown: "5.01 V" in shown[-1])
        board.silent = True
        terminal.wait_to_see(lambda shown: "SILENT for 2 s" in first(shown), limit_s=8)
        assert terminal.lines[-1].endswith("(old)")
        board.silent = False
        terminal.wait_to_see(lambda shown: "SILENT" not in first(shown), limit_s=8)


def test_a_cable_that_is_pulled_is_no_link_and_enter_leaves(board: TalkingBoard, tmp_path: Path) -> None:
    with console_at(board.port, tmp_path) as terminal:
        board.vanish()
        terminal.wait_to_see(lambda shown: "NO LINK" in first(shown) and "Enter leaves" in below(shown), limit_s=8)
        terminal.type(b"\r")
        assert terminal.status() != 0


@pytest.mark.parametrize("size", SIZES)
def test_over_a_find_the_toolbar_says_which_verdicts_there_are(
    board: TalkingBoard, tmp_path: Path, size: tuple[int, int]
) -> None:
    with console_at(board.port, tmp_path, size=size) as terminal:
        armed(terminal, "SWEEP")
        board.event("detect", 1200, 640, 1, 5000, 4000)
        board.goes_to("CONTACT", "alert")
        terminal.wait_to_see(lambda shown: "CONTACT" in first(shown), limit_s=8)
        terminal.wait_to_see(lambda shown: f"`{ROWS['verdict'][1]}`" in below(shown), limit_s=8)
        assert "`mark`" in below(terminal.lines)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("state", "reason", "fault", "track", "words"),
    [
        ("STOPPED", "estop_open", "none", "none", "close the emergency-stop loop"),
        ("STOPPED", "link_lost", "none", "none", "no valid operator message"),
        ("STOPPED", "blind", "noise", "none", "look for radios, motors and power lines"),
        ("FAULT", "encoder", "encoder_left", "wrong_way", "the left track"),
        ("FAULT", "exception", "exception", "none", "the firmware raised an error"),
    ],
)
def test_why_it_stopped_stands_in_the_toolbar_as_long_as_it_is_stopped(
    board: TalkingBoard,
    tmp_path: Path,
    size: tuple[int, int],
    state: str,
    reason: str,
    fault: str,
    track: str,
    words: str,
) -> None:
    remedy = dict(REASONS)[reason]
    with console_at(board.port, tmp_path, size=size) as terminal:
        armed(terminal, "SWEEP")
        board.goes_to(state, reason, fault, track)
        terminal.wait_to_see(lambda shown: state in first(shown) and words in below(shown), limit_s=8)
        for seconds in (0.6, 1.5):  # STATUS frames have come since
            shown = below(terminal.look(seconds))
            assert reason in shown and words in shown and remedy in shown, shown
            assert "`disarm`" in shown or "then disarm" in shown, shown
            if fault not in ("none", reason):
                assert fault in shown, shown
            if track != "none":
                assert track in shown, shown
            assert all(len(line) <= size[1] for line in terminal.lines)
        terminal.type(b"disarm\r")
        terminal.wait_to_see(lambda shown: "SAFE" in first(shown) and words not in below(shown), limit_s=8)


@pytest.mark.parametrize("options", [(), ("--no-bell",)], ids=["bell", "no bell"])
def test_it_rings_once_an_alert_and_not_when_it_is_told_again(
    board: TalkingBoard, tmp_path: Path, options: tuple[str, ...]
) -> None:
    with console_at(board.port, tmp_path, *options) as terminal:
        armed(terminal, "SWEEP")
        for number in (1, 2):
            board.s_mm = 1300 * number
            board.event("detect", board.s_mm, 640, 1, 5000, 4000)
            board.goes_to("CONTACT", "alert")
            terminal.wait_to_see(lambda shown: "CONTACT" in first(shown), limit_s=8)
            board.event("verdict", board.s_mm, 1)
            board.goes_to("ARMED", "operator")
            board.event("contact", board.s_mm + 400, board.s_mm + 30, 80, 640, 100, 1)
            board.tell_again()
            board.goes_to("SWEEP", "operator")
            terminal.wait_to_see(lambda shown: "SWEEP" in first(shown), limit_s=8)
            terminal.look(0.5)
            assert terminal.bells == (0 if options else number)


def test_what_is_typed_while_driving_and_an_arrow_held_after_ctrl_c_leave_the_line_as_it_is(
    board: TalkingBoard, tmp_path: Path
) -> None:
    with console_at(board.port, tmp_path) as terminal:
        armed(terminal)
        terminal.type(b"\x1bOQ")
        terminal.wait_to_see(lambda shown: "DRIVING" in first(shown))
        terminal.look(QUIET_S + 0.1)
        held(terminal, 0.5)
        terminal.type("disarm мітка\t\n".encode())
        held(terminal, 0.3)
        assert prompt(terminal.lines) == ""
        terminal.wait_to_see(lambda shown: any(line.startswith("drive 200") for line in board.heard))
        terminal.type(b"\x03")
        held(terminal, 2.5)
        said = len(board.heard)
        held(terminal, 1.0)
        assert "stop" in board.heard and "disarm" not in board.heard
        assert prompt(terminal.lines) == "" and "STOPPED" in first(terminal.lines)
        assert not [line for line in board.heard[said:] if line.startswith("drive")]
        terminal.look(QUIET_S + 0.1)
        terminal.type(b"\x1b[A")
        terminal.wait_to_see(lambda shown: prompt(shown) == "arm 4821")  # let go of, it scrolls as always


@pytest.mark.parametrize("options", [(), ("--no-bell",)], ids=["bell", "no bell"])
def test_the_monitor_rings_and_says_the_same(board: TalkingBoard, tmp_path: Path, options: tuple[str, ...]) -> None:
    with sapper_at(tmp_path, "monitor", "--port", board.port, *options) as terminal:
        terminal.wait_to_see(lambda shown: "/s" in "".join(shown[:1]))
        board._to("SWEEP")
        board.event("detect", board.s_mm, 640, 1, 5000, 4000)
        board.goes_to("CONTACT", "alert")
        board.tell_again()
        terminal.wait_to_see(lambda shown: ROWS["verdict"][1] in " ".join(shown), limit_s=8)
        terminal.look(0.5)
        assert terminal.bells == (0 if options else 1)
        board.silent = True
        terminal.wait_to_see(lambda shown: "SILENT for 1 s" in shown[0], limit_s=8)
        assert "CONTACT?" in " ".join(terminal.lines)


def test_a_board_that_started_anew_is_asked_for_telemetry_again_and_not_called_silent(
    board: TalkingBoard, tmp_path: Path
) -> None:
    with console_at(board.port, tmp_path) as terminal:
        terminal.wait_to_see(lambda shown: "/s" in first(shown))
        board.silent = True
        terminal.wait_to_see(lambda shown: "SILENT" in first(shown), limit_s=8)
        board.telemetry, board.silent = False, False
        board.event("boot", 0, 3, 0)
        terminal.wait_to_see(lambda shown: "/s" in first(shown) and "SAFE" in first(shown), limit_s=8)
        assert board.heard.count("telemetry on") == 2
