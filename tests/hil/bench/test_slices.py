"""What is played comes out of the instrument as it was put in: the same edges, to a cycle, whatever the slices."""

import random

import pytest

from hil.bench.instrument import wire
from hil.bench.link import SLICE_HEAD
from hil.bench.slices import GRID_NS, LATE_CYCLES, PLAYED, Levels, Slice, cut
from hil.errors import HilError

pytestmark = pytest.mark.unit

_CYCLE_NS = 8


def _played(slices: list[Slice]) -> dict[str, list[tuple[int, int]]]:
    """The edges of each line as the instrument makes them of the words."""
    edges: dict[str, list[tuple[int, int]]] = {name: [] for name in PLAYED}
    levels = 0
    end_ns = slices[0].start_ns
    for each in slices:
        assert each.start_ns == end_ns
        cycles = 0
        for word in each.words:
            assert word >> 32 == 0
            cycles += (word & (1 << wire.WORD_DELAY_BITS) - 1) + wire.WORD_CYCLES
            new = word >> wire.WORD_DELAY_BITS
            for name, bit in PLAYED.items():
                if (new ^ levels) >> bit & 1:
                    edges[name].append((each.start_ns + cycles * _CYCLE_NS, new >> bit & 1))
            levels = new
        assert cycles == each.us * wire.CYCLES_PER_US
        assert len(each.payload(0)) <= wire.PAYLOAD_MOST
        end_ns += each.us * 1000
    return edges


def _random_edges(chance: random.Random, until_ns: int, gap_ns: int) -> dict[str, list[tuple[int, int]]]:
    """Edges of all lines, no two of any within 3 cycles of each other."""
    rows: dict[str, list[tuple[int, int]]] = {name: [] for name in PLAYED}
    at, level = 0, dict.fromkeys(PLAYED, 0)
    while (at := at + chance.randint(40, gap_ns)) < until_ns - 40:
        name = chance.choice(list(PLAYED))
        level[name] ^= 1
        rows[name].append((at, level[name]))
    return rows


@pytest.mark.parametrize(("seed", "gap_ns"), [(0, 3_000_000), (1, 20_000), (2, 3_000), (3, 2_200)])
def test_edges_come_out_as_they_were_put_in(seed: int, gap_ns: int) -> None:
    chance = random.Random(seed)
    until_ns = 200 * GRID_NS
    wanted = _random_edges(chance, until_ns, gap_ns)
    levels = Levels()
    for name, rows in wanted.items():
        levels.add(name, [t for t, _ in rows], [level for _, level in rows])
    slices: list[Slice] = []
    at = 0
    while at < until_ns:
        steps = min(chance.randint(1, 30), (until_ns - at) // GRID_NS)
        slices += cut(at, levels, [(0, 0, 0, 0)] * steps)
        at += steps * GRID_NS
    played = _played(slices)
    for name, rows in wanted.items():
        assert [level for _, level in played[name]] == [level for _, level in rows], name
        for (due, _), (t, _) in zip(rows, played[name], strict=True):
            # Beside a slice's ends a word waits until the one before is over.
            near_end = min(due % GRID_NS, -due % GRID_NS) < 4 * _CYCLE_NS
            assert abs(t - due) <= (4 * _CYCLE_NS if near_end else _CYCLE_NS), (name, due, t)


def test_edges_of_one_moment_are_one_word_and_closer_ones_wait() -> None:
    levels = Levels()
    levels.add("ESTOP_OK", [80_000], [1])
    levels.add("ENC_LEFT_A", [80_000], [1])
    levels.add("ENC_LEFT_B", [80_008], [1])
    played = _played(cut(0, levels, [(0, 0, 0, 0)]))
    assert played["ESTOP_OK"] == [(80_000, 1)] == played["ENC_LEFT_A"]
    assert played["ENC_LEFT_B"] == [(80_000 + wire.WORD_CYCLES * _CYCLE_NS, 1)]


def test_edges_that_come_too_late_are_played_in_order_and_apart() -> None:
    levels = Levels()
    levels.add("ENC_LEFT_A", [1_000, 2_000], [1, 0])
    levels.add("ENC_LEFT_B", [1_500, 2_500], [1, 0])
    played = _played(cut(GRID_NS, levels, [(0, 0, 0, 0)]))
    step = LATE_CYCLES * _CYCLE_NS
    assert played["ENC_LEFT_A"] == [(GRID_NS + step, 1), (GRID_NS + 3 * step, 0)]
    assert played["ENC_LEFT_B"] == [(GRID_NS + 2 * step, 1), (GRID_NS + 4 * step, 0)]


def test_more_late_edges_than_there_is_room_for_come_later_still() -> None:
    levels = Levels()
    levels.add("ENC_LEFT_A", range(1000), [k % 2 for k in range(1, 1001)])
    levels.add("ENC_LEFT_B", [GRID_NS + 5_000], [1])
    frames = [(0, 0, 0, 0)] * 10
    played = _played([each for step in range(1, 50, 10) for each in cut(step * GRID_NS, levels, frames)])
    assert [level for _, level in played["ENC_LEFT_A"]] == [k % 2 for k in range(1, 1001)]
    gaps = [b - a for (a, _), (b, _) in zip(played["ENC_LEFT_A"], played["ENC_LEFT_A"][1:], strict=False)]
    assert min(gaps) >= LATE_CYCLES * _CYCLE_NS
    assert played["ENC_LEFT_B"][0][0] > played["ENC_LEFT_A"][-1][0]


def test_voltages_go_with_their_grid_step_and_more_edges_than_fit_are_refused() -> None:
    levels = Levels()
    frames = [(k, 2 * k, 3 * k, 0) for k in range(400)]
    slices = cut(0, levels, frames)
    assert len(slices) > 1
    assert [codes for each in slices for codes in each.frames] == frames
    head = SLICE_HEAD.unpack_from(slices[1].payload(77))
    assert head == (77, slices[1].us, len(slices[1].words), len(slices[1].frames))
    levels.add("ENC_LEFT_A", range(400 * GRID_NS, 401 * GRID_NS, 800), [k % 2 for k in range(625)])
    with pytest.raises(HilError, match="625 edges within 500 us are more than the instrument takes"):
        cut(400 * GRID_NS, levels, [(0, 0, 0, 0)])


def test_a_lines_level_is_known_before_it_is_played() -> None:
    levels = Levels()
    levels.add("ESTOP_OK", [100, 300], [1, 0])
    assert [levels.level("ESTOP_OK", t) for t in (0, 100, 299, 300)] == [0, 1, 1, 0]
