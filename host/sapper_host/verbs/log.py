"""`sapper log`: what happened, as the board remembers it."""

from __future__ import annotations

from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption, PortOption
from sapper_host.verbs.say import say


def log(
    port: PortOption = None,
    saved: Annotated[
        bool, typer.Option("--saved", help="The events that were written to flash when the rover was last disarmed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch the board's last events, oldest first.

    They outlive a reset by the watchdog; what was before a power cut is there with --saved. Times and places (`s_mm`)
    are of one start of the board, and begin anew with the next: a line stands between, and --json counts the parts.

    \b
    Examples:
      sapper log
      sapper log --saved --json
    """
    from sapper.shared.fields import parse_line
    from sapper_host.board.board_log import lines_of, parsed
    from sapper_host.board.link import Link
    from sapper_host.connected.choice import find_port
    from sapper_host.recordings.starts import parts_begin

    with Link.open(find_port(port)) as link:
        link.identify()
        lines = lines_of(link, saved)
    anew = parts_begin(lines)
    if as_json:
        import json
        from itertools import accumulate

        events = parsed(lines, parse_line)
        parts = accumulate(map(bool, anew), initial=1)
        next(parts)
        typer.echo(json.dumps([event | {"part": n} for event, n in zip(events, parts, strict=True)], indent=1))
    else:
        for line, why in zip(lines, anew, strict=True):
            if why:
                say(f"--- {why}: times and places (s_mm) are not those of before ---")
            say(line)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(log))(log)
