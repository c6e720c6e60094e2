"""`sapper doctor`: what stands between this laptop and a board."""

from __future__ import annotations

from typing import Annotated

import typer

from sapper_host.outside.text import shown
from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption
from sapper_host.verbs.say import say

_COLOUR = {"ok": "green", "note": "yellow", "wrong": "red"}


def doctor(
    as_json: JsonOption = False,
    udev_rule: Annotated[
        bool, typer.Option("--udev-rule", help="Print the udev rule that lets people use boards, and nothing else.")
    ] = False,
) -> None:
    """Look at everything between this laptop and a board: each thing's state, and what to do where it is wrong.

    Python and its libraries, Node, tools, space, permissions; then every board: not there, a cable without data, no
    permission, a port in use, waiting in BOOTSEL, another firmware. Exit status 4 when no board can be used.

    \b
    Examples:
      sapper doctor
      sapper doctor --udev-rule | sudo tee /etc/udev/rules.d/70-sapper.rules
    """
    import json

    from sapper_host.doctor import checks
    from sapper_host.screen.progress import waiting

    if udev_rule:
        typer.echo(checks.UDEV_RULE, nl=False)
        return
    with waiting("looking"):
        rows = checks.examine(checks.Machine())
    if as_json:
        typer.echo(json.dumps(checks.as_json(rows), indent=1))
    else:
        width = max(len(row.what) for row in rows)
        for row in rows:
            state = typer.style(row.state.ljust(5), fg=_COLOUR[row.state])
            typer.echo(f"{row.what.ljust(width)}  {state}  {shown(row.found)}")
            if row.remedy:
                say(f"{' ' * width}         do: {row.remedy}")
    status = checks.status_of(rows)
    if status:
        raise typer.Exit(status)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(doctor))(doctor)
