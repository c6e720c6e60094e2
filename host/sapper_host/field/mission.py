"""The mission's file: area, rover, plan, how far it is, and contacts. One SQLite file that outlives power cuts,
programs that are killed, other laptops and other boards.

Each call is one transaction, on the disk when it returns. No write-ahead log: with a rollback journal the file is
whole by itself whenever nobody writes, so that it may be copied onto a stick; `synchronous = EXTRA` has the end of the
journal on the disk as well. Looking at a file that is not a mission of this version changes no byte of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sapper_host.errors import CHECK_NAME
from sapper_host.field.errors import FieldError
from sapper_host.field.mission_schema import APPLICATION_ID, TABLES, VERSION
from sapper_host.field.moves import Move, Pose
from sapper_host.files.whole_file import replacing

if TYPE_CHECKING:
    from sapper_host.field.frames import Frame
    from sapper_host.field.plan import Plan

RUNNING, STOPPED, DONE = "running", "stopped", "done"
STATES = (RUNNING, STOPPED, DONE)
VERDICTS = ("none", "clutter", "suspect", "removed")
_WAIT_S = 5.0
_SPOTS = "SELECT count(*) FROM contacts WHERE verdict IN ('none', 'suspect')"
_MAGIC = b"SQLite format 3\0"
_KEPT = "copy it as it is before anything else; a copy of another day goes on where that day ended"


class MissionError(FieldError):
    """A mission's file that cannot be used, or what was told of it and cannot be so. The file is as it was."""


@dataclass(frozen=True)
class Progress:
    """move: the one under way, from 0; the number of moves when all is done. done_mm: of it (turns have none)."""

    move: int
    done_mm: int
    state: str


@dataclass(frozen=True)
class Kept:
    """A contact in the mission: place with one sigma, mm in the field's frame, along the heading (mrad) at which the
    rover came to it; across that it is anywhere in the swath. Its verdict."""

    board: str
    boot: int
    number: int
    x_mm: int
    y_mm: int
    sigma_mm: int
    class_name: str
    heading_mrad: int
    verdict: str


def create_mission(path: Path, plan: Plan, frame: Frame | None = None) -> Mission:
    """A new file, whole or not there at all. MissionError when there is one already, NotWrittenError."""
    if path.exists():
        raise MissionError(str(path), "it exists already", "give another name: a mission is never written over")
    if plan.plain:
        raise MissionError(str(path), "a plain plan is not to be driven", "plan it without --plain")
    with replacing(path) as part, _named(path), closing(sqlite3.connect(part, isolation_level=None)) as file:
        _prepare(file)
        file.execute("BEGIN IMMEDIATE")
        for statement in TABLES.split(";"):
            file.execute(statement)
        about = (
            plan.area.name,
            f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            json.dumps(plan.area.as_dict()),
            json.dumps(frame.as_dict()) if frame is not None else "null",
            json.dumps(plan.geometry.as_dict()),
            json.dumps(plan.as_dict()["start"]),
            plan.digest,
        )
        file.execute("INSERT INTO mission VALUES (1, ?, ?, '', ?, ?, ?, ?, ?)", about)
        file.execute("INSERT INTO plans VALUES (0, 0, ?, 0, 'the first')", (about[5],))
        rows = [(i, m.kind, m.value, m.lane, m.piece, None) for i, m in enumerate(plan.moves)]
        file.executemany("INSERT INTO moves VALUES (?, ?, ?, ?, ?, ?)", rows)
        file.execute("INSERT INTO progress VALUES (1, 0, 0, ?)", (STOPPED,))
        file.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        file.execute(f"PRAGMA user_version = {VERSION}")
        file.execute("COMMIT")
    return Mission(path)


class Mission:
    """An open file. board: the number of the board that drives it, '' for one who only looks."""

    def __init__(self, path: Path, board: str = "") -> None:
        self.path = path
        _check_header(path)
        with self.reading() as file:
            (found,) = file.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise MissionError(str(path), f"it is spoilt ({found})", _KEPT)
            if file.execute("SELECT count(*) FROM mission").fetchone() != (1,):
                raise MissionError(str(path), "it was never written whole", "plan it again, into a new file")
            (owner,) = file.execute("SELECT board FROM mission").fetchone()
            if board and owner not in ("", board):
                raise MissionError(
                    str(path),
                    f"it is driven by the board {owner}, and this one is {board}",
                    "connect that board; or, where this one is to go on, have it take over",
                )

    def take_over(self, board: str) -> None:
        """This board drives it from now on: said by a person who has it stand on the base line."""
        with self.transaction() as file:
            file.execute("UPDATE mission SET board = ?", (board,))

    def about(self) -> dict[str, Any]:
        """name, begun, board; area, frame, geometry and start as they were written; plan_sha256."""
        with self.reading() as file:
            row = file.execute("SELECT * FROM mission").fetchone()
        names = ("id", "name", "begun", "board", "area", "frame", "geometry", "start", "plan_sha256")
        out = dict(zip(names, row, strict=True))
        return out | {key: json.loads(out[key]) for key in ("area", "frame", "geometry", "start")}

    def moves(self) -> list[tuple[str, int, int, int]]:
        """Each move: kind, value, lane, piece."""
        with self.reading() as file:
            return file.execute("SELECT kind, value, lane, piece FROM moves ORDER BY number").fetchall()

    def replan(self, start: Pose, moves: Sequence[Move], why: str, done_mm: int = 0) -> None:
        """From here on these moves, in the place of what was left. The move under way counts as driven so far."""
        with self.transaction() as file:
            at, _, _ = file.execute("SELECT move, done_mm, state FROM progress").fetchone()
            (count,) = file.execute("SELECT count(*) FROM moves").fetchone()
            (plans,) = file.execute("SELECT count(*) FROM plans").fetchone()
            file.execute("UPDATE moves SET driven_mm = ? WHERE number = ?", (done_mm, at))
            kept = json.dumps([start.x_mm, start.y_mm, start.heading])
            (spots,) = file.execute(_SPOTS).fetchone()
            file.execute("INSERT INTO plans VALUES (?, ?, ?, ?, ?)", (plans, count, kept, spots, why))
            rows = [(count + i, m.kind, m.value, m.lane, m.piece, None) for i, m in enumerate(moves)]
            file.executemany("INSERT INTO moves VALUES (?, ?, ?, ?, ?, ?)", rows)
            state = RUNNING if moves else DONE
            file.execute("UPDATE progress SET move = ?, done_mm = 0, state = ?", (count, state))

    def spots_since_plan(self) -> int:
        """Finds that are no clutter, and that the plan does not go round."""
        with self.reading() as file:
            (spots,) = file.execute(_SPOTS).fetchone()
            (known,) = file.execute("SELECT spots FROM plans ORDER BY number DESC LIMIT 1").fetchone()
        return int(spots - known)

    def plan_now(self) -> tuple[int, Pose]:
        """The number of the first move of the plan that is driven, and where it begins."""
        with self.reading() as file:
            first, start = file.execute("SELECT first, start FROM plans ORDER BY number DESC LIMIT 1").fetchone()
        return first, Pose(*json.loads(start))

    def progress(self) -> Progress:
        """How far it is: what a resumed mission goes on from."""
        with self.reading() as file:
            return Progress(*file.execute("SELECT move, done_mm, state FROM progress").fetchone())

    def tell(self, move: int, done_mm: int, state: str) -> None:
        """The rover is so far in a move. What was told before, and what lies behind that, is taken and changes nothing.
        Behind the last one the mission goes on, until a plan without moves ends it.

        MissionError for a move that cannot be yet, or for more of it than there is.
        """
        if state not in STATES:
            raise ValueError(f"state '{state}'; there are {', '.join(STATES)}")
        with self.transaction() as file:
            at, done, _ = file.execute("SELECT move, done_mm, state FROM progress").fetchone()
            if (move, done_mm) < (at, done):
                return
            if move != at:
                raise MissionError(
                    str(self.path), f"move {move} was told while move {at} is under way", "drive the moves in order"
                )
            row = file.execute("SELECT kind, value FROM moves WHERE number = ?", (move,)).fetchone()
            length = 0 if row is None or row[0] == "turn" else abs(row[1])
            behind = row is None and move > 0 and state != DONE
            if row is None and not behind or not 0 <= done_mm <= length:
                raise MissionError(str(self.path), f"move {move} has {length} mm, not {done_mm}", "drive this plan")
            if state == DONE:
                file.execute("UPDATE moves SET driven_mm = ? WHERE number = ?", (done_mm, move))
                move, done_mm, state = move + 1, 0, RUNNING
            file.execute("UPDATE progress SET move = ?, done_mm = ?, state = ?", (move, done_mm, state))

    def searched_mm(self) -> dict[int, int]:
        """Of each lane that was begun, how far its `lane` moves were driven: each stretch once, whoever told it."""
        with self.reading() as file:
            rows = file.execute(
                "SELECT m.lane, sum(CASE WHEN m.number < p.move THEN coalesce(m.driven_mm, 0) ELSE p.done_mm END) "
                "FROM moves m, progress p WHERE m.kind = 'lane' AND m.number <= p.move GROUP BY m.lane"
            ).fetchall()
        return {lane: mm for lane, mm in rows if mm}

    def add_contact(self, contact: Kept) -> bool:
        """Whether it is new: one that the same boot of the same board told under the same number is not."""
        row = (contact.board, contact.boot, contact.number, contact.x_mm, contact.y_mm, contact.sigma_mm,
               contact.class_name, contact.heading_mrad, contact.verdict)  # fmt: skip
        with self.transaction() as file:
            done = file.execute("INSERT INTO contacts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
            return done.rowcount == 1

    def judge(self, contact: Kept, verdict: str) -> None:
        """What people found of it."""
        if verdict not in VERDICTS:
            raise ValueError(f"verdict '{verdict}'; there are {', '.join(VERDICTS)}")
        key = (verdict, contact.board, contact.boot, contact.number)
        with self.transaction() as file:
            file.execute("UPDATE contacts SET verdict = ? WHERE board = ? AND boot = ? AND number = ?", key)

    def contacts(self) -> list[Kept]:
        """All of them, in the order in which they came."""
        with self.reading() as file:
            return [Kept(*row) for row in file.execute("SELECT * FROM contacts ORDER BY rowid")]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Alone; on the disk when it ends, nothing when the block raises."""
        with self.reading() as file:
            file.execute("BEGIN IMMEDIATE")
            try:
                yield file
            except BaseException:
                file.execute("ROLLBACK")
                raise
            file.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The file, to be looked at."""
        address = f"{self.path.absolute().as_uri()}?mode=rw"
        with (
            _named(self.path),
            closing(sqlite3.connect(address, timeout=_WAIT_S, isolation_level=None, uri=True)) as file,
        ):
            _prepare(file)
            yield file


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """What goes wrong in SQLite, in our words."""
    try:
        yield
    except sqlite3.OperationalError as error:
        busy = "locked" in str(error)
        remedy = "close it there" if busy else "make room on the disk, and the file yours"
        what = "another program is writing into it" if busy else f"it cannot be used ({error})"
        raise MissionError(str(path), what, remedy) from None
    except sqlite3.DatabaseError as error:
        raise MissionError(str(path), f"it is spoilt ({error})", _KEPT) from None


def _prepare(file: sqlite3.Connection) -> None:
    file.execute("PRAGMA synchronous = EXTRA")
    file.execute("PRAGMA fullfsync = 1")  # macOS alone has it, and keeps writes in the drive's memory without
    file.execute("PRAGMA foreign_keys = ON")
    file.execute("PRAGMA trusted_schema = OFF")


def _check_header(path: Path) -> None:
    """The first 100 bytes (sqlite.org/fileformat2.html, 1.3), before SQLite touches anything."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
            size = file.seek(0, 2)
    except OSError as error:
        raise MissionError(str(path), f"cannot be opened ({error.strerror or error})", CHECK_NAME) from None
    if not _MAGIC.startswith(head[:16]) and head[:16] != _MAGIC:
        raise MissionError(str(path), "it is no mission", "name the file that was given with --mission")
    if len(head) < 100:
        raise MissionError(str(path), f"it was cut off after {len(head)} bytes", _KEPT)
    if int.from_bytes(head[68:72]) != APPLICATION_ID:
        raise MissionError(str(path), "it is no mission", "name the file that was given with --mission")
    version = int.from_bytes(head[60:64])
    if version != VERSION:
        raise MissionError(
            str(path), f"it is of version {version}, and these tools are of {VERSION}", "use the tools that wrote it"
        )
    page = int.from_bytes(head[16:18])
    whole = (65536 if page == 1 else page) * int.from_bytes(head[28:32])
    if size < whole and not path.with_name(path.name + "-journal").exists():
        raise MissionError(str(path), f"it was cut off: {size} of {whole} bytes", _KEPT)
