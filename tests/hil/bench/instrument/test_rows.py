"""What the instrument's C does with entries that only go on with rows of pulses is what `scan` would have done."""

from __future__ import annotations

import ctypes
import random
import shutil
import subprocess
from array import array
from collections.abc import Callable, Iterator

import pytest
from watched_lines import NAMES, RING, Event, Lines, pulses, waves

from sapper_host.files.checkout import ROOT

pytestmark = pytest.mark.unit

_BOARD = ROOT / "hil" / "bench" / "instrument" / "board"
_SHIM = """
#include "instrument_rows.h"
void go_on(uint32_t *s, uint32_t *levels, const uint32_t *micros, const uint32_t *counts, uint32_t end) {
    rows_go_on(s, levels, micros, counts, end);
}
"""
_AT = 0
_STARTS = (1_000_000, 2**28 - 3000, 125 * 2**20 - 3000, 125 * (2**32 - 20), 65536 * 7 - 2000)
_COIL, _STROBE, _OTHER_STROBE, _LEFT, _RIGHT, _BUZZER, _EN = (
    NAMES.index(name) for name in ("COIL_TX", "STROBE_0", "STROBE_1", "MOTOR_LEFT", "MOTOR_RIGHT", "BUZZER", "MOTOR_EN")
)
_MS = 125_000
_PULSE = 62_500  # from transmit pulse to transmit pulse

GoOn = Callable[[Lines], None]


@pytest.fixture(scope="module")
def go_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoOn]:
    """The C itself, built for this machine."""
    compiler = shutil.which("cc")
    assert compiler, "no C compiler `cc`, which `make micropython` needs as well"
    made = tmp_path_factory.mktemp("rows") / "rows.so"
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC"]
    command = [compiler, *flags, "-x", "c", "-", "-I", str(_BOARD), "-o", str(made)]
    done = subprocess.run(command, input=_SHIM, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    function = ctypes.CDLL(str(made)).go_on

    def call(lines: Lines) -> None:
        words = [
            (ctypes.c_uint32 * len(each)).from_buffer(each)
            for each in (lines.state, lines.levels, lines.micros, lines.counts)
        ]
        function(*words, ctypes.c_uint32(lines.end))

    yield call


def both(go_on: GoOn, parts: list[list[tuple[int, int]]]) -> tuple[list[Event], list[int]]:
    """Entries in parts, told with and without it: the events, and how many entries it took of each part."""
    plain, quick = Lines(), Lines()
    events: list[Event] = []
    taken = []
    for part in parts:
        for at, levels in part:
            plain.put(at, levels)
            quick.put(at, levels)
        before = quick.state[_AT]
        go_on(quick)
        taken.append((quick.state[_AT] - before) % RING)
        now = part[-1][0] + 100
        told = plain.scan(now)
        assert quick.scan(now) == told
        assert quick.state == plain.state
        events += told
    return events, taken


def rover(start: int, ms: int, chance: random.Random) -> list[tuple[int, int]]:
    """A rover that drives: duties that change, strobes that shift, noise of the looking, a buzzer, the contactor."""
    until = start + ms * _MS
    rows: dict[int, list[tuple[int, int]]] = {_COIL: pulses(start, 6250, _PULSE, 2 * ms)}
    for line, after in ((_STROBE, 9000), (_OTHER_STROBE, 12000)):
        shifted = [
            after + (chance.randrange(40) if chance.random() < 0.05 else chance.randrange(4)) for _ in range(2 * ms)
        ]
        rows[line] = [
            edge for i, off in enumerate(shifted) for edge in pulses(start + i * _PULSE + off, 1250, _PULSE, 1)
        ]
    for line in (_LEFT, _RIGHT):
        high, at = 2500, start + 777
        row = []
        while at < until:
            high = chance.choice((high, high, high, high, chance.randrange(100, 6200)))
            count = chance.randrange(1, 200)
            row += [
                (when + (chance.randrange(3) or 9 * (chance.random() < 0.02)), level)
                for when, level in pulses(at, high, 6250, count)
            ]
            at += 6250 * count + chance.choice((0, 0, 0, 100_000))
        rows[line] = row
    # The fifth pulse of each five lasts too long for a row.
    rows[_BUZZER] = [edge for i in range(ms // 3) for edge in pulses(start + 3 * i * _MS, 31_000, 62_500, 4)]
    rows[_BUZZER] += [edge for i in range(ms // 3) for edge in pulses(start + 3 * i * _MS + 250_000, 100_000, 0, 1)]
    rows[_EN] = [(start + 5 * _MS * i + chance.randrange(1000), i & 1) for i in range(1, ms // 5)]
    return waves(until, rows)


@pytest.mark.parametrize("start", _STARTS)
@pytest.mark.parametrize("seed", range(4))
def test_a_rover_that_drives_is_told_the_same(go_on: GoOn, start: int, seed: int) -> None:
    chance = random.Random(seed)
    edges = rover(start, 150, chance)
    parts = []
    while edges:
        count = chance.choice((1, 2, 40, 80, 300))
        parts.append(edges[:count])
        edges = edges[count:]
    events, taken = both(go_on, parts)
    assert len(events) > 200
    assert sum(taken) > sum(map(len, parts)) / 8


def test_of_rows_that_were_told_all_is_taken(go_on: GoOn) -> None:
    start = 10**6
    rows = {
        _LEFT: pulses(start, 2500, 6250, 400),
        _RIGHT: pulses(start, 3100, 6250, 400),
        _COIL: pulses(start, 6250, _PULSE, 40),
        _STROBE: pulses(start + 9000, 1250, _PULSE, 40),
    }
    edges = waves(start + 20 * _MS, rows)
    events, taken = both(go_on, [edges[:300], edges[300:]])
    assert len(events) >= 9
    assert taken[1] == len(edges) - 300


def test_when_the_dma_has_gone_round_nothing_is_taken(go_on: GoOn) -> None:
    lines = Lines()
    edges = waves(10**9, {_LEFT: pulses(10**6, 2500, 6250, RING)})
    for at, levels in edges[:100]:
        lines.put(at, levels)
    lines.scan()
    for at, levels in edges[100 : 100 + RING + 7]:
        lines.put(at, levels)
    before = array("I", lines.state)
    go_on(lines)
    assert lines.state == before
    lines.scan()
    assert lines.state[4] == 1
