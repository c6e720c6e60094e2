"""The rigs by name: what each offers, how it is opened, and what files decide what it does.

`python -m hil.rigs.registry` writes the table of docs/rigs.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from hil.errors import HilError
from hil.rigs.capabilities import (
    CAPABILITIES,
    Cable,
    Capability,
    Faults,
    Inertial,
    Insight,
    LackingError,
    Power,
    Reset,
    Time,
    lacking,
    names,
    offers_of,
)
from hil.rigs.firmware import INSTRUMENT_UF2, default_uf2, existing
from hil.rigs.rig import PLAYABLE, Board, Rig
from hil.rigs.sources import find_sources
from sapper_host.files.checkout import DOCS
from sapper_host.files.page import refill, table, with_parts


class VirtualRig(Rig, Inertial, Time, Power, Reset, Cable, Faults, Insight, Protocol):
    """What `virtual` offers; mypy holds `_virtual` to it."""


class SilRigOffers(Rig, Inertial, Reset, Cable, Protocol):
    """What `sil` offers. Not Time: what a tick costs is declared there. Not Faults: its processor cannot be broken."""


class BenchRigOffers(Rig, Time, Power, Reset, Cable, Protocol):
    """What `bench` offers. Not Faults and Insight: what is inside a real chip is out of reach."""


def _virtual(firmware: Path | None, **options: Any) -> VirtualRig:
    from hil.rigs.virtual import VirtualPico

    return VirtualPico(uf2=firmware or default_uf2(), **options)


def _sil(firmware: Path | None, **options: Any) -> SilRigOffers:
    from hil.rigs.sil import SilRig

    return SilRig(micropython=firmware, **options)


def _bench(firmware: Path | None, **options: Any) -> BenchRigOffers:
    from hil.rigs.bench.opened import open_bench

    return open_bench(firmware, **options)


def _image(root: Path, firmware: Path | None) -> list[Path]:
    return [existing(firmware) if firmware else default_uf2(root / "build")]


def _images(root: Path, firmware: Path | None) -> list[Path]:
    """The rover's, and the instrument's (where there is none, opening the rig will say so)."""
    instrument = root / "build" / INSTRUMENT_UF2
    return [*_image(root, firmware), *([instrument] if instrument.exists() else [])]


def _application(root: Path, firmware: Path | None) -> list[Path]:
    """The sources that run, and the MicroPython that runs them (where there is none, opening the rig will say so)."""
    micropython = firmware or root / "build" / "micropython"
    modules = find_sources(root / "firmware" / "board" / "modules")
    return [*find_sources(root / "firmware" / "sapper"), *modules, *([micropython] if micropython.exists() else [])]


# Beside its own: emulated or not, its parts and ports, and the way an image gets onto a board.
_OF_BENCH = (
    "hil/bench",
    "hil/rigs/virtual",
    "host/sapper_host/connected",
    "host/sapper_host/flash",
    "firmware/sapper/storage",
)


@dataclass(frozen=True)
class Entry:
    """A rig. open(firmware, **options) makes it; firmware(root, firmware): the files that it runs of a checkout, or
    instead of the checkout's own. also: folders it is made of, beside its own."""

    name: str
    offers: frozenset[Capability]
    open: Callable[..., Board]
    firmware: Callable[[Path, Path | None], list[Path]]
    also: tuple[str, ...] = ()

    def files(self, root: Path, firmware: Path | None = None) -> list[Path]:
        """All files of a checkout that decide what this rig does: the firmware it runs, and the rig itself."""
        room = root / "hil" / "rigs"
        others = [path for folder in self.also for path in find_sources(root / folder)]
        return [*self.firmware(root, firmware), *sorted(room.glob("*.py")), *find_sources(room / self.name), *others]


RIGS: dict[str, Entry] = {
    "sil": Entry("sil", offers_of(SilRigOffers), _sil, _application),
    "virtual": Entry("virtual", offers_of(VirtualRig), _virtual, _image),
    "bench": Entry("bench", offers_of(BenchRigOffers), _bench, _images, _OF_BENCH),
}

# The rig for thousands of traces, and the one for what a trace takes.
FOR_MANY = "sil"
FOR_TIME = "virtual"


def entry(name: str) -> Entry:
    """The rig of that name; HilError when there is none."""
    if name not in RIGS:
        raise HilError(f"no rig '{name}'; there are {', '.join(RIGS)}")
    return RIGS[name]


def why_not(name: str, needs: Iterable[Capability]) -> str:
    """'' when the rig of that name offers all that is needed, else what is missing, in words."""
    return lacking(name, entry(name).offers, needs)


def open_board(name: str, firmware: Path | None = None, needs: Iterable[Capability] = (), **options: Any) -> Board:
    """A rig's board, powered, at reset. HilError when there is none of the name, LackingError when it lacks a need."""
    chosen = entry(name)
    if missing := lacking(name, chosen.offers, needs):
        raise LackingError(missing)
    board = chosen.open(firmware, **options)
    unkept = frozenset(each for each in chosen.offers if not isinstance(board, each))
    if unkept:
        board.close()
        raise LackingError(f"{name} is said to offer {names(unkept)}, and has not all of its methods; see registry.py")
    return board


def open_rig(name: str, firmware: Path | None = None, needs: Iterable[Capability] = (), **options: Any) -> Rig:
    """`open_board`, of a rig that can be played."""
    return cast(Rig, open_board(name, firmware, (*PLAYABLE, *needs), **options))


def markdown() -> str:
    """Capabilities against rigs, as docs/rigs.md shows them."""
    rows = []
    for each in CAPABILITIES:
        marks = ["yes" if each in rig.offers else "-" for rig in RIGS.values()]
        what = (each.__doc__ or "").split("\n")[0].rstrip(".:")
        rows.append((f"`{each.__name__}`", *marks, what))
    return table(("capability", *(f"`{name}`" for name in RIGS), "what"), rows)


# The part of docs/rigs.md, by its mark.
PARTS = {"capabilities": markdown}


def filled(page: str) -> str:
    """docs/rigs.md with its table made anew."""
    return with_parts(page, PARTS)


def main() -> int:
    """Write it."""
    refill(DOCS / "rigs.md", PARTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
