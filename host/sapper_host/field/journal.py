"""What a mission is told while it runs, in its file: ground, tracks, notes, sessions. Written together, now and then:
what was not written when a program ended is told by the board once more, or was not searched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sapper_host.field.mission import Mission, MissionError
from sapper_host.field.searched import Searched, SearchedError


@dataclass(frozen=True)
class Note:
    """What happened, and where the coil was (None: place unknown). kind: a cause of ground not searched, or another."""

    session: int
    kind: str
    x_mm: int | None
    y_mm: int | None
    text: str


@dataclass(frozen=True)
class Step:
    """A place on the rover's way."""

    session: int
    x_mm: int
    y_mm: int
    heading_mrad: int
    sigma_mm: int
    searching: bool


class Journal:
    """Of one mission. `write` puts what was collected on the disk."""

    def __init__(self, mission: Mission, searched: Searched) -> None:
        self._mission, self.searched = mission, searched
        self._notes: list[Note] = []
        self._steps: list[Step] = []
        with mission.reading() as file:
            rows = file.execute("SELECT row, cells FROM ground").fetchall()
        for number, cells in rows:
            try:
                searched.give_row(number, cells)
            except SearchedError as error:
                raise MissionError(
                    str(mission.path), f"its ground is spoilt: {error}", "copy it before anything else"
                ) from None  # noqa: E501

    def note(self, note: Note) -> None:
        """Keep it with the next `write`."""
        self._notes.append(note)

    def step(self, step: Step) -> None:
        """Keep it with the next `write`."""
        self._steps.append(step)

    def write(self) -> None:
        """On the disk when it returns."""
        rows = [(row, self.searched.row(row)) for row in sorted(self.searched.changed)]
        if not (rows or self._notes or self._steps):
            return
        with self._mission.transaction() as file:
            file.executemany(
                "INSERT INTO ground VALUES (?, ?) ON CONFLICT (row) DO UPDATE SET cells = excluded.cells", rows
            )  # noqa: E501
            notes = [(n.session, n.kind, n.x_mm, n.y_mm, n.text) for n in self._notes]
            file.executemany("INSERT INTO notes (session, kind, x_mm, y_mm, text) VALUES (?, ?, ?, ?, ?)", notes)
            steps = [(s.session, s.x_mm, s.y_mm, s.heading_mrad, s.sigma_mm, int(s.searching)) for s in self._steps]
            columns = "session, x_mm, y_mm, heading_mrad, sigma_mm, searching"
            file.executemany(f"INSERT INTO track ({columns}) VALUES (?, ?, ?, ?, ?, ?)", steps)
        self.searched.changed.clear()
        self._notes.clear()
        self._steps.clear()


def session_of(mission: Mission, board: str, boot: int) -> tuple[int, bool]:
    """The number of this start of this board in the file, and whether it was told there all that it has to know."""
    with mission.transaction() as file:
        row = file.execute(
            "SELECT number, set_up FROM sessions WHERE board = ? AND boot = ? ORDER BY number DESC", (board, boot)
        ).fetchone()
        if row is not None:
            return int(row[0]), bool(row[1])
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        done = file.execute("INSERT INTO sessions (begun, board, boot, set_up) VALUES (?, ?, ?, 0)", (now, board, boot))
        return int(done.lastrowid or 0), False


def set_up(mission: Mission, session: int) -> None:
    """The board knows what it has to know."""
    with mission.transaction() as file:
        file.execute("UPDATE sessions SET set_up = 1 WHERE number = ?", (session,))


def notes_of(mission: Mission) -> list[Note]:
    """All of them, in order."""
    with mission.reading() as file:
        rows = file.execute("SELECT session, kind, x_mm, y_mm, text FROM notes ORDER BY number").fetchall()
    return [Note(*row) for row in rows]


def steps_of(mission: Mission) -> list[Step]:
    """All of them, in order."""
    with mission.reading() as file:
        rows = file.execute(
            "SELECT session, x_mm, y_mm, heading_mrad, sigma_mm, searching FROM track ORDER BY number"
        ).fetchall()
    return [Step(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in rows]
