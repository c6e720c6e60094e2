"""A mutant: one place of one file, and what it becomes."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from hil.errors import HilError


@dataclass(frozen=True)
class Mutant:
    """`source[start:end]` of `file` (bytes; a path in the tree) becomes `becomes`.

    kind: the operator that made it, or the name of one of the list. tests: those that are to kill it, where they are
    known: pytest's arguments.
    """

    file: str
    start: int
    end: int
    becomes: bytes
    kind: str
    tests: tuple[str, ...] = ()

    def apply(self, source: bytes) -> bytes:
        """The file with this change."""
        return source[: self.start] + self.becomes + source[self.end :]

    def lines(self, source: bytes) -> range:
        """The lines that it changes, from 1."""
        first = source.count(b"\n", 0, self.start) + 1
        return range(first, first + source.count(b"\n", self.start, self.end) + 1)

    def texts(self, source: bytes) -> tuple[str, str]:
        """What stood there and what stands there now: whole lines, their blanks at the ends taken off."""
        first = source.rfind(b"\n", 0, self.start) + 1
        last = source.find(b"\n", self.end)
        last = len(source) if last < 0 else last
        was, now = source[first:last], source[first : self.start] + self.becomes + source[self.end : last]
        return " ".join(was.decode().split()), " ".join(now.decode().split())


@dataclass(frozen=True)
class Excuse:
    """A change that no test can notice: `was` -> `becomes` in `file`, whole lines, and why."""

    file: str
    was: str
    becomes: str
    why: str


def kept(path: Path, root: Path) -> list[Mutant]:
    """The list in this file (TOML): [[mutant]] with name, file, line, becomes, tests.

    `line`, one or several whole ones, must stand exactly once in the file as it is now: HilError names what does not.
    """
    found, wrong = [], []
    for row in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]:
        if set(row) != {"name", "file", "line", "becomes", "tests"} or not row["tests"]:
            raise HilError(f"{path.name}: {row.get('name', row)}: it has name, file, line, becomes and tests")
        place = root / row["file"]
        source = place.read_bytes() if place.is_file() else b""
        line = row["line"].strip("\n").encode()
        starts = _whole_lines(source, line)
        if len(starts) != 1:
            wrong.append(f"'{row['name']}' is stale: its line stands {len(starts)} times in {row['file']}")
            continue
        start = starts[0]
        becomes = row["becomes"].strip("\n").encode()
        if becomes == line:
            wrong.append(f"'{row['name']}' changes nothing")
        found.append(Mutant(row["file"], start, start + len(line), becomes, row["name"], tuple(row["tests"])))
    if wrong:
        raise HilError(f"{path.name}: write the lines as they are there now: " + "; ".join(wrong))
    return found


def _whole_lines(source: bytes, line: bytes) -> list[int]:
    """Where these whole lines begin."""
    at, starts = -1, []
    while line and (at := source.find(line, at + 1)) >= 0:
        if (at == 0 or source[at - 1 : at] == b"\n") and source[at + len(line) : at + len(line) + 1] in (b"\n", b""):
            starts.append(at)
    return starts


def excuses(path: Path) -> list[Excuse]:
    """Those in this file (TOML): [[equivalent]] with file, was, becomes, why."""
    return [
        Excuse(row["file"], " ".join(row["was"].split()), " ".join(row["becomes"].split()), row["why"])
        for row in tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
    ]
