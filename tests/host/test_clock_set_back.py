"""A laptop whose clock is set back, at any moment: what is newer, or used already, is told by something else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sapper_host.board.counters import Counters
from sapper_host.connected import run_registry
from sapper_host.provision import record as board_record
from sapper_host.provision.provision import Found, Plan, Provisioning
from sapper_host.recordings.recorder import BoardClock
from tests.host.memory_board import MemoryBoard

pytestmark = pytest.mark.unit

HOUR_S = 3600


class SetBack:
    """`time.time` of a laptop whose clock loses an hour with every look."""

    def __init__(self) -> None:
        self.now_s = 1_790_000_000.0

    def __call__(self) -> float:
        self.now_s -= HOUR_S
        return self.now_s

    def ns(self) -> int:
        return int(self() * 1e9)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SetBack]:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    monkeypatch.setenv("SAPPER_CACHE", str(tmp_path / "cache"))
    back = SetBack()
    monkeypatch.setattr(time, "time", back)
    monkeypatch.setattr(time, "time_ns", back.ns)
    yield back


def test_counters_rise(clock: SetBack, tmp_path: Path) -> None:
    taken = [number for _ in range(5) for number in Counters("0" * 16, tmp_path).reserve("aa", 0, 3)]
    assert taken == list(range(1, 16))


def test_rigs_are_listed_in_the_order_they_were_started_in(clock: SetBack) -> None:
    with (
        run_registry.registered("sil", {"usb": "first"}),
        run_registry.registered("sil", {"usb": "second"}),
        run_registry.registered("virtual", {"usb": "third"}),
        run_registry.registered("sil", {"usb": "fourth"}),
    ):
        assert [rig.ports["usb"] for rig in run_registry.running_rigs()] == ["first", "second", "third", "fourth"]


def test_a_record_is_never_written_over_another(tmp_path: Path) -> None:
    found = Found(version={"board": "0" * 16, "name": "rover-7"})
    made = [board_record.make(found, 1_790_000_000.0) | {"passed": number} for number in range(3)]
    paths = [board_record.save(each, tmp_path) for each in made]
    assert len({path for saved in paths for path in saved}) == 9 and all(
        path.exists() for each in paths for path in each
    )
    assert ['"passed": 0' in paths[0][0].read_text(), '"passed": 2' in paths[2][0].read_text()] == [True, True]


def test_the_boards_clock_is_set_though_the_laptops_goes_back_meanwhile(clock: SetBack) -> None:
    with MemoryBoard() as board, Provisioning(board.port, Plan("rover-7"), lambda *_: None) as work:
        assert work._clock().startswith("set, ")
        assert work.found.clock_s == pytest.approx(1_790_000_000 - HOUR_S, abs=2)


def test_a_recordings_times_never_go_back_when_the_board_restarts_after_it(clock: SetBack) -> None:
    times = BoardClock(clock.ns)
    told = [times.at(t_ms) for t_ms in (5000, 6000, 100, 200, 50_000, 10)]
    assert told == sorted(told)
