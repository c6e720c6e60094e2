"""The hot set: which sections run and are read from RAM. `make hotset` writes the list, the linker script takes it."""

import re
from dataclasses import dataclass

from .errors import ToolchainError

LIST = "board/hot_set.txt"
WHEN = ("hot", "early")
_ROW = re.compile(r"(hot|early) +\d+ +[\d.]+ +(\S+) (\.\S+)")


@dataclass(frozen=True, order=True)
class Entry:
    """A section of an object that is in RAM, and when it is copied there."""

    object: str
    section: str
    when: str


def read(text: str) -> list[Entry]:
    """The entries of a list. Raises ToolchainError for a line that is none."""
    entries = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        row = _ROW.fullmatch(line)
        if not row:
            raise ToolchainError(f"{LIST}, line {number}: not an entry: {line}", "make the list anew: make hotset")
        entries.append(Entry(row[2], row[3], row[1]))
    return entries


# Native code of the factory's application. Where an application from an update slot runs, it has no use, and the slot's
# takes its room (board/sapper_hot_set.c): so it stands together.
_FUNCTION = ".text.fun_data_"
_APPLICATION = _FUNCTION + "sapper_"


def application_functions(entries: list[Entry]) -> frozenset[str]:
    """The native functions of the application that are in RAM, by the names that they are frozen under."""
    sections = [entry.section for entry in entries if entry.section.startswith(_APPLICATION)]
    return frozenset(section.removeprefix(_FUNCTION) for section in sections)


def linker_files(entries: list[Entry]) -> list[tuple[str, bytes]]:
    """The files that board/memory.ld includes, as (name, content)."""
    rows = sorted(entries)
    files = {
        "hot_set.ld": [row for row in rows if row.when == "hot" and not row.section.startswith(_APPLICATION)],
        "hot_set_application.ld": [row for row in rows if row.when == "hot" and row.section.startswith(_APPLICATION)],
        "hot_set_early.ld": [row for row in rows if row.when == "early"],
    }
    return [(f"board/{name}", "".join(map(_statement, chosen)).encode()) for name, chosen in files.items()]


def _statement(entry: Entry) -> str:
    """The linker's words for an entry. Kept only if something needs it, as everything else."""
    library, _, member = entry.object.rpartition(":")
    file = f"*{library}:{member}" if library else f"*/{member}"
    return f"{file}({entry.section})\n"
