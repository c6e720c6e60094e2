"""`sapper trace convert`: CSV to MCAP and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.say import say


def convert(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="The trace to read, .csv or .mcap.")],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="The file to write; its ending says the format.")],
) -> None:
    """Convert a trace between CSV and MCAP, losing no decimal.

    A truth file NAME.truth.json beside a CSV goes along, and comes out again. The target is written whole or not.

    \b
    Examples:
      sapper trace convert lane.csv lane.mcap
      sapper trace convert lane.mcap lane.csv
    """
    from sapper_host.recordings import trace
    from sapper_host.screen.progress import counting

    with counting(f"converting {source.name}", "rows") as progress:
        rows = trace.convert(source, target, progress)
    say(f"{rows} rows: {source} -> {target}")


def register(group: typer.Typer) -> None:
    """Add the verb."""
    group.command(help=help_of(convert))(convert)
