"""`sapper teamkey`: the team's key on a board, put in, changed for another one, or taken away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import PortOption
from sapper_host.verbs.say import say

OldKeyOption = Annotated[
    list[Path] | None,
    typer.Option("--old-key", metavar="FILE", help="The key the board holds now, if it is not your own (repeatable)."),
]


def teamkey(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The key's file. Without it: this user's own team key.")
    ] = None,
    old_key: OldKeyOption = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take the key away: the board takes unsigned updates from then on.")
    ] = False,
    port: PortOption = None,
) -> None:
    """Put the team's key into a board over USB: from then on it takes, and starts, only what is signed with it.

    A board that holds another key gives it up only when that proves the change, so have its file. What lies in the
    board's slots and is not signed with the new key is not started any more: the factory image is, and `sapper update`
    comes next. Lost the old key? docs/technician.md.

    \b
    Examples:
      sapper teamkey
      sapper teamkey new.key --old-key old.key
      sapper teamkey --remove
    """
    from sapper_host.board.link import Link
    from sapper_host.board.radio_key import send_team_key
    from sapper_host.connected.choice import find_port
    from sapper_host.errors import SapperError, Status
    from sapper_host.update import team_key
    from sapper_host.update.team_key import NO_TEAM_KEY

    if remove and file is not None:
        raise SapperError("--remove puts no key in", "leave the file away; --old-key names the board's", Status.USAGE)
    own = team_key.load_default()
    key = b"" if remove else team_key.load(file) if file else own
    if key is None:
        raise SapperError("you have no team key", NO_TEAM_KEY)
    old = team_key.candidates(old_key)
    with Link.open(find_port(port)) as link:
        board = link.identify()["board"]
        held = send_team_key(link, key, old)
        warnings = link.command("teamkey").lines
    for warning in warnings:
        say(warning)
    say(f"board {board} holds no team key now" if remove else f"board {board} holds team key {held}")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(teamkey))(teamkey)
