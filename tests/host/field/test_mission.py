"""A mission's file goes on where it was after whatever ends a program, loses nothing and counts nothing twice; one that
cannot be used is named, and no byte of it is changed."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from sapper_host.field import mission as module
from sapper_host.field.area import area_from
from sapper_host.field.frames import Frame
from sapper_host.field.geometry import geometry_of
from sapper_host.field.mission import DONE, RUNNING, STOPPED, Kept, Mission, MissionError, Progress, create_mission
from sapper_host.field.mission_schema import VERSION
from sapper_host.field.plan import Plan, plan_of
from sapper_host.files.whole_file import NotWrittenError
from tests.host.field.fields import USUAL, rectangle, round_obstacle

pytestmark = pytest.mark.unit
MINE = Kept("board-1", 3, 1, 1200, -3400, 40, "mine-like", 0, "none")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(rectangle(6, 3, (round_obstacle(3, -1.5, 0.2),)), USUAL)


@pytest.fixture
def path(tmp_path: Path, plan: Plan) -> Path:
    made = tmp_path / "meadow.mission"
    create_mission(made, plan, Frame("EPSG:4326", 20.1, 44.1, 0.5))
    return made


def drive(mission: Mission, moves: int) -> None:
    at = mission.progress()
    for number, (kind, value, *_) in enumerate(mission.moves()[: at.move + moves]):
        if number >= at.move:
            mission.tell(number, 0 if kind == "turn" else abs(value), DONE)


def test_a_new_mission_has_all_of_the_plan_and_nothing_done(path: Path, plan: Plan) -> None:
    mission, about = Mission(path), Mission(path).about()
    assert mission.progress() == Progress(0, 0, STOPPED) and mission.searched_mm() == {}
    assert mission.moves() == [(m.kind, m.value, m.lane, m.piece) for m in plan.moves]
    assert area_from(about["area"]).polygon.equals(plan.area.polygon)
    assert geometry_of(about["geometry"]) == plan.geometry and about["plan_sha256"] == plan.digest
    assert about["frame"]["crs"] == "EPSG:4326" and about["start"] == [plan.start.x_mm, plan.start.y_mm, 0]
    assert plan_of(area_from(about["area"]), geometry_of(about["geometry"])).digest == plan.digest
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_mission_is_never_written_over(path: Path, plan: Plan) -> None:
    before = path.read_bytes()
    with pytest.raises(MissionError, match="exists already"):
        create_mission(path, plan)
    assert path.read_bytes() == before


def test_a_plain_plan_makes_no_mission(tmp_path: Path) -> None:
    with pytest.raises(MissionError, match="not to be driven"):
        create_mission(tmp_path / "x", plan_of(rectangle(), USUAL, plain=True))
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, plan: Plan) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWrittenError):
        create_mission(tmp_path / "file" / "x", plan)


def test_what_was_driven_is_counted_once_however_often_it_is_told(path: Path, plan: Plan) -> None:
    mission = Mission(path, "board-1")
    first = plan.moves[0]
    for _ in range(3):
        mission.tell(0, 1000, RUNNING)
        mission.tell(0, 700, RUNNING)  # of a line that was late
    assert mission.progress() == Progress(0, 1000, RUNNING) and mission.searched_mm() == {first.lane: 1000}
    mission.tell(0, first.value, DONE)
    mission.tell(0, first.value, DONE)
    assert mission.progress() == Progress(1, 0, RUNNING) and mission.searched_mm() == {first.lane: first.value}


def test_a_lane_that_ended_early_counts_what_was_driven(path: Path, plan: Plan) -> None:
    mission = Mission(path, "board-1")
    mission.tell(0, 900, DONE)
    drive(mission, 3)
    assert mission.searched_mm()[plan.moves[0].lane] < plan.moves[0].value


def test_all_of_it_driven_is_not_done_until_nothing_more_is_planned(path: Path, plan: Plan) -> None:
    """Whoever is killed then, the next program looks at what is left."""
    mission = Mission(path, "board-1")
    drive(mission, len(plan.moves))
    assert mission.progress() == Progress(len(plan.moves), 0, RUNNING)
    mission.tell(len(plan.moves), 0, STOPPED)
    assert mission.progress() == Progress(len(plan.moves), 0, STOPPED)
    with pytest.raises(MissionError):
        mission.tell(len(plan.moves), 0, DONE)
    mission.replan(plan.start, (), "nothing is left")
    assert mission.progress() == Progress(len(plan.moves), 0, DONE)
    assert sum(mission.searched_mm().values()) == sum(move.value for move in plan.moves if move.kind == "lane")


def test_a_move_that_cannot_be_yet_is_refused_and_changes_nothing(path: Path, plan: Plan) -> None:
    mission = Mission(path, "board-1")
    with pytest.raises(MissionError, match="move 2 was told while move 0 is under way"):
        mission.tell(2, 0, RUNNING)
    with pytest.raises(MissionError, match=f"move 0 has {plan.moves[0].value} mm, not 99999"):
        mission.tell(0, 99999, RUNNING)
    assert mission.progress() == Progress(0, 0, STOPPED)


def test_contacts_come_once_and_keep_their_verdict(path: Path) -> None:
    mission = Mission(path, "board-1")
    assert mission.add_contact(MINE) and not mission.add_contact(MINE)
    mission.judge(MINE, "clutter")
    assert not mission.add_contact(MINE)
    (kept,) = Mission(path).contacts()
    assert kept.verdict == "clutter" and kept.x_mm == 1200


def test_another_laptop_goes_on_and_another_board_only_when_told(path: Path) -> None:
    Mission(path).take_over("board-1")
    drive(Mission(path, "board-1"), 2)
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    assert Mission(copy, "board-1").progress() == Progress(2, 0, RUNNING)
    with pytest.raises(MissionError, match="driven by the board board-1, and this one is board-2"):
        Mission(copy, "board-2")
    assert copy.read_bytes() == path.read_bytes()
    Mission(copy).take_over("board-2")
    assert Mission(copy, "board-2").progress() == Progress(2, 0, RUNNING)


SPOILT = {
    "another version": (60, (VERSION + 1).to_bytes(4), f"it is of version {VERSION + 1}, and these tools are of"),
    "another program's": (68, b"GPKG", "it is no mission"),
    "no database": (0, b"hello, wor", "it is no mission"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_file_that_is_none_of_ours_is_named_and_left(name: str, path: Path) -> None:
    at, new, told = SPOILT[name]
    data = bytearray(path.read_bytes())
    data[at : at + len(new)] = new
    path.write_bytes(data)
    with pytest.raises(MissionError, match=told):
        Mission(path)
    assert path.read_bytes() == bytes(data) and [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_file_cut_off_anywhere_is_named_and_left(path: Path) -> None:
    whole = path.read_bytes()
    chance = random.Random(5)
    for size in (0, 7, 50, 100, 4096, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(20))):
        path.write_bytes(whole[:size])
        with pytest.raises(MissionError, match="cut off"):
            Mission(path)
        assert path.read_bytes() == whole[:size]
    path.write_bytes(whole)
    assert Mission(path).progress() == Progress(0, 0, STOPPED)


def test_a_page_of_nonsense_is_named_and_left(path: Path) -> None:
    whole = path.read_bytes()
    for page in range(1, len(whole) // 4096):
        data = bytearray(whole)
        data[page * 4096 : page * 4096 + 64] = b"\xa5" * 64
        path.write_bytes(data)
        with pytest.raises(MissionError, match="spoilt"):
            Mission(path)
        assert path.read_bytes() == bytes(data)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissionError, match="cannot be opened"):
        Mission(tmp_path / "no.mission")
    assert not list(tmp_path.iterdir())


def test_another_program_that_writes_is_waited_for_and_then_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WAIT_S", 0.1)
    mission = Mission(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(MissionError, match="another program is writing into it; close it there"):
            mission.tell(0, 10, RUNNING)
    mission.tell(0, 10, RUNNING)


def drive_and_say(path: Path, out: int) -> None:
    """Drives as fast as it can, and says after each step what is on the disk."""
    mission = Mission(path, "board-1")
    moves, at = mission.moves(), mission.progress()
    for number in range(at.move, len(moves)):
        length = 0 if moves[number][0] == "turn" else abs(moves[number][1])
        for mm in range(at.done_mm + 700 if number == at.move else 700, length, 700):
            mission.tell(number, mm, RUNNING)
            os.write(out, b"%d %d\n" % (number, mm))
        mission.add_contact(Kept("board-1", 1, number, number, -number, 40, "mine", 0, "none"))
        mission.tell(number, length, DONE)
        os.write(out, b"%d 0\n" % (number + 1))


def killed(path: Path, after_s: float) -> tuple[bool, list[bytes]]:
    """Another program drives until it is killed: whether it was, and what it said."""
    hear, say = os.pipe()
    program = os.fork()
    if not program:
        try:
            drive_and_say(path, say)
        finally:
            os._exit(0)
    os.close(say)
    time.sleep(after_s)
    os.kill(program, signal.SIGKILL)
    _, status = os.waitpid(program, 0)
    with os.fdopen(hear, "rb") as lines:
        return os.WIFSIGNALED(status), lines.read().splitlines()


def test_killed_at_any_moment_it_goes_on_with_nothing_lost_or_counted_twice(tmp_path: Path) -> None:
    """kill -9 within writing, over and over, each time the next program: what was said to be on the disk is there."""
    plan = plan_of(rectangle(4, 1.5), USUAL)
    chance, kills, number = random.Random(11), 0, 0
    while kills < 10:  # how many there are in a mission is up to the machine
        number += 1
        kills += driven_by_many(tmp_path / f"small-{number}.mission", plan, chance)
    assert number < 50


def driven_by_many(path: Path, plan: Plan, chance: random.Random) -> int:
    """A mission driven to its end by one program after the other: how many were killed."""
    create_mission(path, plan)
    kills = 0
    at = Mission(path).progress()
    while at.move < len(plan.moves):
        was_killed, lines = killed(path, chance.uniform(0, 0.05))
        kills += was_killed
        at = Mission(path).progress()
        if lines:
            move, mm = map(int, lines[-1].split())
            assert (at.move, at.done_mm) >= (move, mm)
    mission = Mission(path)
    assert mission.progress() == Progress(len(plan.moves), 0, RUNNING)
    assert sum(mission.searched_mm().values()) == sum(move.value for move in plan.moves if move.kind == "lane")
    assert [kept.number for kept in mission.contacts()] == list(range(len(plan.moves)))
    return kills


def test_a_journal_left_by_a_power_cut_is_played_back(path: Path) -> None:
    """The file and its journal as they lie on the disk in the midst of a transaction's writing."""
    Mission(path).tell(0, 500, RUNNING)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA cache_size = 1")
        file.execute("PRAGMA cache_spill = 1")
        file.execute("BEGIN IMMEDIATE")
        file.execute("UPDATE progress SET done_mm = 900")
        file.execute("UPDATE moves SET driven_mm = 77777")
        file.executemany(
            "INSERT INTO contacts VALUES ('b', 1, ?, 0, 0, 0, ?, 0, 'none')", [(n, "x" * 500) for n in range(200)]
        )
        cut = path.with_name("cut.mission")
        journal = path.with_name(path.name + "-journal").read_bytes()
        cut.write_bytes(path.read_bytes())
        cut.with_name("cut.mission-journal").write_bytes(journal)
        file.execute("ROLLBACK")
    assert cut.read_bytes() != path.read_bytes() and len(journal) > 512
    mission = Mission(cut)
    assert mission.progress() == Progress(0, 500, RUNNING) and mission.contacts() == []
