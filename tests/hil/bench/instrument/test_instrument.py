"""The instrument's UF2 on a virtual Pico: what it sees and plays against the truth, and what it does in need."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import driver as host
import numpy as np
import pytest
from driver import MS, Driver

from hil.bench.instrument import lines, wire
from sapper_host.files.checkout import ROOT

pytestmark = [pytest.mark.virtual, pytest.mark.xdist_group("instrument")]

CYCLE_NS = 8
WATCHED = [(name, gpio) for name, gpio, _, _ in sorted(lines.LINES, key=lambda row: row[1])][: lines.WATCHED]
GPIO = {name: gpio for name, gpio, _, _ in lines.LINES}
LINE = {name: line for line, (name, _) in enumerate(WATCHED)}
PLAYED = range(lines.PLAYED_FIRST, lines.PLAYED_FIRST + lines.PLAYED)
ESTOP = GPIO["ESTOP_OK"]
# What a look each 32 ns can be off by, both ways of the mean, and a clock's cycle.
EDGE_NS = 25
FLAG_LOST, FLAG_NO_ANSWER, FLAG_HANGS, FLAG_SPOILT, FLAG_SILENT = (1 << bit for bit in range(5))
LEVEL = (1000, 2000, 3000, 0)


def base_ns(instrument: Driver) -> float:
    """The emulator's time at the timer's 0: from edges of one line, their mean."""
    pico = instrument.pico
    times = [pico.now_ns + 2 * MS + 100_123.5 * i for i in range(64)]
    pico.pin(GPIO["MARKER"]).drive_edges(times, [1 - i % 2 for i in range(64)])
    instrument.run(15)
    told = [e.cycles * CYCLE_NS for e in instrument.take_events() if e.line == LINE["MARKER"]]
    assert len(told) == 64
    return float(np.mean(np.array(times) - np.array(told)))


def flags(instrument: Driver) -> int:
    """All that were told since `forget`."""
    return int(np.bitwise_or.reduce([report.flags for report in instrument.reports]))


def test_it_says_what_it_is_and_what_it_was_built_from(instrument: Driver) -> None:
    version, number, _, content = struct.unpack(wire.ID_BODY, instrument.hello())
    assert version == wire.VERSION
    assert number != bytes(8)
    about = (ROOT / "build" / "instrument.json").read_text()
    assert content.hex() in about


def test_every_edge_is_told_within_25_ns_whatever_line_it_is_on(instrument: Driver) -> None:
    base = base_ns(instrument)
    chance = random.Random(2)
    pico = instrument.pico
    truth = []
    begin = pico.now_ns + 2 * MS
    for name in ("DIR_LEFT", "DIR_RIGHT", "MOTOR_EN", "MARKER"):
        times = sorted(begin + chance.random() * 40 * MS for _ in range(100))
        times = [at for at, after in zip(times, [*times[1:], 1e18], strict=True) if after - at > 2000]
        pico.pin(GPIO[name]).drive_edges(times, [1 - i % 2 for i in range(len(times))])
        truth += [(at, LINE[name], 1 - i % 2) for i, at in enumerate(times)]
    instrument.run(50)
    events = sorted(instrument.take_events())
    off = [e.cycles * CYCLE_NS + base - at for e, (at, _, _) in zip(events, sorted(truth), strict=True)]
    assert [(e.line, e.first) for e in events] == [(line, level) for _, line, level in sorted(truth)]
    assert max(map(abs, off)) <= EDGE_NS
    assert flags(instrument) == 0


def test_edges_all_at_once_have_one_time_and_edges_in_a_burst_are_within_a_microsecond(instrument: Driver) -> None:
    base = base_ns(instrument)
    pico = instrument.pico
    names = ("DIR_LEFT", "DIR_RIGHT", "MOTOR_EN")
    at = pico.now_ns + 2 * MS
    for name in names:
        pico.pin(GPIO[name]).drive_edges([at, at + MS], [1, 0])
    burst = [at + 2 * MS + 70 * i for i in range(8)]
    pico.pin(GPIO["MARKER"]).drive_edges(burst, [1, 0] * 4)
    instrument.run(10)
    events = sorted(instrument.take_events())
    assert {e.cycles for e in events[:3]} == {events[0].cycles}
    off = [e.cycles * CYCLE_NS + base - at for e, at in zip(events[6:], burst, strict=True)]
    assert max(map(abs, off)) < 1000
    assert flags(instrument) == 0


def words_of(chance: random.Random, us: int, count: int) -> list[tuple[int, int]]:
    cuts = sorted(chance.sample(range(30, us * wire.CYCLES_PER_US - 30), count))
    cuts = [at for at, after in zip(cuts, [*cuts[1:], 1 << 40], strict=True) if after - at >= wire.WORD_CYCLES]
    words = [(at - before, chance.randrange(64)) for before, at in zip([0, *cuts], cuts, strict=False)]
    return [*words, (us * wire.CYCLES_PER_US - cuts[-1], 0)]


def test_what_is_played_is_at_its_pins_within_25_ns_and_drifts_by_nothing(instrument: Driver) -> None:
    base = base_ns(instrument)
    chance = random.Random(7)
    pico = instrument.pico
    for gpio in PLAYED:
        pico.pin(gpio).edges()
        pico.pin(gpio).watch()
    at = instrument.soon_us()
    wanted, levels = [], 0
    for _ in range(60):
        words = words_of(chance, 5000, 25)
        instrument.play(at, 5000, words, [LEVEL] * 10)
        cycles = at * wire.CYCLES_PER_US
        for delay, after in words:
            cycles += delay
            wanted += [
                (cycles * CYCLE_NS, gpio, after >> bit & 1)
                for bit, gpio in enumerate(PLAYED)
                if (after ^ levels) >> bit & 1
            ]
            levels = after
        at += 5000
        instrument.run(5)
    instrument.run(40)
    edges = sorted((t_ns, gpio, level) for gpio in PLAYED for t_ns, level in pico.pin(gpio).edges())
    assert [edge[1:] for edge in edges] == [edge[1:] for edge in sorted(wanted)]
    off = np.array([edge[0] for edge in edges]) - base - np.array([edge[0] for edge in sorted(wanted)])
    assert np.max(np.abs(off)) <= EDGE_NS
    assert np.ptp(off) <= 1, "in 0.3 s it is off its grid by nothing"
    # The loop is seen by the clock that all others are seen by.
    seen = [e.cycles * CYCLE_NS for e in sorted(instrument.take_events()) if e.line == LINE["ESTOP_OK"]]
    asked = [at for at, gpio, _ in sorted(wanted) if gpio == ESTOP]
    far = [i for i in range(1, len(asked)) if asked[i] - asked[i - 1] > 1000]
    assert len(seen) == len(asked)
    assert max(abs(seen[i] - asked[i]) for i in far) <= EDGE_NS


def test_each_output_of_the_converter_changes_at_its_own_constant_time_in_the_frame(instrument: Driver) -> None:
    base = base_ns(instrument)
    at = instrument.soon_us()
    instrument.steps()
    instrument.play(
        at, 5000, [(5000 * 125, 0)], [(1000 + 100 * i, 3000 - 100 * i, 200 * i + 500, 0) for i in range(10)]
    )
    instrument.run(40)
    begins = base + at * 1000
    told = [(t_ns - begins, output) for t_ns, output, _ in instrument.steps() if t_ns >= begins]
    # What holds afterwards changes nothing.
    assert [output for _, output in told] == [0, 1, 2] * 10
    after = np.array([t_ns for t_ns, _ in told]).reshape(10, 3) - 500_000 * np.arange(10)[:, None]
    assert np.max(np.ptp(after, axis=0)) < 100
    assert after[0] == pytest.approx([72_650, 120_310, 167_980], abs=300)


def test_voltages_are_parts_of_the_supply_though_the_converter_starts_with_a_reference_of_its_own(
    instrument: Driver,
) -> None:
    instrument.play(instrument.soon_us(), 500, [(62_500, 0)], [(4000, 4000, 4000, 0)])
    instrument.run(50)
    assert all(abs(mv - 3300 * 4000 / 4096) < 100 for _, output, mv in instrument.steps()[-3:])


def test_a_converter_that_does_not_answer_is_told_and_each_frame_that_it_lost(instrument: Driver) -> None:
    pico = instrument.pico
    pico.call("i2c", "unplug", 0, lines.DAC_ADDRESS)
    instrument.run(100)
    refused = instrument.reports[-1].refused - instrument.reports[0].refused
    lost = (instrument.reports[-1].now_us - instrument.reports[0].now_us) / wire.GRID_US
    assert flags(instrument) == FLAG_NO_ANSWER
    # The first of the reports is from before it was pulled.
    assert refused == pytest.approx(lost, abs=15)
    pico.call("i2c", "plug", 0, lines.DAC_ADDRESS)
    instrument.run(20)
    instrument.forget()
    instrument.run(50)
    assert flags(instrument) == 0


@pytest.mark.parametrize("fault", ["sdaLow", "sclLow"])
def test_a_bus_that_hangs_is_told_and_goes_on_in_step_when_it_is_mended(instrument: Driver, fault: str) -> None:
    pico = instrument.pico
    pico.call("i2c", "fault", 0, fault, True)
    instrument.run(60)
    assert flags(instrument) & FLAG_HANGS
    pico.call("i2c", "fault", 0, fault, False)
    instrument.run(30)
    instrument.forget()
    test_each_output_of_the_converter_changes_at_its_own_constant_time_in_the_frame(instrument)
    assert flags(instrument) == 0
    assert pico.reset_causes()[1:] == []


def outputs(instrument: Driver) -> list[int]:
    return [int(instrument.pico.pin(gpio).is_output) for gpio in PLAYED]


def test_parked_the_loop_is_open_and_the_other_lines_are_let_go_of(instrument: Driver) -> None:
    assert outputs(instrument) == [1, 0, 0, 0, 0, 0]
    assert instrument.pico.pin(ESTOP).level == 0
    instrument.play(instrument.soon_us(), 100_000, [(625_000, 0b101011), (11_875_000, 0b101011)], [LEVEL] * 200)
    instrument.run(60)
    assert outputs(instrument) == [1] * 6
    assert [instrument.pico.pin(gpio).level for gpio in PLAYED] == [1, 1, 0, 1, 0, 1]
    instrument.steps()
    instrument.send(wire.PARK)
    instrument.run(3)
    assert outputs(instrument) == [1, 0, 0, 0, 0, 0]
    assert instrument.pico.pin(ESTOP).level == 0
    instrument.run(10)
    assert [(output, mv) for _, output, mv in instrument.steps()] == [(0, 0), (1, 0), (2, 0)]
    report = instrument.reports[-1]
    assert report.end_us - report.now_us < 8000, "what was still to play is forgotten"


def test_a_silent_host_parks_it_after_two_seconds_and_a_slice_sets_it_going_again(instrument: Driver) -> None:
    instrument.play(instrument.soon_us(), 500, [(62_500, 1)], [LEVEL])
    instrument.run(wire.HOST_SILENT_MS - 100)
    assert instrument.pico.pin(ESTOP).level == 1
    assert flags(instrument) == 0
    instrument.run(150)
    assert instrument.pico.pin(ESTOP).level == 0
    assert flags(instrument) == FLAG_SILENT
    instrument.play(instrument.soon_us(), 500, [(62_500, 1)], [LEVEL])
    instrument.run(40)
    assert instrument.pico.pin(ESTOP).level == 1


def test_a_host_that_has_nothing_to_play_but_says_hello_is_not_silent(instrument: Driver) -> None:
    instrument.play(instrument.soon_us(), 500, [(62_500, 1)], [LEVEL])
    for _ in range(3):
        instrument.run(1000)
        instrument.hello()
    assert instrument.pico.pin(ESTOP).level == 1


def test_garbage_and_half_frames_are_told_and_cost_what_follows_nothing(instrument: Driver) -> None:
    at = instrument.soon_us(60)
    instrument.play(at, 500, [(62_500, 1)], [LEVEL])
    instrument.pico.usb.write(random.Random(5).randbytes(600))
    instrument.run(10)
    instrument.pico.usb.write(host.frame(wire.SLICE, bytes(200))[:90])
    instrument.run(200)
    instrument.hello()
    instrument.run(20)
    assert flags(instrument) & FLAG_SPOILT
    assert instrument.pico.pin(ESTOP).level == 1
    assert instrument.texts == []
    assert instrument.spoilt == 0


def test_a_late_slice_is_told_and_one_from_too_far_ahead_refused_in_words(instrument: Driver) -> None:
    late = instrument.reports[-1].late_us
    instrument.play(instrument.reports[-1].now_us - 5000, 500, [(62_500, 1)], [LEVEL])
    instrument.run(20)
    assert 5000 < instrument.reports[-1].late_us - late < 20_000
    instrument.play(instrument.soon_us(1000), 500, [(62_500, 1)], [LEVEL])
    instrument.run(20)
    assert ["too far ahead" in text for text in instrument.texts] == [True]


def rows(instrument: Driver, seconds: float) -> None:
    """Both motors at 20 kHz, coil and strobes at 2 kHz, from outside."""
    begin = instrument.pico.now_ns + 3 * MS
    for name, hertz, share in (
        ("MOTOR_LEFT", 20_000, 0.4),
        ("MOTOR_RIGHT", 20_000, 0.45),
        ("COIL_TX", 2000, 0.1),
        ("STROBE_0", 2000, 0.11),
        ("STROBE_1", 2000, 0.12),
        ("STROBE_2", 2000, 0.13),
    ):
        count = int(seconds * hertz)
        times = np.repeat(begin + np.arange(count) * 1e9 / hertz, 2)
        times[1::2] += share * 1e9 / hertz
        instrument.pico.pin(GPIO[name]).drive_edges(times, [1, 0] * count)


def test_a_driving_rover_is_told_in_a_handful_of_events_and_its_stop_as_well(instrument: Driver) -> None:
    rows(instrument, 0.05)
    instrument.run(80)
    events = instrument.take_events()
    told = {
        name: [(e.kind, e.first, e.second) for e in events if e.line == LINE[name] and e.kind != wire.EDGE]
        for name in ("MOTOR_LEFT", "COIL_TX", "STROBE_2")
    }
    assert [row[0] for row in told["MOTOR_LEFT"]] == [wire.PULSE, wire.STEADY]
    assert told["MOTOR_LEFT"][0][1:] == pytest.approx((2500, 6250), abs=6)
    assert told["COIL_TX"][0][1:] == pytest.approx((6250, 62500), abs=6)
    assert [row[0] for row in told["STROBE_2"]] == [wire.PULSE, wire.PHASE, wire.STEADY]
    assert told["STROBE_2"][1][1] == pytest.approx(8125, abs=6)
    assert len(events) <= 40
    assert flags(instrument) == 0


@pytest.mark.slow
def test_under_a_driving_rovers_load_a_turn_takes_six_tenths_of_its_beat_and_nothing_is_left_on_the_heap(
    instrument: Driver,
) -> None:
    rows(instrument, 0.9)
    figures = instrument.figures()
    assert figures["turns"] == wire.FIGURES_TURNS
    assert figures["in"] <= 1.02 * figures["turns"]
    assert figures["mean us"] <= 0.62 * wire.GRID_US
    assert figures["left on the heap"] == 0
    assert flags(instrument) & ~FLAG_SPOILT == 0


@pytest.mark.slow
def test_while_a_run_is_played_no_slice_leaves_anything_on_the_heap(instrument: Driver) -> None:
    at = instrument.soon_us(30)
    instrument.send(wire.FIGURES)
    for _ in range(130):
        instrument.play(at, 5000, [(25_000, i % 64) for i in range(25)], [LEVEL] * 10)
        at += 5000
        instrument.run(5)
    instrument.run(20)
    (text,) = instrument.texts
    assert "left on the heap 0;" in text
    assert instrument.reports[-1].late_us == instrument.reports[0].late_us


def test_when_the_timer_wraps_what_is_played_and_seen_goes_on_and_the_grid_with_it(instrument_uf2: Path) -> None:
    instrument = host.start(instrument_uf2, seed=6, crystal_ppm=0, timer_at_us=2**32 - 400_000)
    with instrument.pico as pico:
        pico.pin(ESTOP).watch()
        at = instrument.soon_us()
        for _ in range(80):
            instrument.play(at, 5000, [(62_500, i % 2) for i in range(10)], [LEVEL] * 10)
            at += 5000
            instrument.run(5)
        instrument.run(40)
        first, last = instrument.reports[0].end_us, instrument.reports[-1].end_us
        assert last < first, "it has wrapped"
        times = [t_ns for t_ns, _ in pico.pin(ESTOP).edges()]
        assert len(times) == 799
        assert set(np.diff(times)) == {500_000}
        seen = [e.cycles for e in instrument.take_events() if e.line == LINE["ESTOP_OK"]]
        apart = np.diff(seen) % (wire.CYCLES_PER_US << 32)
        assert len(seen) == 799
        assert np.max(np.abs(apart - 62_500)) <= 4
        assert instrument.texts == []


def test_a_loop_that_hangs_is_restarted_parked(instrument_uf2: Path) -> None:
    instrument = host.start(instrument_uf2, seed=6)
    with instrument.pico as pico:
        instrument.play(instrument.soon_us(), 500, [(62_500, 1)], [LEVEL])
        instrument.run(40)
        assert pico.pin(ESTOP).level == 1
        pico.faults.hang()
        pico.run(400 * MS)
        assert pico.reset_causes()[-1][1].startswith("watchdog")
        assert pico.pin(ESTOP).level == 0


def test_boot_leads_to_the_boot_rom(instrument_uf2: Path) -> None:
    instrument = host.start(instrument_uf2, seed=6)
    with instrument.pico as pico:
        instrument.send(wire.BOOT)
        pico.run(300 * MS)
        assert pico.in_bootsel


def test_without_a_converter_it_runs_and_says_so(instrument_uf2: Path) -> None:
    instrument = host.start(instrument_uf2, converter=None, seed=6)
    with instrument.pico:
        instrument.run(50)
        assert flags(instrument) & (FLAG_NO_ANSWER | FLAG_HANGS)
        assert instrument.pico.reset_causes()[1:] == []


def test_a_host_that_does_not_read_costs_reports_not_time(instrument: Driver) -> None:
    usb = instrument.pico.usb
    usb.reading = False
    instrument.run(300)
    usb.reading = True
    instrument.run(20)
    instrument.forget()
    instrument.run(100)
    assert len(instrument.reports) >= 18
    assert instrument.spoilt == 0
    assert instrument.pico.reset_causes()[1:] == []
