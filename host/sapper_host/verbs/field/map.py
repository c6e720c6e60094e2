"""`sapper field map`: the map of a mission."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.say import say


def draw_map(
    path: Annotated[Path, typer.Argument(metavar="MISSION", help="The mission's file.")],
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The picture: .png, .svg or .pdf. Without it: MISSION.png.")
    ] = None,
) -> None:
    """Draw what a mission claims, what is doubtful, and what was not searched, with causes and spots by number.

    docs/field.md says how to read it.

    \b
    Examples:
      sapper field map meadow.mission
      sapper field map meadow.mission --picture meadow.svg
    """
    from sapper_host.field.account import account_of
    from sapper_host.field.map_picture import plot_map
    from sapper_host.field.mission import Mission
    from sapper_host.files.place import check_file
    from sapper_host.pictures.style import check_picture
    from sapper_host.screen.progress import waiting

    target = picture or path.with_suffix(".png")
    check_picture(target)
    check_file(target)
    with waiting(f"drawing {target.name}"):
        plot_map(account_of(Mission(path)), target)
    say(str(target))


def register(group: typer.Typer) -> None:
    """Add the verb."""
    group.command("map", help=help_of(draw_map))(draw_map)
