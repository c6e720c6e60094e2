"""Letting go stops, whatever the terminal: motion needs a fresh sign that a key is down."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper.shared.limits import LET_GO_MS, TICK_MS
from sapper.shared.settings import row_of
from sapper_host.operate.drive_keys import HOLD_S, KEYS, QUIET_S, DriveKeys, DriveLines

pytestmark = pytest.mark.unit
LET_GO_S = 10.0


def ready(releases: bool = False) -> DriveKeys:
    """Keys of which none was heard for long."""
    keys = DriveKeys(200, 500)
    keys.tells_releases(releases, 0.0)
    return keys


def test_the_whole_stays_within_a_quarter_of_a_second() -> None:
    # A line that leaves at the end of the hold is carried out at the next tick, and drives at the one after.
    assert HOLD_S * 1000 + 2 * TICK_MS < LET_GO_MS == 250
    slowest_repeat_s = 1 / 10.9  # the Linux console's default
    assert slowest_repeat_s < HOLD_S, "a held key would stutter"
    assert row_of("drive_timeout_ms")[1] > HOLD_S * 1000, "the board's own limit comes later"


@pytest.mark.parametrize("releases", [False, True])
def test_a_tap_drives_for_no_longer_than_the_hold(releases: bool) -> None:
    keys = ready(releases)
    keys.press("up", LET_GO_S)
    assert keys.wanted(LET_GO_S) == (200, 0) and keys.wanted(LET_GO_S + HOLD_S - 0.001) == (200, 0)
    assert keys.wanted(LET_GO_S + HOLD_S) is None


def test_a_held_key_nudges_pauses_and_drives_where_no_release_is_told() -> None:
    keys, now_s = ready(), LET_GO_S
    keys.press("up", now_s)
    assert keys.wanted(now_s + 0.4) is None, "nobody knows whether it is held"
    now_s += 0.5
    for _ in range(20):
        keys.press("up", now_s)
        assert keys.wanted(now_s + 0.03) == (200, 0)
        now_s += 0.033
    assert keys.wanted(now_s - 0.033 + HOLD_S) is None


def test_a_release_ends_it_at_once_and_answers_keep_it_going_until_then() -> None:
    keys, now_s = ready(True), LET_GO_S
    keys.press("up", now_s)
    for _ in range(40):
        now_s += 0.05
        keys.alive(now_s)
        assert keys.wanted(now_s) == (200, 0)
    keys.lift("up", now_s + 0.01)
    assert keys.wanted(now_s + 0.01) is None
    keys.alive(now_s + 0.02)
    assert keys.wanted(now_s + 0.02) is None


def test_a_terminal_that_answers_no_more_holds_nothing() -> None:
    keys = ready(True)
    keys.press("up", LET_GO_S)
    keys.alive(LET_GO_S + 0.1)
    assert keys.wanted(LET_GO_S + 0.1 + HOLD_S) is None
    keys.alive(LET_GO_S + 5)
    assert keys.wanted(LET_GO_S + 5) is None, "what has stood does not set off by itself"


def test_two_keys_add_and_opposite_ones_cancel() -> None:
    keys = ready()
    keys.press("up", LET_GO_S)
    keys.press("left", LET_GO_S)
    assert keys.wanted(LET_GO_S + 0.1) == (200, 500)
    keys.press("right", LET_GO_S + 0.1)
    assert keys.wanted(LET_GO_S + 0.12) == (200, 0)
    keys.let_go()
    assert keys.wanted(LET_GO_S + 0.12) is None


def test_nothing_moves_at_first_and_after_a_block_before_no_key_was_heard_for_long() -> None:
    keys, now_s = ready(), LET_GO_S
    keys.block(now_s)
    for _ in range(100):  # held: repeats do not end
        now_s += 0.1
        keys.press("up", now_s)
        assert keys.wanted(now_s) is None and keys.waits(now_s)
    keys.press("up", now_s + QUIET_S - 0.01)
    assert keys.wanted(now_s + QUIET_S - 0.01) is None
    keys.press("up", now_s + 2 * QUIET_S)
    assert keys.wanted(now_s + 2 * QUIET_S) == (200, 0)


def test_after_a_block_all_keys_must_be_seen_released_where_releases_are_told() -> None:
    keys, now_s = ready(True), LET_GO_S
    keys.press("up", now_s)
    keys.press("left", now_s)
    keys.block(now_s)
    for number in range(50):
        now_s += 0.1
        keys.press("left", now_s, "repeat" if number % 2 else "press")
        keys.alive(now_s)
        assert keys.wanted(now_s) is None and keys.waits(now_s)
    keys.lift("left", now_s)
    keys.press("left", now_s + 60)
    assert keys.wanted(now_s + 60) is None, "up was not seen released"
    keys.lift("left", now_s + 60)
    keys.lift("up", now_s + 61)
    keys.press("left", now_s + 61)
    assert keys.wanted(now_s + 61) == (0, 500)


def test_a_repeat_whose_press_was_not_seen_drives_nothing() -> None:
    keys = ready(True)
    keys.press("up", LET_GO_S)
    keys.lift("up", LET_GO_S)
    keys.press("down", LET_GO_S + 1, "repeat")
    assert keys.wanted(LET_GO_S + 1) is None


EVENTS = st.tuples(
    st.sampled_from(["press", "repeat", "lift", "alive", "let_go", "block", "releases", "no releases", "faster"]),
    st.sampled_from(list(KEYS)),
    st.floats(0, 0.4),
)


@given(st.lists(EVENTS, max_size=60))
def test_whatever_happens_no_motion_outlives_its_last_sign(events: list[tuple[str, str, float]]) -> None:
    keys, now_s, sign_s = ready(), LET_GO_S, float("-inf")
    for what, key, pause_s in events:
        now_s += pause_s
        match what:
            case "press" | "repeat":
                keys.press(key, now_s, what)  # type: ignore[arg-type]
                sign_s = now_s
            case "lift":
                keys.lift(key, now_s)
            case "alive":
                keys.alive(now_s)
                sign_s = now_s if keys.releases else sign_s
            case "let_go":
                keys.let_go()
            case "block":
                keys.block(now_s)
                assert keys.wanted(now_s) is None
            case "faster":
                keys.faster(True)
            case _:
                keys.tells_releases(what == "releases", now_s)
        wanted = keys.wanted(now_s)
        assert wanted is None or (abs(wanted[0]) <= 600 and abs(wanted[1]) <= 1000)
        assert keys.wanted(sign_s + HOLD_S + 1e-6) is None
        if what == "lift" and wanted is not None and keys.releases:
            assert KEYS[key] not in [KEYS[each] for each in keys._sign_s]


def played(keys: DriveKeys, presses: dict[int, str], until_ms: int, answered: bool = True) -> list[tuple[int, str]]:
    """(ms, line) of what is said, looked at each millisecond."""
    lines, said = DriveLines(keys), []
    for t_ms in range(until_ms):
        now_s = LET_GO_S + t_ms / 1000
        if t_ms in presses:
            keys.press(presses[t_ms], now_s)
        due_s = lines.due_s(now_s)
        line = lines.next(now_s)
        if line is not None:
            said.append((t_ms, line))
            if answered and line == "drive 0 0":
                lines.stands()
        elif due_s is not None:
            assert due_s > now_s - 0.001, "it slept past what it had to say"
    assert not lines.driving
    return said


def test_a_tap_says_drive_and_at_the_end_of_the_hold_stand() -> None:
    said = played(ready(), {0: "up"}, 1000)
    assert [line for _, line in said] == ["drive 200 0", "drive 200 0", "drive 0 0"]
    assert [t_ms for t_ms, _ in said] == [0, pytest.approx(100, abs=1), pytest.approx(150, abs=1)]


def test_a_stand_that_is_not_answered_is_said_again() -> None:
    said = played(ready(), {0: "up"}, 1000, answered=False)
    assert [t_ms for t_ms, line in said if line == "drive 0 0"] == pytest.approx([150, 190, 230], abs=2)


def test_a_change_of_keys_is_said_at_once_and_a_held_key_ten_times_a_second() -> None:
    presses = {t_ms: "up" for t_ms in range(0, 1000, 33)}
    said = played(ready(), presses | {1000: "left"}, 2000)
    ups = [t_ms for t_ms, line in said if line == "drive 200 0"]
    assert len(ups) >= 10 and max(b - a for a, b in itertools.pairwise(ups)) <= 101
    assert (1000, "drive 200 500") in said and said[-1] == (pytest.approx(1150, abs=1), "drive 0 0")
