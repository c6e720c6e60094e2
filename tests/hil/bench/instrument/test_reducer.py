"""Entries become events: of some lines each edge, of others what is new about their pulses; never silently fewer."""

from __future__ import annotations

import random

import pytest
import reducer
from watched_lines import NAMES, RING, Event, Lines, pulses, waves

from hil.bench.instrument import wire

pytestmark = pytest.mark.unit

COIL, STROBE, MOTOR, BUZZER = (NAMES.index(name) for name in ("COIL_TX", "STROBE_1", "MOTOR_LEFT", "BUZZER"))
EN = NAMES.index("MOTOR_EN")
# Beyond the wraps of the count (2**16), the timer's parts (2**20 us) and of cycles modulo 2**28.
STARTS = (1_000_000, 2**28 - 3000, 125 * 2**20 - 3000, 125 * (2**32 - 20), 65536 * 7 - 2000)
AROUND = 125 * 2**32  # where the timer's microseconds come round, so does what is told


def told(edges: list[tuple[int, int]], lines: Lines | None = None, now: int | None = None) -> list[Event]:
    lines = lines or Lines()
    for at, levels in edges:
        lines.put(at, levels)
    return lines.scan(now)


@pytest.mark.parametrize("start", STARTS)
def test_each_edge_of_an_edge_line_is_told_with_its_time_to_the_cycle(start: int) -> None:
    edges = [(start + 1 + 5001 * i, (i + 1) & 1) for i in range(40)]
    events = told(waves(start + 10**9, {EN: edges}))
    assert [(e.cycles % AROUND, e.line, e.kind, e.first) for e in events] == [
        (at % AROUND, EN, wire.EDGE, level) for at, level in edges
    ]


@pytest.mark.parametrize("start", STARTS)
def test_a_row_of_pulses_is_told_once(start: int) -> None:
    events = told(waves(start + 10**9, {MOTOR: pulses(start, 2500, 6250, 100)}))
    assert [((e.cycles - start) % AROUND, e.kind, e.first, e.second) for e in events[:3]] == [
        (0, wire.EDGE, 1, 0),
        (2500, wire.EDGE, 0, 0),
        (0, wire.PULSE, 2500, 6250),
    ]
    assert len(events) == 3


def test_a_change_of_width_or_period_is_told_from_the_rise_on_that_it_begins_with() -> None:
    start = 10**6
    row = pulses(start, 2500, 6250, 10) + pulses(start + 62500, 3000, 6250, 10) + pulses(start + 125000, 3000, 7000, 10)
    changes = [e for e in told(waves(10**9, {MOTOR: row})) if e.kind == wire.PULSE]
    assert changes == [
        Event(start, MOTOR, wire.PULSE, 2500, 6250),
        Event(start + 62500, MOTOR, wire.PULSE, 3000, 6250),
        Event(start + 125000, MOTOR, wire.PULSE, 3000, 7000),
    ]


def test_what_looking_every_fourth_cycle_makes_of_a_steady_row_is_no_change() -> None:
    chance = random.Random(4)
    row = [(at + chance.randrange(4), level) for at, level in pulses(10**6, 2500, 6250, 2000)]
    assert [e.kind for e in told(waves(10**9, {MOTOR: row}))] == [wire.EDGE, wire.EDGE, wire.PULSE]


@pytest.mark.parametrize("level", [0, 1])
def test_pulses_that_cease_are_told_steady_since_their_last_edge(level: int) -> None:
    row = pulses(10**6, 2500, 6250, 50) + ([(10**6 + 50 * 6250, 1)] if level else [])
    last = row[-1][0]
    lines = Lines()
    assert told(waves(10**9, {MOTOR: row}), lines, last + 60_000)[-1].kind == wire.PULSE
    assert lines.scan(last + 70_000) == [Event(last, MOTOR, wire.STEADY, level, 0)]
    assert lines.scan(last + 2**28) == []


@pytest.mark.parametrize("level", [0, 1])
def test_a_gap_that_was_over_before_anyone_looked_is_told_all_the_same(level: int) -> None:
    row = pulses(10**6, 2500, 6250, 50)
    last = row[-1][0]
    if level:
        row += [(last + 3750, 1), (last + 3750 + 100_000, 0)]
    more = pulses(row[-1][0] + 100_000, 2500, 6250, 3)
    events = told(waves(10**9, {MOTOR: row + more}))[3:]
    since = last + 3750 if level else last
    kinds = [(e.cycles, e.kind, e.first) for e in events]
    assert (since, wire.STEADY, level) in kinds
    assert (more[0][0], wire.EDGE, 1) in kinds
    assert (more[0][0], wire.PULSE, 2500) in kinds


def test_pulses_slower_than_16_bits_of_cycles_are_told_by_their_edges() -> None:
    row = pulses(10**6, 70_000, 280_000, 20)
    events = told(waves(10**9, {BUZZER: row}))
    assert [(e.cycles, e.kind, e.first) for e in events] == [(at, wire.EDGE, level) for at, level in row]


def test_a_strobe_is_told_by_when_it_falls_after_the_transmit_pulse() -> None:
    start = 10**6
    rows = {
        COIL: pulses(start, 6250, 62500, 20),
        STROBE: pulses(start, 6500, 62500, 10) + pulses(start + 625_000, 6600, 62500, 10),
    }
    phases = [e for e in told(waves(10**9, rows)) if e.kind == wire.PHASE]
    assert [(e.line, e.first) for e in phases] == [(STROBE, 6500), (STROBE, 6600)]
    assert phases[1].cycles == start + 625_000


def test_entries_that_were_overwritten_are_told_of_and_nothing_is_made_of_the_seam() -> None:
    lines = Lines()
    told(waves(10**9, {EN: [(10**6, 1)]}), lines)
    for i in range(RING + 1):
        lines.put(2 * 10**6 + 200 * i, (i & 1) << EN)
    assert lines.scan() == []
    assert lines.state[4] == 1
    assert lines.state[1] == 0 << EN, "the levels are those of the newest entry"
    lines.put(4 * 10**6, 1 << EN)
    assert [(e.cycles, e.first) for e in lines.scan()] == [(4 * 10**6, 1)]


def test_a_ring_that_was_filled_but_not_over_is_whole() -> None:
    lines = Lines()
    for i in range(RING - 1):
        lines.put(10**6 + 200 * i, (~i & 1) << EN)
    assert len(lines.scan()) == RING - 1
    assert lines.state[4] == 0


def test_more_events_than_a_report_has_room_for_come_with_the_next() -> None:
    edges = [(10**6 + 500 * i, (0xF80 if i & 1 == 0 else 0)) for i in range(300)]
    events = told(edges)
    assert len(events) == 300 * 5
    assert sorted(events, key=lambda e: (e.cycles, e.line)) == events


def test_a_new_host_is_told_the_rows_that_there_are() -> None:
    lines = Lines()
    told(waves(10**9, {MOTOR: pulses(10**6, 2500, 6250, 10)}), lines)
    reducer.tell_again(lines.state)
    lines.put(10**6 + 10 * 6250, 1 << MOTOR)
    assert [(e.kind, e.first, e.second) for e in lines.scan()] == [(wire.PULSE, 2500, 6250)]
