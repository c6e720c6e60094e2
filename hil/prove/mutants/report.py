"""The score of each room, who survived, and build/mutants.json."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hil.prove.mutants.mutant import Excuse
from hil.prove.mutants.trial import Outcome


@dataclass
class Room:
    """A room's mutants. floor: least share of them, in percent, that the tests have to notice."""

    name: str
    floor: float
    killed: int = 0
    excused: int = 0
    survivors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def score(self) -> float:
        """Percent noticed of those that can be; 100 of none."""
        counted = self.killed + len(self.survivors)
        return 100.0 * self.killed / counted if counted else 100.0

    @property
    def ok(self) -> bool:
        """Whether that is enough."""
        return self.score >= self.floor

    def as_dict(self) -> dict[str, Any]:
        """As it stands in build/mutants.json."""
        return {
            "room": self.name,
            "score": round(self.score, 1),
            "floor": self.floor,
            "ok": self.ok,
            "killed": self.killed,
            "excused": self.excused,
            "survivors": self.survivors,
        }


class Report:
    """What came of the mutants, by room. source: the bytes of a file of the tree."""

    def __init__(self, floors: dict[str, float], excuses: list[Excuse], source: Callable[[str], bytes]) -> None:
        self.rooms = {name: Room(name, floor) for name, floor in floors.items()}
        self._excuses = {(excuse.file, excuse.was, excuse.becomes): excuse for excuse in excuses}
        self._used: set[tuple[str, str, str]] = set()
        self._source = source

    def add(self, outcome: Outcome) -> str:
        """Count it in. Returns the line that tells a survivor, or ''."""
        mutant = outcome.mutant
        room = self.rooms[Path(mutant.file).parent.name]
        source = self._source(mutant.file)
        was, becomes = mutant.texts(source)
        key = (mutant.file, was, becomes)
        # One that the tests notice after all is counted, and its excuse told as stale.
        if outcome.survived and key in self._excuses:
            self._used.add(key)
            room.excused += 1
            return ""
        if not outcome.survived:
            room.killed += 1
            return ""
        row = {
            "file": mutant.file,
            "line": mutant.lines(source)[0],
            "kind": mutant.kind,
            "was": was,
            "becomes": becomes,
            "tests": outcome.tried,
        }
        room.survivors.append(row)
        return line_of(row)

    def stale(self) -> list[Excuse]:
        """Excuses of these rooms that excused nothing."""
        return [
            excuse
            for key, excuse in self._excuses.items()
            if key not in self._used and Path(excuse.file).parent.name in self.rooms
        ]


def line_of(row: dict[str, Any]) -> str:
    """A survivor, as people read it."""
    tests = f"{row['tests']} tests" if row["tests"] else "no test"
    return f"{row['file']}:{row['line']}: {row['kind']} ({tests} ran it)\n    - {row['was']}\n    + {row['becomes']}"
