"""Two boards' figures: what counts as the same, and that nothing else passes."""

from __future__ import annotations

import pytest

from hil.prove.second_opinion.compare import FLOOR_NS, SLEEPS_NS, Row, rows
from hil.prove.second_opinion.explained import Explained
from hil.prove.second_opinion.figure import Edges, Figure

pytestmark = pytest.mark.unit


def judged(
    ours: str | int | Edges, theirs: str | int | Edges, name: str = "a: b", reason: Explained | None = None
) -> Row:
    (row,) = rows([Figure(name, ours)], [Figure(name, theirs)], {name: reason} if reason else {})
    return row


def wave(period_ns: float, edges: int) -> Edges:
    return tuple((round(i * period_ns / 2), 1 - i % 2) for i in range(edges))


def test_the_same_is_within_and_nothing_is_wrong() -> None:
    for value in ("ok", 1_000_000, wave(1000, 40), ()):
        row = judged(value, value)
        assert row.within and not row.wrong


def test_a_word_told_otherwise_is_wrong() -> None:
    assert judged("1", "2").wrong


def test_an_instant_may_be_off_by_the_tolerance_and_no_more() -> None:
    assert not judged(0, FLOOR_NS).wrong
    assert judged(0, FLOOR_NS + 1).wrong and judged(FLOOR_NS + 2, 0).wrong
    assert not judged(0, SLEEPS_NS, "watchdog: b").wrong
    assert judged(0, SLEEPS_NS + 1, "watchdog: b").wrong


def test_a_timer_that_is_a_hundredth_fast_is_wrong_and_a_twenty_thousandth_is_not() -> None:
    assert judged(wave(1_000_000, 21), wave(990_000, 21), "timers: b").wrong
    assert not judged(wave(1_000_000, 21), wave(1_000_050, 21), "timers: b").wrong


def test_edges_with_other_levels_are_wrong() -> None:
    assert judged(((0, 1), (10, 0)), ((0, 0), (10, 1))).wrong


def test_a_wave_may_be_cut_a_period_later_and_a_pulse_may_not_be_missing() -> None:
    assert not judged(wave(1000, 40), wave(1000, 42)).wrong
    assert judged(wave(1000, 40), wave(1000, 43)).wrong
    assert judged(wave(10_000, 4), wave(10_000, 2)).wrong
    lacking = wave(100_000, 40)[:10] + wave(100_000, 40)[12:]
    assert judged(wave(100_000, 40), lacking).wrong
    assert judged(wave(1000, 40), ()).wrong


def test_a_figure_of_one_board_alone_is_wrong() -> None:
    (row,) = rows([Figure("a: b", 1)], [], {})
    assert "only on virtual" in row.wrong
    (row,) = rows([], [Figure("a: b", 1)], {})
    assert "only on rp2040py" in row.wrong


def test_a_reason_covers_what_it_names_and_nothing_beyond() -> None:
    reason = Explained("why", between_ns=(-9000, -5000))
    row = judged(10_000, 3000, reason=reason)
    assert not row.wrong and row.explained == "why" and not row.within
    assert "beyond what its reason covers" in judged(20_000, 3000, reason=reason).wrong
    assert "beyond what its reason covers" in judged(3000, 10_000, reason=reason).wrong
    assert judged(wave(100_000, 4), wave(100_000, 9), reason=reason).wrong


def test_a_reason_for_words_covers_those_words() -> None:
    reason = Explained("why", told="ffff")
    assert not judged("1234", "ffff", reason=reason).wrong
    assert judged("1234", "eeee", reason=reason).wrong


def test_a_reason_without_a_difference_is_wrong() -> None:
    assert "take its reason out" in judged(5, 5, reason=Explained("why", between_ns=(-9000, -1000))).wrong
    assert "take its reason out" in judged("1", "1", reason=Explained("why", told="ffff")).wrong


def test_a_reason_that_goes_either_way_may_leave_no_difference() -> None:
    reason = Explained("why", between_ns=(-9000, 9000))
    for theirs in (20_000, 12_000, 28_000):
        assert not judged(20_000, theirs, reason=reason).wrong
    assert "beyond what its reason covers" in judged(20_000, 29_500, reason=reason).wrong
