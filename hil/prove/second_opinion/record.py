"""The last whole comparison, as `make second-opinion RECORD=1` kept it: what the table in docs/rigs.md is made from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from hil.prove.second_opinion.units import UNITS, Heard, digests, heard_from_json
from sapper_host.files.whole_file import write

PATH = Path(__file__).with_name("recorded.json")


@dataclass(frozen=True)
class Record:
    """emulator: rp2040py's version; scripts: the digest of each then; units: what was heard."""

    emulator: str
    scripts: dict[str, str]
    units: tuple[Heard, ...]


def load(path: Path = PATH) -> Record:
    """The record."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Record(kept["rp2040py"], kept["scripts"], tuple(heard_from_json(row) for row in kept["units"]))


def keep(units: Sequence[Heard], path: Path = PATH) -> None:
    """Write the record, a line a unit; units that were not run stay as they are while their script and rp2040py do."""
    emulator, scripts = version("rp2040py"), digests()
    before = load(path) if path.exists() else Record("", {}, ())
    stay = [
        each
        for each in before.units
        if before.emulator == emulator and before.scripts.get(each.unit) == scripts.get(each.unit)
    ]
    heard = {each.unit: each for each in (*stay, *units)}
    units = [heard[name] for name in UNITS if name in heard]
    rows = ",\n".join(json.dumps(unit.as_json(), separators=(",", ":")) for unit in units)
    head = f'{{"rp2040py": "{emulator}", "scripts": {json.dumps(scripts)}, "units": [\n'
    write(path, head + rows + "\n]}\n")
