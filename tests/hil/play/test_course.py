"""A trace's way in pieces: stands and ways back are told where the firmware would find fault with a sweep."""

import numpy as np
import pytest

from hil.play.course import AHEAD, BACK, STAND, Piece, pieces_of
from hil.traces.motion import STEP_S, Leg, places_m

pytestmark = pytest.mark.unit

V = 0.4


def pieces(legs: list[Leg], ticks_per_m: float = 1000, turned: float = 1.0) -> list[Piece]:
    """turned: of the right track, how far it goes against the left one."""
    s_m = places_m(legs)
    left, right = np.floor(s_m * ticks_per_m), np.floor(s_m * turned * ticks_per_m)
    return pieces_of(STEP_S * np.arange(len(s_m)), [left, right], ticks_per_m)


def kinds(found: list[Piece]) -> list[str]:
    return [piece.how for piece in found]


@pytest.mark.parametrize(
    ("speed_m_s", "ticks_per_m"), [(0.6, 300), (0.15, 300), (0.6, 1000), (0.02, 1000), (0.6, 8000), (0.02, 8000)]
)
def test_a_lane_that_only_goes_ahead_is_one_piece(speed_m_s: float, ticks_per_m: float) -> None:
    assert kinds(pieces([Leg(speed_m_s, until_m=0.4)], ticks_per_m)) == [AHEAD]


def test_pieces_follow_each_other_from_end_to_end() -> None:
    found = pieces([Leg(V, until_m=1.0), Leg(0.0, seconds=2.0), Leg(-0.2, until_m=0.5), Leg(V, until_m=1.5)])
    assert kinds(found) == [AHEAD, STAND, BACK, AHEAD]
    assert found[0].from_s == 0
    assert all(one.to_s == other.from_s for one, other in zip(found, found[1:], strict=False))
    assert found[1].to_s - found[1].from_s == pytest.approx(2.0 - V / 0.6, abs=0.15), "less what it took to stop"


def test_a_stand_as_short_as_the_firmware_finds_fault_with_is_one() -> None:
    stop_s = V / 0.6
    assert kinds(pieces([Leg(V, until_m=1.0), Leg(0.0, seconds=stop_s + 0.3), Leg(V, until_m=2.0)])) == [
        AHEAD, STAND, AHEAD,
    ]  # fmt: skip
    assert kinds(pieces([Leg(V, until_m=1.0), Leg(0.1, until_m=1.1), Leg(V, until_m=2.0)])) == [AHEAD]


def test_counts_that_come_and_go_while_it_stands_are_a_stand() -> None:
    t_s = STEP_S * np.arange(600)
    ticks = np.clip(np.arange(600) * 4.0, 0, 800)
    ticks[250:] += np.arange(350) % 2
    assert kinds(pieces_of(t_s, [ticks, ticks], 1000)) == [AHEAD, STAND]


def test_a_track_that_rolls_back_a_little_goes_on_ahead() -> None:
    legs = [Leg(V, until_m=1.0), Leg(-0.05, until_m=1.05), Leg(V, until_m=2.0)]
    assert BACK not in kinds(pieces(legs))
    assert BACK in kinds(pieces([Leg(V, until_m=1.0), Leg(-0.2, until_m=0.9), Leg(V, until_m=2.0)]))


def test_one_track_back_is_enough() -> None:
    assert kinds(pieces([Leg(V, until_m=0.5)], turned=-1.0)) == [BACK]


def test_a_trace_that_stands_is_one_stand() -> None:
    still = np.zeros(300)
    assert kinds(pieces_of(STEP_S * np.arange(300), [still, still], 1000)) == [STAND]
