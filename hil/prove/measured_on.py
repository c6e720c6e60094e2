"""What a figure was measured on, as every report says it: what was only emulated is marked so, until a chip tells.

A chip tells by a record of `sapper bench silicon` that somebody put into docs/silicon/. One that was made on a rig, or
over a line that is no USB device, is a rehearsal, and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.errors import HilError
from hil.rigs.firmware import default_uf2
from sapper_host.errors import SapperError
from sapper_host.files.checkout import DOCS
from sapper_host.files.page import table
from sapper_host.flash.uf2 import read_uf2
from sapper_host.limits import LIMITS
from sapper_host.silicon import record
from sapper_host.silicon.compare import compare
from sapper_host.silicon.model import MODEL
from sapper_host.silicon.protocol import figures_of
from sapper_host.silicon.step import Figure

EMULATED = "emulated"  # in a report's `measured_on`
THIS_MACHINE = "this machine"
SILICON = "silicon"
NOT_ON_SILICON = "emulated, not yet measured on silicon"  # for people
KEPT = DOCS / "silicon"

# Figures of a record, and the limits that they are held to.
HELD = {
    "start_ms": "BOOT_MS",
    "load_percent": "LOAD_PERCENT",
    "late_p999_us": "JITTER_P999_US",
    "late_max_us": "JITTER_US",
    "tick_max_us": "LANE_TICK_MS",
}
# Where a record has what a limit is about only nearly.
_NEARLY = {"start_ms": "the laptop's finding of USB in it", "tick_max_us": "a sweep on blocks, without finds"}


@dataclass(frozen=True)
class Kept:
    """A record in docs/silicon/. path: below docs/."""

    path: str
    board: str
    firmware: str
    slot: bool
    made: str
    rehearsed: bool
    figures: Mapping[str, Figure]

    def value(self, figure: str, unit: str) -> float:
        """A figure that the record has, in this unit; its own stands at its name's end."""
        value = _number(self.figures[figure])
        assert value is not None
        return value / 1000 if figure.endswith("_us") and unit == "ms" else value

    def about(self) -> dict[str, Any]:
        """For a report's JSON."""
        return {"board": self.board, "firmware": self.firmware, "slot": self.slot, "made": self.made}

    def __str__(self) -> str:
        return f"board {self.board}, firmware {self.firmware}{' from a slot' if self.slot else ''}, {self.made}"


def _kept(path: Path, folder: Path) -> Kept:
    told = record.read(path)
    words = told.get("firmware")
    words = words if isinstance(words, dict) else {}
    return Kept(
        f"{folder.name}/{path.name}",
        str(told.get("board", "")),
        f"{words.get('sapper', '?')}+{words.get('git', '?')}",
        str(words.get("source", "")).startswith("slot"),
        str(told.get("made", ""))[:10],
        told.get("rig") != "" or not told.get("usb"),
        figures_of(told),
    )


@dataclass(frozen=True)
class Silicon:
    """The records that are kept, oldest first. firmware: of the report's own build; '' where that is not known."""

    records: Sequence[Kept] = ()
    firmware: str = ""

    @classmethod
    def kept(cls, firmware: str = "", folder: Path | None = None) -> Silicon:
        """Those in `folder`, or docs/silicon/. SapperError when a file there is none."""
        folder = folder or KEPT
        found = sorted((_kept(path, folder) for path in folder.glob("*.json")), key=lambda each: (each.made, each.path))
        return cls(found, firmware)

    @property
    def real(self) -> list[Kept]:
        """Those that a chip told."""
        return [each for each in self.records if not each.rehearsed]

    def same(self, one: Kept) -> bool:
        """Whether it is of the report's own build. A tree that was changed says nothing of what it was built from."""
        return one.firmware == self.firmware and "dirty" not in one.firmware and "unknown" not in one.firmware

    def of(self, figure: str, slot: bool) -> Kept | None:
        """The newest with this figure, of an application there: of this build, if one is."""
        found = [each for each in self.real if each.slot is slot and _number(each.figures.get(figure)) is not None]
        return max(found, key=lambda each: (self.same(each), found.index(each)), default=None)

    def words(self) -> str:
        """For the head of a report whose figures are emulated."""
        if not self.real:
            return NOT_ON_SILICON
        return "emulated, but for what is said to be measured on silicon"

    def lines(self) -> Iterator[str]:
        """What people are told of each record."""
        for each in self.records:
            if each.rehearsed:
                yield f"docs/{each.path} is a rehearsal, not silicon: {each}"
            else:
                other = "" if self.same(each) else f"; ANOTHER BUILD, not this one ({self.firmware or 'unknown'})"
                compared = [row for row in compare(each.figures, MODEL) if row.within is not None]
                within = sum(row.within is True for row in compared)
                yield f"silicon: {each}; {within} of {len(compared)} figures as the model has them{other}"


NO_SILICON = Silicon()


def firmware_of(uf2: Path | None) -> str:
    """Version and revision of the firmware that a report is about; '' where its file does not tell. None: the one that
    was built."""
    try:
        build = read_uf2(uf2 or default_uf2()).build
    except (HilError, SapperError):
        return ""
    return str(build) if build else ""


def _number(value: Figure) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def told_in_docs(silicon: Silicon) -> str:
    """The part of docs/safety.md on what silicon said: a row a limit that a record can tell of, and the records."""
    rows = []
    for figure, name in HELD.items():
        limit = LIMITS[name]
        told = silicon.of(figure, slot=False)
        if told is None:
            rows.append((f"`{name}`", limit.text, NOT_ON_SILICON, "", ""))
            continue
        value = told.value(figure, limit.unit)
        verdict = "held" if value <= limit.value else "**missed**"
        note = f" ({_NEARLY[figure]})" if figure in _NEARLY else ""
        rows.append(
            (f"`{name}`", limit.text, f"measured: {value:g} {limit.unit}, {verdict}{note}", told.board, told.firmware)
        )
    out = table(("limit", "value", "on silicon", "board", "firmware"), rows)
    out += "\nEvery other limit and every row of `make safety`: emulated, not measured on silicon. "
    if not silicon.records:
        return out + "No record is kept in docs/silicon/.\n"
    return (
        out
        + "Records:\n\n"
        + table(
            ("record", "what", "board", "firmware", "made"),
            [
                (
                    f"[{each.path}]({each.path})",
                    "a rehearsal on an emulated board" if each.rehearsed else "a real board",
                    each.board,
                    each.firmware,
                    each.made,
                )
                for each in silicon.records
            ],
        )
    )
