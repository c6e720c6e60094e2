"""The sections of an image, as the build tells of them, and which of them the misses fall into."""

from __future__ import annotations

import csv
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hil.errors import HilError

NAME = "firmware.sections.csv"  # beside the UF2
HOT, EARLY, FLASH = (".hot_set", ".hot_app"), ".data", (".text", ".rodata")
STUBS = "linker stubs"  # jumps between flash and RAM, too far for a call
# The linker joins equal strings and constants of all objects: their sections are in no place of their own.
_JOINED = re.compile(r"\.str\d|\.cst\d|^\.(init|fini)")


@dataclass(frozen=True, order=True)
class Section:
    """The sections of one name in the objects of one name: what the linker's script can tell from others."""

    object: str
    name: str

    @property
    def movable(self) -> bool:
        """Whether the script can put it elsewhere."""
        return self.object != STUBS and not _JOINED.search(self.name)

    def __str__(self) -> str:
        return f"{self.object} {self.name}"


@dataclass(frozen=True)
class Placed:
    """Where a part of a section is."""

    output: str
    address: int
    bytes: int
    section: Section


class Image:
    """An image's sections."""

    def __init__(self, placed: list[Placed]) -> None:
        self.placed = sorted(placed, key=lambda row: row.address)
        self._starts = [row.address for row in self.placed]

    @classmethod
    def beside(cls, uf2: Path) -> Image:
        """Of a UF2 that `make firmware` made. HilError when the table is not there."""
        path = uf2.with_name(NAME)
        if not path.exists():
            raise HilError(f"{path} is not there; run `make firmware`")
        with path.open(newline="") as file:
            rows = [
                Placed(
                    row["output"], int(row["address"], 16), int(row["bytes"]), Section(row["object"], row["section"])
                )
                for row in csv.DictReader(file)
            ]
        return cls(rows)

    def bytes_of(self, *outputs: str) -> dict[Section, int]:
        """The sections in these outputs, and their bytes there."""
        out: Counter[Section] = Counter()
        for row in self.placed:
            if row.output in outputs:
                out[row.section] += row.bytes
        return dict(out)

    def by_section(self, misses: Mapping[int, float]) -> dict[Section, float]:
        """Misses by address of a word -> by section. A word of several sections is shared out among them."""
        out: defaultdict[Section, float] = defaultdict(float)
        for address, count in misses.items():
            found = self._in_word(address)
            for section in found:
                out[section] += count / len(found)
        return dict(out)

    def _in_word(self, address: int) -> list[Section]:
        found = []
        at = max(0, bisect_right(self._starts, address) - 1)
        while at < len(self.placed) and self.placed[at].address < address + 4:
            if self.placed[at].address + self.placed[at].bytes > address:
                found.append(self.placed[at].section)
            at += 1
        return found
