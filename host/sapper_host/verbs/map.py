"""`sapper map`: where a session went, what was there and what it found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption


def draw_map(
    path: Annotated[Path, typer.Argument(metavar="SESSION.mcap", help="The recorded session.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="PNG", help="The picture. Without it: SESSION.png.")
    ] = None,
    as_json: JsonOption = False,
    truth: Annotated[
        Path | None, typer.Option(metavar="F.truth.json", help="What was in the ground, if not in the recording.")
    ] = None,
) -> None:
    """Draw the path, the detector's strength along it, the finds, and the targets where known.

    \b
    Examples:
      sapper map build/demo/session.mcap
      sapper map lane4.mcap --truth lane4.truth.json -o lane4.png
    """
    from sapper_host.pictures.map_plot import plot_map
    from sapper_host.recordings.session import read_session
    from sapper_host.recordings.truth import read_truth
    from sapper_host.screen.progress import waiting

    target = out or path.with_suffix(".png")
    with waiting(f"drawing {path.name}"):
        session = read_session(path)
        if truth is not None:
            session.truth = read_truth(truth)
        result = plot_map(session, target)
    if session.problem:
        typer.echo(f"note: the recording ended early ({session.problem}); the map shows what is there", err=True)
    if as_json:
        import json

        typer.echo(json.dumps({"map": str(target), "score": None if result is None else result.as_dict()}, indent=1))
        return
    if result is not None:
        typer.echo(
            f"{len(result.found)} of {result.targets} targets found, {len(result.missed)} missed, "
            f"{len(result.false_alarms)} false alarms"
        )
    typer.echo(str(target))


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("map", help=help_of(draw_map))(draw_map)
