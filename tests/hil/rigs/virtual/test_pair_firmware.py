"""Two Picos soldered to each other run firmware: the same whatever the slices; what one cannot go on with is told."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.rigs.spread import FIRST_START_MS
from hil.rigs.virtual import VirtualPicoError
from hil.rigs.virtual.pair import WIRE_DELAY_NS, PicoPair
from tests.hil.rigs.virtual.pair_pokes import LINES, MS, US
from tests.hil.rigs.virtual.repl import Repl

pytestmark = pytest.mark.virtual

STARTS_MS = 450


def started(uf2: Path, slices_of: random.Random | None) -> tuple[list, list, list, list]:
    """All that happens at two boards' start, in one run or in many of either."""
    with PicoPair(uf2, uf2, seed=5) as both:
        for line in LINES.values():
            both.rover.pin(line.rover).watch()
            both.instrument.pin(line.instrument).watch()
        rover, instrument = [], []
        while both.now_ns < STARTS_MS * MS:
            if slices_of is None:
                rover, instrument = both.run_until(STARTS_MS * MS)
                break
            until = min(both.now_ns + slices_of.uniform(1, 2 * MS), STARTS_MS * MS)
            if slices_of.random() < 0.5:
                rover += both.rover.run_until(until)
            else:
                instrument += both.instrument.run_until(until)
        rover += both.rover.take_events()
        instrument += both.instrument.take_events()
        events = [[event for event in each if event.t_ns < (STARTS_MS - 1) * MS] for each in (rover, instrument)]
        return *events, both.rover.cpu.registers, both.instrument.cpu.registers


def test_two_boards_run_the_same_to_the_cycle_however_their_time_is_sliced(uf2: Path) -> None:
    whole = started(uf2, None)
    assert min(len(events) for events in whole[:2]) > 10
    assert started(uf2, random.Random(8)) == whole


@pytest.fixture(scope="module")
def both(uf2: Path) -> Iterator[PicoPair]:
    with PicoPair(uf2, uf2, seed=7) as pair:
        pair.run(FIRST_START_MS * MS)
        yield pair


@pytest.fixture
def prompts(both: PicoPair) -> tuple[Repl, Repl]:
    """A fresh interpreter on each, all pins let go."""
    found = []
    for board in (both.rover, both.instrument):
        if not board.powered:
            board.power_on()
            both.run(FIRST_START_MS * MS)
        prompt = Repl(board)
        prompt.enter()
        prompt.execute("for n in range(30): Pin(n, Pin.IN, None)")
        found.append(prompt)
    return found[0], found[1]


def test_programs_on_both_talk_to_each_other_over_the_lines(both: PicoPair, prompts) -> None:
    """The rover mirrors a line of the instrument's, which times the way there and back by its own clock."""
    rover, instrument = prompts
    rover.start(
        f"there, back = Pin({LINES['ESTOP_OK'].rover}, Pin.IN), Pin({LINES['DIR_LEFT'].rover}, Pin.OUT)\n"
        "for _ in range(6):\n"
        " while there() == back(): pass\n"
        " back(not back())\n"
    )
    printed = instrument.execute(
        f"there, back = Pin({LINES['ESTOP_OK'].instrument}, Pin.OUT), Pin({LINES['DIR_LEFT'].instrument}, Pin.IN)\n"
        "def once(level):\n"
        " t = time.ticks_us(); there(level)\n"
        " while back() != level: pass\n"
        " return time.ticks_diff(time.ticks_us(), t)\n"
        "print(*[once(n & 1) for n in range(1, 7)])"
    )
    rover.finish()
    took = [int(word) for word in printed.split()]
    assert len(took) == 6
    assert all(WIRE_DELAY_NS / US < each < WIRE_DELAY_NS / US + 120 for each in took[1:])


def test_what_one_cannot_go_on_with_is_told_by_name_whoever_is_run_and_the_other_goes_on(
    both: PicoPair, prompts
) -> None:
    prompts[1].start("time.sleep_ms(20); mem32[0x80000000]")
    with pytest.raises(VirtualPicoError, match=r"^the instrument: HardFault"):
        both.rover.run(100 * MS)
    both.instrument.power_cut()
    assert prompts[0].execute("print(6 * 7)").strip() == "42"


def test_serial_lines_of_both_are_whole_while_either_is_run(both: PicoPair, prompts) -> None:
    rover, instrument = prompts
    rover.start("for n in range(20): print('rover', n); time.sleep_ms(3)")
    instrument.start("for n in range(20): print('instrument', n); time.sleep_ms(3)")
    for board in (both.rover, both.instrument) * 40:
        board.run(MS)
    for prompt, name in ((rover, "rover"), (instrument, "instrument")):
        assert prompt.finish().split("\r\n")[:-1] == [f"{name} {n}" for n in range(20)]
