"""The keyboard's thread stops first, drives only by keys that were typed now, and hands the rest to line editing."""

from __future__ import annotations

import contextlib
import os
import pty
import time
import tty
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper_host.board.link import Link
from sapper_host.operate.drive_keys import HOLD_S, DriveKeys
from sapper_host.operate.driver import Driver
from sapper_host.operate.keyboard import Keyboard
from tests.host.board.test_link import wait_for
from tests.host.fake_board import FakeBoard

pytestmark = pytest.mark.unit
UP, F2 = b"\x1b[A", b"\x1bOQ"


class Hands:
    """What the keyboard did."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.keyboard: Keyboard | None = None

    def stop(self) -> None:
        self.did.append("stop")

    def toggle_driving(self) -> None:
        assert self.keyboard is not None
        self.keyboard.driving = not self.keyboard.driving
        self.did.append("driving" if self.keyboard.driving else "not driving")

    def keys_changed(self) -> None:
        pass

    def terminal_answered(self, flags: int) -> None:
        self.did.append(f"flags {flags}")

    def gone(self) -> None:
        self.did.append("gone")


def made(fd: int = -1) -> tuple[Keyboard, Hands, DriveKeys, list[bytes]]:
    hands, keys, edited = Hands(), DriveKeys(200, 500), []
    hands.keyboard = Keyboard(fd, hands, keys, edited.append)
    return hands.keyboard, hands, keys, edited


def test_what_is_typed_goes_to_line_editing_as_it_is() -> None:
    keyboard, hands, keys, edited = made()
    typed = b"sweep 1000\r\x1b[A\x1b[3~\t\x7f" + "é".encode()
    keyboard.feed(typed, 10.0)
    assert b"".join(edited) == typed and hands.did == [] and keys.wanted(10.0) is None


def test_ctrl_c_stops_before_what_was_typed_before_it_is_looked_at() -> None:
    keyboard, hands, _, edited = made()
    keyboard._parser.feed = lambda data: pytest.fail("looked at first") if not hands.did else []  # type: ignore[method-assign]
    keyboard.feed(b"sweep 1000\r" * 300 + b"\x03", 10.0)
    assert hands.did == ["stop"]


@pytest.mark.parametrize("ctrl_c", [b"\x03", b"\x1b[99;5u", b"\x1b[99;5:2u", b"\x1b[200~x\x03"])
def test_ctrl_c_stops_in_every_mode_and_ends_what_moves(ctrl_c: bytes) -> None:
    for mode in (b"", F2):
        keyboard, hands, keys, _ = made()
        keyboard.feed(mode, 10.0)
        keyboard.feed(UP, 20.0)
        keyboard.feed(ctrl_c, 20.01)
        assert "stop" in hands.did and keys.wanted(20.01) is None
        keyboard.feed(UP, 20.02)
        assert keys.wanted(20.02) is None, "held on, it would set off again"


def test_arrows_drive_only_in_the_drive_mode_and_are_not_typed_there() -> None:
    keyboard, hands, keys, edited = made()
    keyboard.feed(UP, 10.0)
    assert keys.wanted(10.0) is None and edited == [UP]
    keyboard.feed(F2, 20.0)
    keyboard.feed(UP, 20.1)
    assert keys.wanted(20.1) is None, "it may be held since before"
    keyboard.feed(UP, 30.0)
    assert keys.wanted(30.0) == (200, 0) and edited == [UP]
    keyboard.feed(b" ", 30.1)
    assert keys.wanted(30.1) is None
    keyboard.feed(b"\x1b", 40.0)
    keyboard.idle(40.1)
    assert hands.did == ["driving", "not driving"]


@pytest.mark.parametrize("lost", [b"\x1b[O", b"\x1b[I", b"\x1b[200~\x1b[A\x1b[201~", F2 + F2])
def test_a_lost_focus_or_a_paste_lets_nothing_move_before_all_is_let_go(lost: bytes) -> None:
    keyboard, _, keys, _ = made()
    keyboard.feed(F2, 1.0)
    keyboard.feed(UP, 10.0)
    assert keys.wanted(10.0) is not None
    keyboard.feed(lost, 10.01)
    now_s = 10.01
    for _ in range(50):
        assert keys.wanted(now_s) is None
        now_s += 0.033
        keyboard.feed(UP, now_s)
    keyboard.feed(UP, now_s + 2)
    assert keys.wanted(now_s + 2) == (200, 0)


# Letters of any alphabet, with Alt, in the kitty protocol; keys of line editing; not the terminal's own answers.
TYPED = ["x", "sweep 1000\r", "ї", "мітка", "é", "漢", "\t", "\n", "\x7f", "\x01", "\x12", "\x1bx", "\x1b[3~", "\x1b[H",
         "\x1b[1;5D", "\x1b[97;;97u", "\x1b[1111;;1111u", "\x1b[9u", "\x1bOH", "\x1b[24~", "\x1b[Z"]  # fmt: skip


@pytest.mark.parametrize("typed", TYPED, ids=ascii)
@pytest.mark.parametrize("arrow", [b"", UP], ids=["driving", "arrow held"])
def test_what_is_typed_while_driving_does_not_come_into_the_line(typed: str, arrow: bytes) -> None:
    keyboard, hands, keys, edited = made()
    keyboard.feed(b"dis" + F2, 10.0)
    keyboard.feed(arrow, 20.0)
    keyboard.feed(typed.encode(), 20.1)
    keyboard.idle(21.0)
    keyboard.feed(b"\x1b[12;40R", 21.0)  # where the cursor is, as line editing has asked
    keyboard.feed(F2 + b"arm", 22.0)
    assert b"".join(edited) == b"dis\x1b[12;40Rarm" and hands.did == ["driving", "not driving"]


@pytest.mark.parametrize("ending", [b"\x03", F2, b"\x1b"], ids=["Ctrl-C", "F2", "Escape"])
@pytest.mark.parametrize("arrow", [UP, b"\x1bOA", b"\x1b[1;1:2A"], ids=ascii)
@pytest.mark.parametrize("delay_s", [0.03, 0.25, 0.66])
def test_an_arrow_that_is_still_held_when_driving_ends_scrolls_no_history(
    ending: bytes, arrow: bytes, delay_s: float
) -> None:
    keyboard, hands, keys, edited = made()
    keyboard.feed(F2, 10.0)
    keyboard.feed(UP, 20.0)
    keyboard.feed(ending, 20.0)
    keyboard.idle(20.06)
    keyboard.driving = False  # as the console does in time
    edited.clear()
    now_s = 20.0 + delay_s
    for _ in range(60):
        keyboard.feed(arrow, now_s)
        keyboard.feed(b"a", now_s)
        assert keys.wanted(now_s) is None
        now_s += 0.092  # the slowest repeat there is
    assert set(edited) == {b"a"}, "letters are typed, arrows are not"
    keyboard.feed(F2, now_s)
    keyboard.feed(arrow, now_s + 0.05)
    assert keys.wanted(now_s + 0.05) is None, "still held, it does not set off again"
    keyboard.feed(F2, now_s + 0.1)
    keyboard.feed(UP, now_s + 1.0)
    assert edited[-1] == UP, "let go of, it is a key like any other"


def test_keys_that_lay_in_the_terminal_while_the_program_stood_still_drive_nothing() -> None:
    keyboard, _, keys, _ = made()
    keyboard.feed(F2, 1.0)
    keyboard.stalled(10.0)
    keyboard.feed(UP * 20, 10.0)
    assert keys.wanted(10.0) is None


@given(st.lists(st.binary(max_size=30), max_size=10))
def test_a_paste_never_drives_whatever_is_in_it(parts: list[bytes]) -> None:
    keyboard, _, keys, edited = made()
    keyboard.feed(F2, 1.0)
    now_s = 10.0
    keyboard.feed(b"\x1b[200~", now_s)
    for part in parts:
        now_s += 0.3
        keyboard.feed(part.replace(b"\x1b[201~", b"") + UP, now_s)
        assert keys.wanted(now_s) is None
    assert not edited or set(edited) == {b"\x03"}


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """(the operator's end, the program's end)"""
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, slave
    for fd in (master, slave):
        with contextlib.suppress(OSError):
            os.close(fd)


def test_a_terminal_that_goes_away_is_told(terminal: tuple[int, int]) -> None:
    master, slave = terminal
    keyboard, hands, _, edited = made(slave)
    keyboard.start()
    os.write(master, b"ab")
    wait_for(lambda: b"".join(edited) == b"ab")
    os.close(master)
    wait_for(lambda: "gone" in hands.did)
    keyboard.close()


def drives(board: FakeBoard) -> list[str]:
    return [line for line in board.heard if line.startswith("drive")]


def pressed(keys: DriveKeys, driver: Driver) -> float:
    now_s = time.monotonic()
    keys.press("up", now_s)
    driver.changed()
    return now_s


def free() -> DriveKeys:
    keys = DriveKeys()
    keys.block(time.monotonic() - 100)
    return keys


def test_the_driver_says_drive_at_once_and_stand_when_the_key_is_let_go() -> None:
    trouble: list[str] = []
    with FakeBoard() as board, Link.open(board.port) as link:
        keys = free()
        driver = Driver(link, keys, trouble.append)
        began_s = pressed(keys, driver)
        wait_for(lambda: "drive 0 0" in board.heard)
        took_s = time.monotonic() - began_s
        driver.close()
        assert drives(board)[0] == "drive 200 0" and drives(board).count("drive 0 0") == 1
        assert took_s > HOLD_S - 0.01
    assert trouble == []


def test_the_driver_waits_for_no_answer_to_say_stand() -> None:
    with FakeBoard() as board, Link.open(board.port) as link:
        board.mute = True
        keys = free()
        driver = Driver(link, keys, lambda _: None)
        pressed(keys, driver)
        wait_for(lambda: drives(board).count("drive 0 0") == 3)
        driver.close()


def test_leaving_the_drive_mode_stands_and_a_stop_needs_no_more() -> None:
    for stand in (True, False):
        with FakeBoard() as board, Link.open(board.port) as link:
            keys = free()
            driver = Driver(link, keys, lambda _: None)
            pressed(keys, driver)
            wait_for(lambda: drives(board))
            driver.close(stand)
            time.sleep(0.1)
            said = drives(board)
            time.sleep(0.3)
            assert drives(board) == said, "nothing is said after it was closed"
            assert (said[-1] == "drive 0 0") == stand


def test_a_refusal_is_told_once_and_ends_the_driving() -> None:
    trouble: list[str] = []
    with FakeBoard() as board, Link.open(board.port) as link:
        board._drive = lambda words: "err state: drive is not for SAFE"  # type: ignore[attr-defined]
        keys = free()
        driver = Driver(link, keys, trouble.append)
        for _ in range(10):
            pressed(keys, driver)
            time.sleep(0.03)
        driver.close()
        assert trouble == ["err state: drive is not for SAFE"]
        assert drives(board).count("drive 200 0") <= 2, "what was refused is not said again while the key is held"


def test_the_terminal_is_asked_while_a_key_is_down_and_only_then() -> None:
    asked: list[float] = []
    with FakeBoard() as board, Link.open(board.port) as link:
        keys = DriveKeys()
        keys.tells_releases(True, time.monotonic())

        def ask() -> None:
            asked.append(time.monotonic())
            keys.alive(time.monotonic())

        driver = Driver(link, keys, lambda _: None, ask)
        time.sleep(0.2)
        assert asked == []
        pressed(keys, driver)
        time.sleep(1.0)
        assert keys.wanted(time.monotonic()) == (200, 0) and len(asked) > 5
        keys.lift("up", time.monotonic())
        driver.changed()
        wait_for(lambda: "drive 0 0" in board.heard)
        driver.close()
