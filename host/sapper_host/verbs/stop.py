"""`sapper stop`: the protective stop, from any terminal."""

from __future__ import annotations

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption, PortOption
from sapper_host.verbs.say import say


def stop(port: PortOption = None, as_json: JsonOption = False) -> None:
    """Stop the rover: `stop` is said first, and looked at after. Without --port every board that is connected stops.

    Over a radio it needs no key. Exit status 4 when a board did not confirm that it stands.

    \b
    Examples:
      sapper stop
      sapper stop --port rover-7
    """
    from sapper_host.connected.choice import none_usable, port_of, wanted
    from sapper_host.connected.ports import list_ports
    from sapper_host.connected.stopping import stop_all, ways
    from sapper_host.errors import Status, shared_status

    named = wanted(port)
    boards = [[port_of(named)]] if named else ways(list_ports())
    if not boards:
        raise none_usable(list_ports())
    outcomes = stop_all(boards)
    if as_json:
        import json

        typer.echo(json.dumps([outcome.as_dict() for outcome in outcomes], indent=1))
    else:
        for outcome in outcomes:
            if outcome.confirmed:
                say(f"{outcome.port}: stopped, the board confirms: {outcome.state} ({outcome.took_ms} ms)")
            else:
                say(f"{outcome.port}: NOT CONFIRMED: {outcome.error}", err=True)
                say(f"   do: {outcome.remedy}", err=True)
    if failed := [Status(outcome.status) for outcome in outcomes if not outcome.confirmed]:
        raise typer.Exit(shared_status(failed))


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(stop))(stop)
