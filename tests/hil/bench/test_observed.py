"""What the instrument tells becomes edges and duties with the times that they have at the rover."""

from __future__ import annotations

import pytest

from hil.bench.clock import InstrumentClock
from hil.bench.instrument import wire
from hil.bench.link import EVENT, REPORT_HEAD
from hil.bench.observed import WATCHED_SIGNALS, Observed, Report

pytestmark = pytest.mark.unit

_DELAY_NS = 21_000
_PERIOD = 6250  # cycles, 20 kHz
_MS = 1_000_000


def _told(observed: Observed, now_ns: int, *events: tuple[str, int, int, int, int], levels: int = 0) -> Report:
    """A report at now_ns with events: signal, ns, kind, values."""
    rows = b"".join(
        EVENT.pack(ns // 1000, ns // 8 & 0xFFFF, WATCHED_SIGNALS.index(signal), kind, value, other)
        for signal, ns, kind, value, other in events
    )
    return observed.take(REPORT_HEAD.pack(now_ns // 1000, now_ns // 1000, 0, 0, levels, 0, 0, len(events)) + rows)


@pytest.fixture
def observed() -> Observed:
    made = Observed(InstrumentClock(0, 0), _DELAY_NS)
    for seen in made.lines.values():
        seen.watched = True
    return made


def test_an_edge_is_told_with_its_time_at_the_rover_and_a_played_one_with_its_own(observed: Observed) -> None:
    _told(
        observed, 2 * _MS, ("MOTOR_EN", 1_234_568, wire.EDGE, 1, 0), ("ESTOP_OK", 1_200_000, wire.EDGE, 1, 0),
        levels=1 << WATCHED_SIGNALS.index("MOTOR_EN"),
    )  # fmt: skip
    enable, estop = observed.lines["MOTOR_EN"], observed.lines["ESTOP_OK"]
    assert enable.edges == [(1_234_568 - _DELAY_NS, 1)] and enable.level == 1
    assert estop.edges == [(1_200_000, 1)] and estop.level == 0


def test_a_duty_begins_with_a_period_and_ends_with_one(observed: Observed) -> None:
    motor = observed.lines["MOTOR_LEFT"]
    period_ns = _PERIOD * 8
    last_fall_ns = 3 * _MS + 1250 * 8
    _told(
        observed, 5 * _MS,
        ("MOTOR_LEFT", _MS, wire.EDGE, 1, 0),
        ("MOTOR_LEFT", _MS, wire.PULSE, 1250, _PERIOD),
        ("MOTOR_LEFT", 2 * _MS, wire.PULSE, 3125, _PERIOD),
        ("MOTOR_LEFT", 2_500_000, wire.PULSE, 1250, _PERIOD),
        ("MOTOR_LEFT", last_fall_ns, wire.STEADY, 0, 0),
    )  # fmt: skip
    rows = [(_MS, 0.2), (2 * _MS, 0.5), (2_500_000, 0.2), (3 * _MS + period_ns, 0.0)]
    assert motor.changes == [(t - _DELAY_NS, duty) for t, duty in rows]
    assert motor.duty == 0


def test_a_line_that_goes_up_and_stays_is_at_duty_1_from_its_rise_once_that_is_sure(observed: Observed) -> None:
    motor = observed.lines["MOTOR_RIGHT"]
    _told(observed, 990_000, ("MOTOR_RIGHT", _MS, wire.EDGE, 1, 0))
    assert motor.duty == 0 and motor.changes == []
    _told(observed, 2 * _MS)
    assert motor.duty == 1 and motor.changes == [(_MS - _DELAY_NS, 1.0)]
    _told(observed, 4 * _MS, ("MOTOR_RIGHT", 3 * _MS, wire.EDGE, 0, 0))
    assert motor.changes[1:] == [(3 * _MS - _DELAY_NS, 0.0)]


def test_pulses_too_slow_to_be_told_are_made_of_their_edges(observed: Observed) -> None:
    buzzer = observed.lines["BUZZER"]
    for k in range(10):  # 500 Hz, a quarter of it high
        _told(
            observed, 2 * _MS * k + 2_100_000,
            ("BUZZER", 2 * _MS * k + _MS, wire.EDGE, 1, 0),
            ("BUZZER", 2 * _MS * k + 1_500_000, wire.EDGE, 0, 0),
        )  # fmt: skip
    assert buzzer.duty == 0.25 and buzzer.changes[-1][1] == 0.25 and len(buzzer.changes) <= 3
    _told(observed, 200 * _MS)
    assert buzzer.duty == 0


def test_who_listens_hears_pulses_begin_and_cease_and_strobes_have_their_phase(observed: Observed) -> None:
    heard: list[tuple[int, bool]] = []
    observed.lines["COIL_TX"].listener = lambda t, on: heard.append((t, on))
    _told(
        observed, 9 * _MS,
        ("COIL_TX", _MS, wire.PULSE, 12500, 62500),
        ("STROBE_0", _MS, wire.PHASE, 14000, 0),
        ("COIL_TX", 3 * _MS, wire.PULSE, 12500, 60000),
        ("COIL_TX", 5_100_000, wire.STEADY, 0, 0),
    )  # fmt: skip
    assert heard == [(_MS - _DELAY_NS, True), (5_100_000 + 47_500 * 8 - _DELAY_NS, False)]
    assert observed.lines["STROBE_0"].phase_ns == 112_000


def test_flags_are_words() -> None:
    assert Report(0, 0, 0, 0, 0, 0b10010, 0).troubles == [wire.FLAGS[1], wire.FLAGS[4]]
