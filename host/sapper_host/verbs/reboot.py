"""`sapper reboot`: a board restarted, from Sapper or from MicroPython's prompt."""

from __future__ import annotations

from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption, PortOption
from sapper_host.verbs.say import say


def reboot(
    port: PortOption = None,
    every: Annotated[bool, typer.Option("--all", help="Every board that is connected, at once.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Restart a board and wait until Sapper answers again.

    Also from MicroPython's prompt, where a Ctrl-C may have led; a program that runs there is ended. An armed rover
    refuses (exit status 6): `sapper stop` it, and disarm it.

    \b
    Examples:
      sapper reboot
      sapper reboot --port rover-7
    """
    from concurrent.futures import ThreadPoolExecutor

    from sapper_host.connected.choice import find_unasked, none_usable, port_of, wanted
    from sapper_host.connected.ports import list_ports
    from sapper_host.connected.rebooting import reboot as restart
    from sapper_host.errors import LinkError, SapperError, Status, shared_status
    from sapper_host.screen.progress import waiting

    if every and port:
        raise SapperError("--all means every board", "leave --port away", Status.USAGE)
    named = None if every else wanted(port)
    ports = [port_of(named)] if named else find_unasked()
    if not ports:
        raise none_usable(list_ports())
    if len(ports) > 1 and not every:
        raise LinkError(f"there are {len(ports)} boards: {', '.join(ports)}", "choose one with --port, or take --all")
    with waiting("restarting"), ThreadPoolExecutor(max_workers=len(ports)) as pool:
        outcomes = list(pool.map(restart, ports))
    if as_json:
        import json

        typer.echo(json.dumps([outcome.as_dict() for outcome in outcomes], indent=1))
    else:
        for outcome in outcomes:
            if outcome.error:
                say(f"{outcome.port}: {outcome.error}", err=True)
                say(f"   do: {outcome.remedy}", err=True)
            else:
                version = outcome.version
                what = f"sapper {version.get('sapper')}+{version.get('git')}, board {version.get('board')}"
                say(f"{outcome.port}: {what} answers again ({outcome.took_s:.1f} s)")
    if failed := [Status(outcome.status) for outcome in outcomes if outcome.error]:
        raise typer.Exit(shared_status(failed))


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(reboot))(reboot)
