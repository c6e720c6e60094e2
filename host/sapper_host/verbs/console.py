"""`sapper console`: talk to a board."""

from __future__ import annotations

import sys

import typer

from sapper.pins import UART_RADIO_BAUD
from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import PortOption


def console(port: PortOption = None, baud: int = typer.Option(UART_RADIO_BAUD, help="Only the radio minds.")) -> None:
    """Type commands to a rover and see its events.

    While it is armed the console says every 500 ms that the operator is there; Ctrl-C sends `stop`, and leaving sends
    `stop` first. From a pipe, each line is sent in turn; exit status 6 when the board refused one.

    \b
    Examples:
      sapper console
      sapper console --port /dev/ttyUSB0 --baud 57600
      echo status | sapper console --port /dev/ttyACM0
    """
    from sapper_host import console_app
    from sapper_host.link import Link
    from sapper_host.ports import find_port

    with Link.open(find_port(port), baud) as link:
        if sys.stdin.isatty() and sys.stdout.isatty():
            console_app.run_terminal(link, console_app.history_path())
        else:
            console_app.run_lines(link, sys.stdin)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(console))(console)
