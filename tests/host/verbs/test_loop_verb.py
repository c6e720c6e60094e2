"""`sapper loop`: what the board says of its own time, held to the limits."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from sapper.loop_stats import LoopStats
from sapper.shared import fields, wire
from sapper.shared.events import KIND_ID, STATES
from sapper_host.board import loop_times
from sapper_host.board.link import Link
from sapper_host.cli import main
from sapper_host.errors import Status
from tests.host.fake_board import FakeBoard
from tests.host.memory_board import MemoryBoard

pytestmark = pytest.mark.unit

SWEEP, ARMED = STATES.index("SWEEP"), STATES.index("ARMED")


def told_by(stats: LoopStats) -> str:
    """As the firmware's console tells it."""
    lines, last = [], "ok"
    for spread in (stats.late, stats.tick):
        lines += [f"  {spread.name} from={at} ticks={count}" for at, count in spread.counts()]
        last += f" {spread.name}_p999_us={spread.p999_us()} {spread.name}_max_us={spread.worst_us()}"
    return "\n".join([*lines, last])


class LoopBoard(FakeBoard):
    """A board in motion: a LOOP frame whenever telemetry is on, and what a test puts between."""

    def __init__(self) -> None:
        super().__init__()
        self.stats = LoopStats()
        self.stats.moving = 1
        self.log: list[tuple[str, int, tuple[int, ...]]] = [("boot", 0, (0, 0, 0))]
        self.moves = SWEEP
        self.second = {"tick_max_us": 6500, "jitter_max_us": 20, "load_pm": 203, "heap_free": 106_912, "missed": 4}
        self.seconds = 0
        self.contact_in = -1

    def ticks(self, count: int, late_us: int, busy_us: int) -> None:
        for _ in range(count):
            self.stats.add(late_us, busy_us)

    def _loop(self, words: list[str]) -> str:
        return told_by(self.stats)

    def _log(self, words: list[str]) -> str:
        rows = (
            fields.text_line(i + 1, 100 + i, KIND_ID[kind], s_mm, values)[2:]
            for i, (kind, s_mm, values) in enumerate(self.log)
        )
        return "\n".join([*("  " + row for row in rows), "ok"])

    def _turn(self) -> None:
        super()._turn()
        if self.telemetry:
            self.seconds += 1
            self.frame(wire.STATUS, t_ms=self.t_ms, state=self.moves)
            if self.seconds == self.contact_in:
                self.event("contact", 3200, 3200, 80, 640, 200, 1)
                self.frame(wire.LOOP, t_ms=self.t_ms, **(self.second | {"tick_max_us": 7300}))
            else:
                self.frame(wire.LOOP, t_ms=self.t_ms, **self.second)


@pytest.fixture
def board() -> Iterator[LoopBoard]:
    with LoopBoard() as made:
        made.ticks(5990, 20, 2000)
        made.ticks(10, 40, 6600)
        yield made


def asked(board: FakeBoard, *words: str) -> int:
    return main(["loop", "--port", board.port, *words])


def test_a_board_that_keeps_its_time_is_shown_with_each_limit_held(
    board: LoopBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(board) == Status.OK
    lines = capsys.readouterr().out.splitlines()
    [late] = [line for line in lines if line.startswith("how late")]
    assert late.split(": ")[1] == "6000 in motion; p50 32 us  p99 32 us  p99.9 40 us  worst 40 us"
    [most] = [line for line in lines if "| 5990" in line and line.split()[0] == "0"]
    [few] = [line for line in lines if line.startswith("      32 us")]
    assert most.count("#") == 40 and 0 < few.count("#") < 20 and few.endswith("| 10")
    assert [line for line in lines if line.startswith("LANE_TICK_MS") and "<= 8 ms" in line and "held" in line]
    assert " MISSED " not in "\n".join(lines)
    assert not board.telemetry, "left on, it would fill the line"
    heard = {line.split()[0] for line in board.heard if line}
    assert heard <= {"version", "nonce", "ping", "loop", "log", "telemetry"}, "nothing that moves, stops or changes"


@pytest.mark.parametrize(
    ("limit", "what"),
    [
        ("JITTER_US", lambda board: board.ticks(1, 1001, 2000)),
        ("JITTER_P999_US", lambda board: board.ticks(20, 300, 2000)),
        ("LANE_TICK_MS", lambda board: board.ticks(1, 20, 8001)),
        ("HEAP_FREE_B", lambda board: board.second.update(heap_free=102_399)),
        ("LOAD_PERCENT", lambda board: board.second.update(load_pm=301)),
        ("HEAP_MOTION_MIN", lambda board: board.log.append(("heap_full", 3200, (15_000,)))),
    ],
)
def test_each_limit_is_missed_alone_and_the_status_says_so(
    board: LoopBoard, limit: str, what, capsys: pytest.CaptureFixture[str]
) -> None:
    what(board)
    assert asked(board, "--json") == Status.SHORTFALL
    told = json.loads(capsys.readouterr().out)
    assert [row["limit"] for row in told["limits"] if row["held"] is False] == [limit] and told["held"] is False


def test_a_board_that_runs_an_update_is_held_to_the_heap_of_one(
    board: LoopBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    board.version = board.version.replace("source=factory", "source=slot_a")
    board.second["heap_free"] = 74_000
    assert asked(board) == Status.OK
    board.second["heap_free"] = 73_000
    assert asked(board) == Status.SHORTFALL
    assert "HEAP_FREE_SLOT_B" in capsys.readouterr().out


def test_a_rover_that_has_not_moved_is_no_proof(capsys: pytest.CaptureFixture[str]) -> None:
    with LoopBoard() as board:
        board.moves = ARMED
        assert asked(board) == Status.SHORTFALL
    said = capsys.readouterr().out
    assert "has not moved" in said and " MISSED " not in said and "not measured" in said


def test_watching_says_what_the_longest_tick_did(board: LoopBoard, capsys: pytest.CaptureFixture[str]) -> None:
    board.contact_in = 5
    assert asked(board, "--watch", "0.4") == Status.OK
    said = capsys.readouterr()
    [line] = [line for line in said.out.splitlines() if line.startswith("longest tick")]
    assert "tick 7.30 ms" in line and "in which: CONTACT at 3.20 m" in line
    assert len(said.err.splitlines()) > 5, "a line a second, as they come"
    assert asked(board, "--watch", "0.2", "--json") == Status.OK
    told = json.loads(capsys.readouterr().out)
    assert told["longest_of_watch"]["tick_max_us"] == 6500 and len(told["seconds"]) > 2


def test_frames_missed_in_motion_are_a_miss_and_those_standing_are_not(
    board: LoopBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    def more(board: LoopBoard = board) -> None:
        board.second["missed"] += 1
        LoopBoard._turn(board)

    board._turn = more  # type: ignore[method-assign]
    assert asked(board, "--watch", "0.3", "--json") == Status.SHORTFALL
    told = json.loads(capsys.readouterr().out)
    assert [row["limit"] for row in told["limits"] if row["held"] is False] == ["FRAMES_MISSED"]
    board.moves = ARMED
    asked(board, "--json")  # one second of both
    capsys.readouterr()
    assert asked(board, "--watch", "0.3") == Status.OK


def test_a_collection_of_an_earlier_start_is_not_counted(board: LoopBoard, capsys: pytest.CaptureFixture[str]) -> None:
    board.log = [("heap_full", 3200, (15_000,)), ("boot", 0, (0, 0, 0))]
    assert asked(board) == Status.OK
    assert "in the board's log: none" in capsys.readouterr().out


def test_an_answer_that_makes_no_sense_is_an_error(board: LoopBoard, capsys: pytest.CaptureFixture[str]) -> None:
    board._loop = lambda words: "  late from=x ticks=3\nok late_p999_us=3"  # type: ignore[method-assign]
    assert asked(board) == Status.NO_DEVICE
    assert "makes no sense" in capsys.readouterr().err


def test_the_firmware_s_own_answer_is_understood_and_its_places_are_as_wide_as_here() -> None:
    stats = LoopStats()
    assert {s.name: s.width_us for s in (stats.late, stats.tick)} == loop_times.WIDTH_US
    with MemoryBoard() as board:
        own = board.bench.app.stats
        own.moving = 1
        for i in range(3000):
            own.add(i, 3 * i)
        expected = {s.name: (s.p999_us(), s.worst_us(), list(s.counts())) for s in (own.late, own.tick)}
        with Link.open(board.port) as link:
            link.identify()
            told = loop_times.ask(link)
    assert {
        name: (times.all_but_us(1000), times.worst_us, list(times.counts)) for name, times in told.items()
    } == expected
