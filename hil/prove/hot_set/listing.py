"""The list of the hot set, firmware/board/hot_set.txt, as the build reads it (firmware/toolchain/hot_set.py)."""

from __future__ import annotations

from dataclasses import dataclass

from hil.prove.hot_set.sections import Section
from sapper_host.files.checkout import ROOT

LIST = ROOT / "firmware" / "board" / "hot_set.txt"
_HEADING = """\
# Code and constants that are in RAM though they could be in flash, where the cache misses them. Made by `make hotset`,
# which drives the firmware on the virtual Pico and counts; not by hand. `early`: crt0 copies it, as the clocks need it.
# cost: of its misses before it moved, thousandths of the room that limits of time leave for misses, of all work added.
# when   bytes     cost  object and section
"""


@dataclass(frozen=True)
class Entry:
    """A section that is in RAM. early: it is needed before the hot set is copied."""

    section: Section
    early: bool
    bytes: int
    cost: float


def as_text(entries: list[Entry]) -> str:
    """The list, in an order that does not depend on the figures."""
    rows = [
        f"{'early' if row.early else 'hot':5} {row.bytes:8} {1000 * row.cost:8.2f}  {row.section}\n"
        for row in sorted(entries, key=lambda row: row.section)
    ]
    return _HEADING + "".join(rows)
