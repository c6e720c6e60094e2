"""The last whole comparison, as `make second-opinion RECORD=1` kept it: what the table in docs/rigs.md is made from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from hil.prove.second_opinion.units import UNITS, Heard, heard_from_json, scripts_digest
from sapper_host.files.whole_file import write

PATH = Path(__file__).with_name("recorded.json")


@dataclass(frozen=True)
class Record:
    """emulator: rp2040py's version; scripts: their digest then; units: what was heard."""

    emulator: str
    scripts: str
    units: tuple[Heard, ...]


def load(path: Path = PATH) -> Record:
    """The record."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Record(kept["rp2040py"], kept["scripts"], tuple(heard_from_json(row) for row in kept["units"]))


def keep(units: Sequence[Heard], path: Path = PATH) -> None:
    """Write the record, a line a unit; units that were not run stay as they are while scripts and emulator do."""
    before = load(path) if path.exists() else None
    if before and (before.emulator, before.scripts) == (version("rp2040py"), scripts_digest()):
        heard = {each.unit: each for each in (*before.units, *units)}
        units = [heard[name] for name in UNITS if name in heard]
    rows = ",\n".join(json.dumps(unit.as_json(), separators=(",", ":")) for unit in units)
    head = f'{{"rp2040py": "{version("rp2040py")}", "scripts": "{scripts_digest()}", "units": [\n'
    write(path, head + rows + "\n]}\n")
