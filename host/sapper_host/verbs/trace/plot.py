"""`sapper trace plot`: a picture of a trace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.say import say


def plot(
    path: Annotated[Path, typer.Argument(metavar="TRACE", help="The trace, .csv or .mcap.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="PNG", help="The picture. Without it: TRACE's name, .png.")
    ] = None,
    against: Annotated[str, typer.Option(help="The horizontal axis: 'distance' or 'time'.")] = "distance",
) -> None:
    """Draw the gates, the encoders and what lay in the ground.

    \b
    Examples:
      sapper trace plot lane.csv
      sapper trace plot lane.mcap --against time -o lane.png
    """
    from sapper_host.errors import SapperError, Status
    from sapper_host.pictures.style import check_picture
    from sapper_host.pictures.trace_plot import plot_trace
    from sapper_host.recordings.trace import read_trace
    from sapper_host.screen.progress import waiting

    if against not in ("distance", "time"):
        raise SapperError(f"--against {against}?", "it is 'distance' or 'time'", Status.USAGE)
    target = out or path.with_suffix(".png")
    check_picture(target)
    with waiting(f"drawing {path.name}"):
        plot_trace(read_trace(path), target, against_time=against == "time")
    say(str(target))


def register(group: typer.Typer) -> None:
    """Add the verb."""
    group.command(help=help_of(plot))(plot)
