"""`sapper update`: the application on boards brought up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption, PortOption
from sapper_host.verbs.say import say

if TYPE_CHECKING:
    from sapper_host.update.bundle import Bundle

KeyOption = Annotated[
    Path | None,
    typer.Option("--key", metavar="FILE", help="The team's key to sign with. Without it: this user's own, if any."),
]


def update(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A bundle. Without it: what the build or the kit has left.")
    ] = None,
    port: PortOption = None,
    every: Annotated[bool, typer.Option("--all", help="Every Sapper that is connected, at once.")] = False,
    build: Annotated[
        bool,
        typer.Option("--build", help="Compile firmware/ for it; the first time on a machine that fetches a toolchain."),
    ] = False,
    key: KeyOption = None,
    factory: Annotated[
        bool, typer.Option("--factory", help="No update: have the factory image run again from now on.")
    ] = False,
    allow_older: Annotated[
        bool, typer.Option("--allow-older", help="Take a bundle that is older than what a board runs, too.")
    ] = False,
    report_file: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Save the report, as --json prints it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring the application on boards up to date, over USB, without touching their factory image.

    Only what a board lacks is sent. The update goes to the slot that is not running, is verified there, and has to
    prove itself; if it does not, the board goes back by itself to what it ran before. A cable pulled at any moment does
    no harm: the same command goes on where it was. What is older than what a board runs is refused, unless allowed.

    Without FILE it takes the newest of what `make mpy` left in build/, and of the bundles in build/ and beside the
    program, and says which. It builds nothing, and fetches nothing, unless told to.

    \b
    Examples:
      sapper update
      sapper update --build
      sapper update sapper-0.2.0.sapper --all --report updated.json
      sapper update --factory --port /dev/ttyACM0
    """
    import json

    from sapper_host.connected.choice import find_all, find_port
    from sapper_host.errors import SapperError, Status
    from sapper_host.files.place import check_file
    from sapper_host.files.whole_file import write
    from sapper_host.update import bundle as bundles
    from sapper_host.update import team_key
    from sapper_host.update.several_boards import report, status_of, table, update_all

    if every and port:
        raise SapperError("--all means every board", "leave --port away", Status.USAGE)
    if file is not None and build:
        raise SapperError("--build makes a bundle, and there is one", f"leave --build or {file} away", Status.USAGE)
    if factory:
        _to_factory(find_port(port))
        return
    check_file(report_file)
    named = bundles.read(file) if file is not None else None
    sign_with = team_key.load(key) if key else team_key.load_default()
    # Whether there is a board costs nothing to see: it comes before whatever takes time.
    ports = find_all() if every else [find_port(port)]
    chosen = named or _without_a_file(build, sign_with)
    outcomes = update_all(ports, chosen, allow_older=allow_older)
    text = json.dumps(report(chosen, outcomes), indent=1)
    if report_file is not None:
        write(report_file, text + "\n")
    if as_json:
        typer.echo(text)
    else:
        say(f"bundle: {chosen.describe()}")
        for line in table(outcomes):
            say(line)
    status = status_of(outcomes)
    if status:
        raise typer.Exit(status)


def _without_a_file(build: bool, key: bytes | None) -> Bundle:
    import time

    from sapper_host.update import bundle as bundles
    from sapper_host.update.at_hand import find
    from sapper_host.update.compiling import compiled

    if build:
        return bundles.make(compiled(), key)
    found = find(key)
    say(f"takes {found.describe(time.time())}", err=True)
    return found.bundle


def _to_factory(port: str) -> None:
    from sapper_host.connected.port_board import PortBoard
    from sapper_host.update.update import identify

    with PortBoard(port) as board:
        before = identify(board)
        if before.get("source") == "factory":
            say(f"board {before.get('board')} runs the factory image already")
            return
        board.dialog.ask("update run factory", 5.0)
        board.dialog.ask("reboot")
        board.reopen(20.0)
        after = identify(board, 20.0)
    say(f"board {after.get('board')} runs sapper {after.get('sapper')}+{after.get('git')}, {after.get('source')}")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(update))(update)
