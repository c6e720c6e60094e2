"""A sample of the power cuts that `make powercut` tries all of."""

from __future__ import annotations

import os
from pathlib import Path

from hil.prove.benchmarks.row import Row
from hil.prove.updates.all_cuts import tally_all
from hil.rigs.firmware import default_uf2
from sapper_host.files.temporary import temporary_folder

_OF_EACH = 12


def rows() -> list[Row]:
    """How many of the sample the board survived: all of them, it should."""
    with temporary_folder("bench") as folder:
        tallies = tally_all(default_uf2(), Path(folder), _OF_EACH, os.cpu_count() or 1)
    cuts = sum(tally.cuts for tally in tallies)
    note = f"of {cuts}, a sample of {2 * sum(sum(tally.operations.values()) for tally in tallies)}; all: make powercut"
    return [Row("power cuts survived", sum(tally.survived for tally in tallies), "", f">= {cuts}", note=note)]
