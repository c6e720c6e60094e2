"""`sapper key`: give a board a fresh radio key."""

from __future__ import annotations

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import PortOption


def key(port: PortOption = None) -> None:
    """Make a radio key, put it into a board over USB, and keep it here, so that this laptop can drive it by radio.

    The key replaces the board's old one; laptops that hold that one can only watch, and `stop`, from then on. It is
    never shown. To drive from another laptop, copy its file there.

    \b
    Examples:
      sapper key
      sapper key --port /dev/ttyACM0
    """
    from sapper_host.board.key_store import KeyStore
    from sapper_host.board.link import Link
    from sapper_host.board.radio_key import provision
    from sapper_host.connected.ports import find_port

    with Link.open(find_port(port)) as link:
        board = link.identify()["board"]
        store = KeyStore()
        key_id = provision(link, board, store)
    typer.echo(f"board {board} has radio key {key_id}, kept in {store.folder}")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(key))(key)
