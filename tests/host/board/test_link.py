"""A link gives each command its own answer or says why not, whatever else comes along the line."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sapper.shared import wire
from sapper_host.board.decoder import Event, Frame, Text
from sapper_host.board.line_signer import plain
from sapper_host.board.link import Happening, Link, Sent
from sapper_host.errors import BoardError, LinkError, LinkGoneError, NoAnswerError, SapperError, Status
from tests.host.fake_board import FakeBoard

pytestmark = pytest.mark.unit


@pytest.fixture
def link(board: FakeBoard) -> Iterator[Link]:
    with Link.open(board.port) as made:
        yield made


def wait_for(condition: object, timeout_s: float = 3.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_identify_gives_the_version(link: Link) -> None:
    assert link.identify()["board"] == "e6614c775b000001"


def test_an_answer_of_many_lines_is_whole(link: Link) -> None:
    answer = link.command("help")
    assert answer.ok and len(answer.lines) > 20 and answer.lines[0].startswith("help")


def test_a_refusal_raises_with_its_name_and_text(link: Link) -> None:
    with pytest.raises(BoardError, match="no command 'dance'") as caught:
        link.command("dance")
    assert caught.value.name == "unknown" and caught.value.status == Status.REFUSED
    assert link.command("dance", check=False).error_name == "unknown"


def test_events_and_frames_between_come_to_listeners_and_not_into_answers(board: FakeBoard, link: Link) -> None:
    heard: list[Happening] = []
    link.listen(heard.append)
    board.before_answer = b"* 1 5 boot s_mm=0 cause=watchdog source=factory\r\n\0garbage\0"
    assert link.command("status").values()["state"] == "SAFE"
    board.before_answer = b""
    board.telemetry = True
    board.frame(wire.STATUS, t_ms=77)
    wait_for(lambda: any(isinstance(item, Frame) for item in heard))
    assert heard[0] == Sent("status")
    assert any(isinstance(item, Event) and item.kind == "boot" for item in heard)
    assert any(isinstance(item, Text) and item.line.startswith("ok state=") for item in heard)


def test_no_answer_is_an_error_in_time(board: FakeBoard, link: Link) -> None:
    board.mute = True
    begin = time.monotonic()
    with pytest.raises(NoAnswerError, match="no answer to 'status' within 0.3 s"):
        link.command("status", timeout_s=0.3)
    assert time.monotonic() - begin < 1


def test_a_late_answer_is_not_taken_for_the_next_commands(board: FakeBoard, link: Link) -> None:
    board.delay_s = 0.4
    with pytest.raises(NoAnswerError):
        link.command("version", timeout_s=0.2)
    assert "state" in link.command("status").values()


def test_a_lost_answer_does_not_shift_all_later_ones(board: FakeBoard, link: Link) -> None:
    board.drop_answers = 1
    with pytest.raises(NoAnswerError):
        link.command("version", timeout_s=0.2)
    assert "state" in link.command("status").values()


def test_a_lost_answer_under_keepalive_is_found_by_the_next_ping(board: FakeBoard, link: Link) -> None:
    link.keep_alive()
    wait_for(lambda: "ping" in board.heard)
    board.drop_answers = 1
    begin = time.monotonic()
    with pytest.raises(NoAnswerError):
        link.command("version", timeout_s=5)
    assert time.monotonic() - begin < 3
    for _ in range(3):
        assert "state" in link.command("status").values()


def test_a_lost_answer_to_a_ping_holds_up_neither_the_next_nor_a_command(board: FakeBoard, link: Link) -> None:
    link.keep_alive()
    wait_for(lambda: "ping" in board.heard)
    board.drop_answers = 1
    wait_for(lambda: board.drop_answers == 0)
    begin, pings = time.monotonic(), board.heard.count("ping")
    wait_for(lambda: board.heard.count("ping") > pings)
    assert time.monotonic() - begin < 1.2, "the board stops after 1.5 s"
    begin = time.monotonic()
    assert link.command("status").ok
    assert time.monotonic() - begin < 0.8


def test_stop_overtakes_a_command_that_waits(board: FakeBoard, link: Link) -> None:
    board.delay_s = 0.8
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(link.command("version", timeout_s=3)))
    waiting.start()
    wait_for(lambda: "version" in board.heard)
    begin = time.monotonic()
    assert link.stop().values() == {"state": "STOPPED"}
    assert board.state == "STOPPED" and time.monotonic() - begin < 0.5 and not answers
    waiting.join()
    assert "sapper" in answers[0].values()


def test_keepalive_pings_while_wanted_and_is_not_heard(board: FakeBoard, link: Link) -> None:
    heard: list[Happening] = []
    link.listen(heard.append)
    link.keep_alive()
    time.sleep(1.3)
    link.keep_alive(False)
    time.sleep(0.6)
    pings = board.heard.count("ping")
    assert 2 <= pings <= 4 and heard == []
    time.sleep(0.7)
    assert board.heard.count("ping") == pings


def test_a_board_that_vanishes_ends_every_wait_with_an_error(board: FakeBoard, link: Link) -> None:
    board.mute = True
    threading.Timer(0.2, board.vanish).start()
    with pytest.raises(LinkGoneError):
        link.command("status", timeout_s=5)
    with pytest.raises(LinkError):
        link.command("status", timeout_s=5)
    assert link.gone is not None and link.gone.status == Status.NO_DEVICE


def test_a_port_in_use_is_named_with_its_user(board: FakeBoard, link: Link) -> None:
    with pytest.raises(LinkError, match="in use") as caught:
        Link.open(board.port)
    assert "close it there" in caught.value.remedy


def test_a_port_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="there is no port"):
        Link.open(str(tmp_path / "ttyACM9"))


def test_a_file_is_not_a_port(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(LinkError, match="not a serial port"):
        Link.open(str(path))


def test_a_board_that_is_just_starting_is_asked_again(board: FakeBoard, link: Link) -> None:
    board.mute = True
    threading.Timer(0.6, lambda: setattr(board, "mute", False)).start()
    assert link.identify()["sapper"] == "0.1.0"
    assert board.heard.count("version") == 2
    assert link.command("help").ok, "what was not answered does not stand in the way"


def test_a_slow_board_is_known_by_a_late_answer(board: FakeBoard, link: Link) -> None:
    board.delay_s = 1.4
    assert link.identify()["sapper"] == "0.1.0"
    board.delay_s = 0
    assert "state" in link.command("status").values()


@pytest.mark.parametrize(
    ("answer", "what"),
    [("hello there", "not as a Sapper"), (">>> version\r\nTraceback (most recent call last):", "MicroPython")],
)
def test_another_device_is_told_apart(answer: str, what: str) -> None:
    with FakeBoard(version=answer) as board, Link.open(board.port) as link, pytest.raises(LinkError, match=what):
        link.identify(timeout_s=0.3)


def test_a_silent_port_is_said_to_be_silent(board: FakeBoard, link: Link) -> None:
    board.mute = True
    with pytest.raises(LinkError, match="nothing answers"):
        link.identify(timeout_s=0.2)


@pytest.mark.parametrize("line", ["x" * 161, "two\nlines", "caf\u00e9", "\x03"])
def test_a_line_the_board_could_not_take_is_not_sent(board: FakeBoard, link: Link, line: str) -> None:
    with pytest.raises(SapperError, match="printable ASCII"):
        link.command(line)
    assert board.heard == []


def test_a_signer_sees_every_line_that_leaves_but_stop(board: FakeBoard) -> None:
    sealed: list[str] = []

    def seal(line: str) -> bytes:
        sealed.append(line)
        return plain(line)

    with Link.open(board.port, encode=seal) as link:
        link.command("status")
        link.stop()
    assert sealed == ["status"], "a stop waits for no signer"


def test_closing_leaves_no_thread_and_frees_the_port(board: FakeBoard) -> None:
    before = threading.active_count()
    for _ in range(3):
        with Link.open(board.port) as link:
            link.keep_alive()
            link.command("status")
    assert threading.active_count() == before
