"""`sapper console`: talk to a board."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from sapper.shared.pins import UART_RADIO_BAUD
from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import BellOption, OperatorOption, PortOption, RawOption, needs_record


def console(
    port: PortOption = None,
    baud: Annotated[int, typer.Option(help="Only the radio minds.")] = UART_RADIO_BAUD,
    record: Annotated[
        Path | None, typer.Option(metavar="F.mcap", help="Record everything into this file as well.")
    ] = None,
    raw: RawOption = False,
    operator: OperatorOption = "",
    bell: BellOption = True,
) -> None:
    """Type commands to a rover and see its events.

    While it is armed the console says every 500 ms that the operator is there; Ctrl-C sends `stop`, and leaving sends
    `stop` first. The bottom lines show whether the rover is heard, why it stands and what is to be done, place, speed
    and the detector. The terminal's bell rings at a find.

    F2 turns the arrow keys into driving; letting go stops. On a terminal that does not tell when a key is let go, a
    held key gives a nudge, a pause, and then motion: safety over smoothness.

    By radio without the board's key: events, `status` and whatever else anybody may ask, and `stop`.

    From a pipe, each line is sent in turn; exit status 6 when the board refused one.

    \b
    Examples:
      sapper console
      sapper console --port /dev/ttyUSB0 --baud 57600
      echo status | sapper console --port /dev/ttyACM0
    """
    import time

    from sapper_host.board.link import Link
    from sapper_host.connected.choice import find_port
    from sapper_host.operate import console_app
    from sapper_host.recordings.recorder import Recorder

    needs_record(record, raw, operator)
    with ExitStack() as stack:
        link = stack.enter_context(Link.open(find_port(port), baud))
        recorder = stack.enter_context(Recorder(record, time.time_ns, operator, raw)) if record else None
        if sys.stdin.isatty() and sys.stdout.isatty():
            console_app.run_terminal(link, console_app.history_path(), recorder, bell)
        else:
            console_app.run_lines(link, sys.stdin, recorder)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(console))(console)
