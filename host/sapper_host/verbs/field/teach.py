"""`sapper field teach`: an area's file, by driving along its edge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import PortOption
from sapper_host.verbs.say import say


def teach(
    target: Annotated[Path, typer.Argument(metavar="OUT.toml", help="The area's file, a new one.")],
    base_length: Annotated[float, typer.Option("--base-line-m", metavar="M", help="Between the two posts.")],
    port: PortOption = None,
) -> None:
    """Take an area's corners from the rover's place: drive from corner to corner on safe ground, Enter at each, `done`
    at the last.

    Somebody else drives, in `sapper console`, over the other link. The rover has to know its place (`place`, or GNSS
    with `origin`) to 0.1 m.

    \b
    Examples:
      sapper field teach meadow.toml --base-line-m 6 --port rover-7
    """
    import sys

    from sapper_host.board.decoder import Frame, Item
    from sapper_host.board.link import Link
    from sapper_host.connected.choice import find_port
    from sapper_host.errors import SapperError
    from sapper_host.field.teach import Corner, corner_of, taught_toml
    from sapper_host.files.place import check_file
    from sapper_host.files.whole_file import create

    if target.exists():
        raise SapperError(f"{target} exists already", "give another name, or remove it first")
    check_file(target)
    last: dict[str, int] = {}

    def hear(item: Item) -> None:
        if isinstance(item, Frame) and item.name == "STATUS":
            last.update(item.fields)

    corners: list[Corner] = []
    with Link.open(find_port(port)) as link:
        link.identify()
        link.tap(hear)
        link.command("telemetry on")
        say("Enter takes a corner, `undo` takes the last one away, `done` writes the file")
        for typed in sys.stdin:
            word = typed.strip().lower()
            if word == "done":
                break
            if word == "undo":
                corners = corners[:-1]
                say(f"{len(corners)} corners")
            elif word in ("", "mark"):
                try:
                    corners.append(corner_of(last))
                except SapperError as error:
                    say(f"not taken: {error}", err=True)
                    continue
                at = corners[-1]
                say(f"corner {len(corners)}: x {at.x_m:.2f}, y {at.y_m:.2f} m, sigma {at.sigma_m:.3f} m")
            else:
                say(f"'{word[:20]}' is nothing here: Enter, undo or done", err=True)
    try:
        create(target, taught_toml(target.stem, base_length, corners).encode("utf-8"))
    except FileExistsError:
        raise SapperError(f"{target} exists already", "give another name, or remove it first") from None
    say(str(target))


def register(group: typer.Typer) -> None:
    """Add the verb."""
    group.command("teach", help=help_of(teach))(teach)
