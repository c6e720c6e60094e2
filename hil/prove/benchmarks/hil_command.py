"""The command lines of the bench's figures: rows measured, told one by one, and the exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from hil.errors import HilError
from hil.prove.benchmarks.row import Row
from sapper_host.errors import SapperError, Status


def parser_of(page: str | None) -> argparse.ArgumentParser:
    """With the module's own words for help."""
    return argparse.ArgumentParser(description=page, formatter_class=argparse.RawDescriptionHelpFormatter)


def show(measure: Callable[[], Sequence[Row]]) -> int:
    """Measure, print each row and whether it keeps its limit; the exit status."""
    try:
        told = measure()
    except (HilError, SapperError) as error:
        print(f"error: {error}", file=sys.stderr)
        return int(Status.ERROR)
    for row in told:
        print(f"{'ok  ' if row.ok else 'MISS'} {row.name}: {row.value:.4g} {row.unit} ({row.limit}); {row.note}")
    return int(Status.OK if all(row.ok for row in told) else Status.SHORTFALL)
