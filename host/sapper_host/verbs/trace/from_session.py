"""`sapper trace from`: a trace of what a session recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.say import say


def from_session(
    path: Annotated[Path, typer.Argument(metavar="SESSION.mcap", help="The recorded session.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="F.csv|F.mcap", help="The trace. Without it: SESSION.csv, if not there."),
    ] = None,
    sweep: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Only sweep number N, from 1, not from first to last.")
    ] = None,
) -> None:
    """Make a trace of what a session recorded, so that what the detector made of it can be tried again.

    Recorded with `--raw` it has every frame of the detector; else those of telemetry, 20 a second. What is missing
    stays missing: rows without samples. What has to be known of it is told, and written into the trace.

    \b
    Examples:
      sapper monitor --raw --record lane4.mcap
      sapper trace from lane4.mcap -o lane4.csv && sapper replay lane4.csv --on-detect mark
      sapper trace from lane4.mcap --sweep 3 -o missed.csv
    """
    from sapper_host.errors import SapperError
    from sapper_host.files.place import check_file
    from sapper_host.recordings.session_trace import trace_from
    from sapper_host.recordings.trace import write_trace
    from sapper_host.screen.progress import waiting

    target = out or path.with_suffix(".csv")
    if out is None and target.exists():
        raise SapperError(f"{target} exists already", "give a name with --out")
    if target.resolve() == path.resolve():
        raise SapperError(f"{target} is the session itself", "give the trace another name")
    check_file(target)
    with waiting(f"reading {path.name}"):
        made = trace_from(path, sweep)
        write_trace(made.trace, target)
    for note in made.notes:
        say(f"note: {note}", err=True)
    rate = f"{len(made.trace.t_s)} rows, {made.trace.duration_s:.2f} s at {made.trace.frame_hz:.0f} Hz"
    say(f"{rate}: {path} -> {target}")


def register(group: typer.Typer) -> None:
    """Add the verb."""
    group.command("from", help=help_of(from_session))(from_session)
