"""`sapper selftest`: what the board finds wrong with itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption, PortOption

if TYPE_CHECKING:
    from sapper_host.board.selftest import Check


def selftest(port: PortOption = None, as_json: JsonOption = False) -> None:
    """Have a board test what can be tested standing: inputs, ADC, pulser, interlock, memory, flash.

    The rover has to be disarmed. Exit status 3 when a check fails; its line says what to do.

    \b
    Examples:
      sapper selftest
      sapper selftest --json | jq -r '.checks[] | select(.passed | not) | .name'
    """
    from sapper_host.board.link import Link
    from sapper_host.board.selftest import passed, run
    from sapper_host.connected.choice import find_port
    from sapper_host.errors import Status
    from sapper_host.screen.progress import waiting

    with waiting("testing"), Link.open(find_port(port)) as link:
        board = link.identify().get("board", "")
        checks = run(link)
    good = passed(checks)
    if as_json:
        import json

        result = {"board": board, "passed": good, "checks": [check.as_dict() for check in checks]}
        typer.echo(json.dumps(result, indent=1))
    else:
        show(checks)
    if not good:
        raise typer.Exit(Status.SHORTFALL)


def show(checks: list[Check]) -> None:
    """A line a check; what is wrong is told whole, and cut by nobody."""
    from sapper_host.outside.text import shown

    width = max((len(check.name) for check in checks), default=0)
    for check in checks:
        mark = typer.style("pass", fg="green") if check.passed else typer.style("FAIL", fg="red")
        typer.echo(f"  {check.name.ljust(width)}  {mark}  {'' if check.passed else shown(check.text)}".rstrip())
    failed = sum(not check.passed for check in checks)
    typer.echo(f"{failed} of {len(checks)} checks failed" if failed else f"all {len(checks)} checks passed")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(selftest))(selftest)
