"""The file of a bench's book: every run of every scenario, one row each, whatever ended it.

One SQLite file, for many processes at once. A run is written down when it begins, so that one whose process was killed
stands there as 'unfinished' and counts as a failure. A spoilt file is set aside, never mended and never deleted.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from filelock import FileLock

from hil.errors import HilError

PASSED, FAILED, ERROR, RUNNING, UNFINISHED = "passed", "failed", "error", "running", "unfinished"
OUTCOMES = (PASSED, FAILED, ERROR)
_WAIT_S = 30.0  # for others who write
_BEHIND = ("-journal", "-wal", "-shm")  # what SQLite keeps beside a file; another file must not find it
_VERSION = 1
_COLUMNS = "began, scenario, rig, firmware, board, revision, outcome, duration_s, why, process, process_began"
_TABLE = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY,
    began REAL NOT NULL,          -- seconds since 1970
    scenario TEXT NOT NULL,
    rig TEXT NOT NULL,
    firmware TEXT NOT NULL,       -- hash of what ran
    board TEXT NOT NULL,          -- its unique number, '' until it has told
    revision TEXT NOT NULL,       -- of the scenarios' repository
    outcome TEXT NOT NULL,
    duration_s REAL NOT NULL,
    why TEXT NOT NULL,            -- the first line of a failure
    process INTEGER NOT NULL,     -- whose run it is, and since when that process lives
    process_began REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS by_scenario ON runs (scenario, rig, firmware);
"""


@dataclass(frozen=True)
class Run:
    """A row."""

    began: float
    scenario: str
    rig: str
    firmware: str
    board: str
    revision: str
    outcome: str
    duration_s: float
    why: str


class Book:
    """The runs in one file. `told`: what whoever opened it should tell people, '' mostly."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{path}.lock"):  # two who find it spoilt: one sets it aside
                try:
                    self._prepare()
                except sqlite3.OperationalError as error:
                    raise HilError(f"the book {path} cannot be used: {error}; name another place") from None
                except sqlite3.DatabaseError as error:
                    self.told = self._set_aside(error)
                    self._prepare()
        except OSError as error:
            raise HilError(f"the book {path} cannot be written ({error.strerror}); name another place") from None

    def _prepare(self) -> None:
        with self._transaction() as book:
            (found,) = book.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(found)
            (version,) = book.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise HilError(f"the book {self.path} is of another version of these tools ({version}); name another")
            for statement in _TABLE.split(";"):
                book.execute(statement)
            book.execute(f"PRAGMA user_version = {_VERSION}")

    def _set_aside(self, error: Exception) -> str:
        name = f"{self.path.name}.spoilt-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        for behind in ("", *_BEHIND):
            here = self.path.with_name(self.path.name + behind)
            if here.exists():
                here.rename(self.path.with_name(name + behind))
        return f"the book {self.path} was spoilt ({error}); it was set aside as {name}, and a new one begun"

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The same, with what goes wrong in our words."""
        try:
            with self._transaction() as book:
                yield book
        except sqlite3.Error as error:
            raise HilError(
                f"the book {self.path} cannot be used ({error}); whoever opens it next sets a spoilt one aside"
            ) from None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction, alone, on the disk when it ends; nothing when the block raises."""
        with closing(sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None)) as book:
            book.execute("PRAGMA synchronous = FULL")
            book.execute("BEGIN IMMEDIATE")
            try:
                yield book
            except BaseException:
                if book.in_transaction:
                    book.execute("ROLLBACK")
                raise
            book.execute("COMMIT")

    def begin(self, scenario: str, rig: str, firmware: str, revision: str = "") -> int:
        """A run begins; returns what `end` is told."""
        mine = psutil.Process()
        row = (time.time(), scenario, rig, firmware, "", revision, RUNNING, 0.0, "", mine.pid, mine.create_time())
        with self._open() as book:
            marks = ", ".join("?" * len(row))
            return int(book.execute(f"INSERT INTO runs ({_COLUMNS}) VALUES ({marks})", row).lastrowid or 0)

    def end(self, number: int, outcome: str, duration_s: float, board: str = "", why: str = "") -> None:
        """It ended so."""
        if outcome not in OUTCOMES:
            raise ValueError(f"outcome '{outcome}'; there are {', '.join(OUTCOMES)}")
        with self._open() as book:
            change = "UPDATE runs SET outcome = ?, duration_s = ?, board = ?, why = ? WHERE id = ? AND outcome = ?"
            if book.execute(change, (outcome, duration_s, board, why, number, RUNNING)).rowcount != 1:
                raise HilError(f"run {number} is not under way in the book {self.path}; was it changed by hand?")

    def forget(self, number: int) -> None:
        """A run that was begun and was none: the scenario was skipped."""
        with self._open() as book:
            book.execute("DELETE FROM runs WHERE id = ? AND outcome = ?", (number, RUNNING))

    def runs(self) -> list[Run]:
        """All that are over, oldest first; those whose process is gone as 'unfinished', those under way left out."""
        with self._open() as book:
            rows = book.execute(f"SELECT {_COLUMNS} FROM runs ORDER BY id").fetchall()
        found = []
        for *columns, process, process_began in rows:
            run = Run(*columns)
            if run.outcome == RUNNING:
                if _lives(process, process_began):
                    continue
                run = Run(**(vars(run) | {"outcome": UNFINISHED, "why": "its process was killed"}))
            found.append(run)
        return found


def _lives(process: int, began: float) -> bool:
    try:
        return abs(psutil.Process(process).create_time() - began) < 1  # numbers are given out again
    except psutil.Error:
        return False
