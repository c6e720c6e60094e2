"""A watched rig offers what the one inside does, and its record has all that happened, read or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.play.closed_loop import ClosedLoop
from hil.play.operator import Operator
from hil.rigs.capabilities import CAPABILITIES
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_MS, NS_PER_S
from hil.testing.evidence import console, gather
from hil.testing.picture import window
from hil.testing.watched import Record, Said, WatchedRig, watched
from hil.world.world import load_world
from sapper.shared.pins import GPIO

pytestmark = [pytest.mark.sil, pytest.mark.usefixtures("micropython")]


@pytest.fixture
def rig() -> Iterator[WatchedRig]:
    inner = open_rig("sil")
    yield watched(inner)
    inner.close()


@pytest.mark.parametrize("name", ["sil", pytest.param("virtual", marks=pytest.mark.virtual)])
def test_it_offers_what_the_rig_inside_offers_and_no_more(name: str) -> None:
    inner = open_rig(name)
    try:
        outer = watched(inner)
        for each in CAPABILITIES:
            assert isinstance(outer, each) == isinstance(inner, each), each
        assert outer.name == name
    finally:
        inner.close()


def test_whoever_watches_a_pin_gets_its_edges_and_the_record_has_them_too(rig: WatchedRig) -> None:
    operator = Operator(rig, ClosedLoop(rig, load_world("clean")).run)
    operator.boot()
    operator.settle(2)
    marker = rig.pin(GPIO["MARKER"])
    marker.watch()
    operator.arm()
    operator.must("mark")
    operator.run(NS_PER_S)
    edges = marker.edges()
    assert [level for _, level in edges] == [1, 0] and marker.edges() == []
    assert rig.note().rows["MARKER"][-2:] == edges
    # The closed loop reads these; the record has them all the same.
    edge = rig.record.rows["MOTOR_EN"][-1]
    assert edge[1] == 1.0 and edge[0] < edges[0][0]
    operator.must("disarm")
    operator.run(100 * NS_PER_MS)
    assert rig.note().zero_since("MOTOR_EN", 0) == rig.record.rows["MOTOR_EN"][-1][0] > edge[0]
    assert rig.record.zero_since("MOTOR_EN", 10**12) == 10**12
    assert rig.record.value_at("ARM_KEY", edge[0]) == 1.0 and rig.record.value_at("ARM_KEY", 0) == 0.0


def test_a_signal_that_is_on_at_the_end_is_never_off() -> None:
    record = Record(0, {"MOTOR_EN": [(0, 0.0), (5, 1.0), (9, 0.0), (12, 1.0)]})
    assert record.zero_since("MOTOR_EN", 0) is None
    record.rows["MOTOR_EN"].append((20, 0.0))
    assert record.zero_since("MOTOR_EN", 6) == 20


def test_bytes_that_nobody_read_are_in_the_evidence(rig: WatchedRig, tmp_path: Path) -> None:
    rig.usb.write(b"version\n")
    rig.run(800 * NS_PER_MS)
    assert not [said for said in rig.record.said if not said.to_board]
    made = gather(rig.hear_out(), tmp_path, "a title", {"rig": "sil"})
    assert {"timeline", "recording", "console", "bytes", "facts"} <= set(made) and not [
        n for n in made if "problem" in n
    ]
    assert any("< ok sapper=" in line for line in made["last_lines"].splitlines())
    assert (tmp_path / "timeline.png").stat().st_size > 10_000


def test_more_bytes_than_there_is_room_for_are_counted() -> None:
    record = Record(0)
    for _ in range(5):
        record.say(Said(0, "usb", False, bytes(8 * 1024 * 1024)))
    assert len(record.said) == 4 and record.left_out_bytes == 8 * 1024 * 1024


def test_one_piece_of_evidence_that_cannot_be_made_takes_no_other_with_it(rig: WatchedRig, tmp_path: Path) -> None:
    (tmp_path / "timeline.png").mkdir()
    made = gather(rig.hear_out(), tmp_path, "a title", {})
    assert "timeline" not in made and made["timeline_problem"]
    assert made["console"] == "console.txt" and made["recording"] == "session.mcap"


def test_lines_of_noise_and_of_a_hostile_board_are_shown_as_text() -> None:
    record = Record(0)
    record.say(Said(5_000_000, "usb", False, b"\x1b[2Jhello\n"))
    record.say(Said(6_000_000, "radio", True, b"\xff\xfestop\n"))
    lines = console(record)
    assert len(lines) == 2 and not any("\x1b" in line for line in lines)
    assert lines[0].strip().startswith("0.0050 usb   <") and lines[1].endswith("stop")


def test_of_a_long_scenario_the_picture_has_the_time_around_its_last_change() -> None:
    from sapper_host.board.decoder import Event

    record = Record(0, {"MOTOR_EN": [(0, 0.0), (90_000_000_000, 0.0)]})
    told = [(88_000_000_000, Event(1, 1, "state", 0, {"to": "STOPPED"}))]
    assert window(record, told) == (82_000_000_000, 90_000_000_000)
