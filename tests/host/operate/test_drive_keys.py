"""Arrow keys drive while they are held and not for long after; a board that refuses ends it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper_host.board.link import Link
from sapper_host.operate.drive_keys import KEYS, DriveKeys, Driver
from tests.host.fake_board import FakeBoard

pytestmark = pytest.mark.unit


def test_a_held_key_drives_and_a_released_one_stops_soon() -> None:
    keys = DriveKeys(200, 500)
    assert keys.wanted(0.0) is None
    keys.press("up", 0.0)
    assert keys.wanted(0.65) == (200, 0), "the terminal's repeat has not set in yet"
    for i in range(20):
        keys.press("up", 0.66 + i * 0.03)
    last = 0.66 + 19 * 0.03
    assert keys.wanted(last + 0.2) == (200, 0) and keys.wanted(last + 0.26) is None


def test_two_keys_add_and_opposite_ones_cancel() -> None:
    keys = DriveKeys(200, 500)
    keys.press("up", 0.0)
    keys.press("left", 0.0)
    assert keys.wanted(0.1) == (200, 500)
    keys.press("right", 0.1)
    assert keys.wanted(0.2) == (200, 0)
    keys.release()
    assert keys.wanted(0.2) is None


@given(st.lists(st.tuples(st.sampled_from([*KEYS, "+", "-"]), st.floats(0, 0.5)), max_size=60))
def test_whatever_is_pressed_stays_within_limits_and_ends(presses: list[tuple[str, float]]) -> None:
    keys, now = DriveKeys(), 0.0
    for key, pause in presses:
        now += pause
        if key in KEYS:
            keys.press(key, now)
        else:
            keys.faster(key == "+")
        wanted = keys.wanted(now)
        assert wanted is None or (abs(wanted[0]) <= 600 and abs(wanted[1]) <= 1000)
    assert keys.wanted(now + 0.71) is None


def drives(board: FakeBoard) -> list[str]:
    return [line for line in board.heard if line.startswith("drive")]


def test_the_driver_repeats_and_ends_with_a_stop() -> None:
    trouble: list[str] = []
    with FakeBoard() as board, Link.open(board.port) as link:
        keys = DriveKeys()
        driver = Driver(link, keys, trouble.append)
        keys.press("up", time.monotonic())
        time.sleep(1.5)
        driver.close()
        time.sleep(0.1)
        assert len(drives(board)) >= 3 and drives(board)[-1] == "drive 0 0" and drives(board).count("drive 0 0") == 1
    assert trouble == []


def test_a_refusal_is_told_once_and_ends_the_driving() -> None:
    trouble: list[str] = []
    with FakeBoard() as board, Link.open(board.port) as link:
        board._drive = lambda words: "err state: drive is not for SAFE"  # type: ignore[attr-defined]
        keys = DriveKeys()
        driver = Driver(link, keys, trouble.append)
        keys.press("up", time.monotonic())
        time.sleep(0.8)
        driver.close()
        assert trouble == ["err state: drive is not for SAFE"] and len(drives(board)) == 1
