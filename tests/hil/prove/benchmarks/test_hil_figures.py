"""The bench's figures: each fails on what is known to be bad, and nothing measured is no figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest

from hil.bench.check import model
from hil.bench.check.diagnose import Finding
from hil.errors import HilError
from hil.prove.benchmarks import hil_edges, hil_encoders, hil_lanes, hil_safety, hil_voltages, hil_wiring
from hil.prove.benchmarks.hil_edges import Told, pair_edges
from hil.prove.benchmarks.hil_encoders import Compared, Track, without
from hil.prove.benchmarks.hil_voltages import Asked, Heard
from hil.prove.benchmarks.hil_wiring import Fault, Judged, every_fault
from hil.prove.benchmarks.hil_world_clock import Enclosure
from hil.prove.benchmarks.row import Row
from hil.rigs.capabilities import Time
from hil.rigs.registry import entry
from hil.world.encoder import QUARTERS
from hil.world.wiring import Decoder

pytestmark = pytest.mark.unit

_MS = 1_000_000


def failing(rows: list[Row]) -> list[str]:
    return [row.name for row in rows if not row.ok]


# The world's clock


def test_looks_at_a_timer_enclose_its_zero_whatever_it_is() -> None:
    rate, zero_us = 1 + 17e-6, 1234.567
    clock = Enclosure(rate)
    for look in range(300):
        at_ns = look * 1_013_177.0
        clock.look(at_ns, int(at_ns * rate / 1000 + zero_us))
    assert clock.width_ns < 40
    assert abs(clock.timer_ns(5e9) - (5e9 * rate + zero_us * 1000)) < 40


def test_a_timer_that_goes_at_another_rate_is_no_clock() -> None:
    clock = Enclosure(1.0)
    with pytest.raises(HilError, match="rate of its crystal"):
        for look in range(1000):
            at_ns = look * 1_013_177.0
            clock.look(at_ns, int(at_ns * (1 + 5e-6) / 1000))


# Edges and emergency stops


def told(ns: float, edge_off_ns: float = 0.0, off_ns: float = 0.0) -> Told:
    return Told([ns + off_ns, ns + 9000.0 + off_ns], [ns, ns + 9000.0], [(5000.0 + edge_off_ns, 5000.0)])


def test_a_bench_that_tells_what_was_keeps_every_limit() -> None:
    assert failing(hil_edges.rows_of(told(40_000), told(40_500))) == []


@pytest.mark.parametrize(
    ("bench", "which"),
    [
        (told(40_000, edge_off_ns=1100), "edge of MOTOR_EN by the instrument against"),
        (told(40_000, edge_off_ns=-1100), "edge of MOTOR_EN by the instrument against"),
        (told(40_000, off_ns=2100), "by the bench against the same rover's own"),
        (told(95_000), "emergency stop to MOTOR_EN low, by the bench"),
        (Told([40_000.0], [40_000.0], [], 1), "edges of MOTOR_EN that the instrument left out"),
    ],
)
def test_a_constant_error_a_late_rover_and_a_lost_edge_are_noticed(bench: Told, which: str) -> None:
    assert any(name.startswith(which) for name in failing(hil_edges.rows_of(bench, told(40_000))))


def test_edges_that_do_not_go_together_are_counted_not_paired() -> None:
    assert pair_edges([(5, 1), (9, 0)], [(4, 1), (8, 0)]) == ([(5, 4), (9, 8)], 0)
    assert pair_edges([(5, 1)], [(4, 1), (8, 0)]) == ([], 1)
    assert pair_edges([(5, 0)], [(4, 1)]) == ([], 1)


# Voltages


def ramp(late_ns: float, off_lsb: float = 0.0) -> Heard:
    asked = hil_voltages.ramps(0)
    times = np.arange(0.0, float(asked.times_ns[-1]), 500_000.0)
    codes = np.round(asked.at(times - late_ns) / (3300 / 4096) + off_lsb - 0.5).astype(np.int64)
    even = np.arange(4096)
    return Heard(0, asked, times, np.searchsorted(hil_voltages.even(even), codes + 0.5).astype(np.int64))


@pytest.mark.parametrize("late_ns", [0.0, 250_000.0, -400_000.0])
def test_how_late_a_ramp_is_shows_whatever_its_offset(late_ns: float) -> None:
    for off_lsb in (0.0, 5.0):
        assert np.mean(hil_voltages.lateness_ms(ramp(late_ns, off_lsb))) == pytest.approx(late_ns / _MS, abs=0.02)


def still(off_lsb: float) -> Heard:
    asked = hil_voltages.steps(np.random.default_rng(1), 0)
    times = np.arange(0.0, float(asked.times_ns[-1]), 500_000.0)
    given = asked.at(times) / (3300 / 4096) + off_lsb
    return Heard(0, asked, times, np.searchsorted(hil_voltages.even(np.arange(4096)), given).astype(np.int64))


@pytest.mark.parametrize(("off_lsb", "late_ns", "fails"), [(0.0, 0.0, 0), (4.0, 0.0, 1), (0.0, 500_000.0, 2)])
def test_voltages_that_are_off_or_late_fail(off_lsb: float, late_ns: float, fails: int) -> None:
    heard = {"steps": [still(off_lsb)] * 3, "ramps": [ramp(late_ns, off_lsb)] * 3, "noise": [ramp(0.0, off_lsb)] * 3}
    assert len(failing(hil_voltages.rows_of(heard))) == fails


def test_a_point_is_held_or_led_to_the_next() -> None:
    times, values = np.array([0, 10]), np.array([0.0, 100.0])
    assert Asked(times, values, False).at(np.array([5.0])).tolist() == [0.0]
    assert Asked(times, values, True).at(np.array([5.0])).tolist() == [50.0]


# Encoders


def test_a_track_goes_both_ways_and_its_ticks_are_what_its_edges_are_worth() -> None:
    track, decoder = Track(Random(1)), Decoder(QUARTERS[-1])
    seen: list[int] = []
    for leg in range(3):
        a, b = track.leg(leg * 10**9, leg * 10**9 + 9 * 10**8)
        seen += [ticks for _, ticks in decoder.counts(a, b)]
    assert track.ticks == decoder.ticks == seen[-1]
    steps = set(np.diff(seen).tolist())
    assert steps == {-1, 1}


def test_a_pulse_that_is_left_out_is_missed_by_the_count() -> None:
    track, decoder = Track(Random(1)), Decoder(QUARTERS[-1])
    a, b = track.leg(0, 2 * 10**9)
    decoder.take(without(a, 50), b)
    assert decoder.ticks != track.ticks
    assert without(a, 0) is a


def test_a_single_count_off_fails_also_across_the_wrap() -> None:
    good = Compared((65535, 3), (65535, 3), 100)
    assert failing(hil_encoders.rows_of([good], 1.0)) == []
    bad = Compared((0, 3), (65535, 3), 100)
    assert bad.off == 1 and len(failing(hil_encoders.rows_of([good, bad, good], 1.0))) == 1
    with pytest.raises(HilError, match="no edge"):
        hil_encoders.rows_of([Compared((0, 0), (0, 0), 0)], 1.0)


# Lanes


def contact(peak_m: float, strength: int = 100, kind: str = "ferrous", snr_x10: int = 60) -> dict[str, object]:
    return {"kind": "contact", "peak_m": peak_m, "strength": strength, "class": kind, "snr_x10": snr_x10}


HERE = [contact(1.0), contact(2.0, 400), contact(2.5, 60, "mixed")]


def lanes(bench: Sequence[hil_lanes.Contact]) -> list[str]:
    lane = hil_lanes.compare("lane", HERE, bench, duration_s=1.0, wall_s={"virtual": 1.0, "bench": 1.0})
    return [name.partition(": ")[2].partition(" ")[0] for name in failing(hil_lanes.figures([lane]))]


def test_the_same_contacts_pass_and_each_known_bad_bench_fails_its_row() -> None:
    assert lanes(HERE) == []
    assert lanes(hil_lanes.changed(HERE, 25.0, 0.0)) == ["place"]
    assert lanes(hil_lanes.changed(HERE, 0.0, 4.0)) == ["strength"]
    assert lanes(HERE[:2]) == ["contacts"]
    assert lanes([*HERE, contact(4.0)]) == ["contacts"]
    assert lanes([*HERE[:2], contact(2.5, 60)]) == ["contacts"]


def test_two_near_contacts_are_paired_each_with_its_own() -> None:
    pairs, here, there = hil_lanes.paired([contact(1.0), contact(1.1)], [contact(1.09), contact(1.01)])
    assert [(a["peak_m"], b["peak_m"]) for a, b in pairs] == [(1.0, 1.01), (1.1, 1.09)] and here == there == []


def test_a_contact_that_one_rig_has_at_the_very_level_is_named_and_not_counted() -> None:
    at, beyond = contact(4.0, snr_x10=38), contact(4.0, snr_x10=39)
    assert lanes([*HERE, at]) == [] and lanes([*HERE, beyond]) == ["contacts"]
    (row, *_) = hil_lanes.figures([hil_lanes.compare("lane", HERE, [*HERE, at], duration_s=1.0, wall_s={})])
    assert "only on bench: ferrous at 4.0 m, 100, at the level" in row.note


def test_no_contact_at_all_is_no_figure_and_no_recordings_are_told(tmp_path: Path) -> None:
    lane = hil_lanes.compare("lane", [], [], duration_s=1.0, wall_s={})
    with pytest.raises(HilError, match="nothing was compared"):
        hil_lanes.figures([lane])
    with pytest.raises(HilError, match="put the recordings there"):
        hil_lanes.shortest(3, tmp_path)


# Wires


def judged(fault: Fault, *findings: Finding) -> Judged:
    return Judged(fault, findings)


CUT = Fault("open", ("MARKER",))
SAYS_CUT = Finding(("MARKER",), f"MARKER is {model.OPEN}", "")
WHOLE = Judged(Fault("nothing"), ())


def test_every_single_fault_is_among_those_put_in_each_once() -> None:
    faults = every_fault()
    assert len(set(faults)) == len(faults)
    lines, gates, bus = 17, 3, 2
    assert sum(fault.kind == "open" for fault in faults) == lines + gates + bus
    assert sum(fault.kind == "swap" for fault in faults) == lines * (lines - 1) // 2 + gates + 1
    assert Fault("short", ("ENC_LEFT_A", "ENC_LEFT_B")) in faults


@pytest.mark.parametrize(
    ("told_of_it", "found", "named"),
    [
        ((SAYS_CUT,), True, True),
        ((), False, False),
        ((Finding(("MARKER",), "MARKER is swapped", ""),), True, False),
        ((Finding(("BUZZER",), f"BUZZER is {model.OPEN}", ""),), True, False),
        ((Finding(("MARKER",), f"MARKER is {model.OPEN}", "", False),), True, False),
        ((SAYS_CUT, SAYS_CUT), True, False),
    ],
)
def test_named_is_that_wire_and_that_fault_for_sure_and_nothing_else(
    told_of_it: tuple[Finding, ...], found: bool, named: bool
) -> None:
    one = judged(CUT, *told_of_it)
    assert (one.found, one.named) == (found, named)


def test_a_check_that_misses_misnames_or_cries_wolf_fails() -> None:
    good = judged(CUT, SAYS_CUT)
    assert failing(hil_wiring.rows_of([WHOLE, *[good] * 20])) == []
    assert len(failing(hil_wiring.rows_of([WHOLE, *[good] * 40, judged(CUT)]))) == 1
    unsure = judged(CUT, Finding(("MARKER",), f"MARKER is {model.OPEN}", "", False))
    assert len(failing(hil_wiring.rows_of([WHOLE, *[good] * 10, unsure]))) == 1
    assert len(failing(hil_wiring.rows_of([Judged(Fault("nothing"), (SAYS_CUT,)), good]))) == 1
    with pytest.raises(HilError, match="nothing was measured"):
        hil_wiring.rows_of([WHOLE])


# Safety's rows


def test_a_bench_that_could_not_tell_time_would_run_too_few_rows() -> None:
    offers = entry("bench").offers
    assert failing(hil_safety.rows_of(offers)) == []
    assert len(failing(hil_safety.rows_of(offers - {Time}))) == 1
