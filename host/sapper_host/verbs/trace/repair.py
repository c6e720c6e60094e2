"""`sapper trace repair`: a finished file from one whose recorder was killed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.say import say


def repair(
    source: Annotated[Path, typer.Argument(metavar="F.mcap", help="The unfinished or damaged recording.")],
    target: Annotated[Path, typer.Argument(metavar="WHOLE.mcap", help="The file to write; must not exist.")],
) -> None:
    """Copy what can be read of an MCAP file into a finished one, so that every viewer opens it.

    \b
    Example:
      sapper trace repair lane4.mcap lane4-whole.mcap
    """
    from sapper_host.recordings import mcap_file
    from sapper_host.screen.progress import waiting

    with waiting(f"reading {source.name}"):
        count, why = mcap_file.repair(source, target)
    say(f"{count} messages: {source} -> {target}")
    say(f"the file ended early: {why}" if why else "the file was whole")


def register(group: typer.Typer) -> None:
    """Add the verb."""
    group.command(help=help_of(repair))(repair)
