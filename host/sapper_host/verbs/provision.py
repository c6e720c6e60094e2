"""`sapper provision`: make a board this rover's, and file a record of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption, PortOption
from sapper_host.verbs.say import say

if TYPE_CHECKING:
    from sapper_host.provision.provision import Plan


def provision(
    name: Annotated[str, typer.Option(metavar="NAME", help="What the board is called, as `version` tells it.")],
    settings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings to load and save, as `settings dump` writes them."),
    ] = None,
    key: Annotated[
        str,
        typer.Option(
            metavar="new|FILE|keep",
            help="The radio key: a new one for a board that has none, one from a file (64 hex digits), or the board's "
            "as it is. Without it: the one that board and laptop share, or a new one where neither has one.",
        ),
    ] = "",
    team_key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The team's key: from then on the board takes updates signed with it only."),
    ] = None,
    old_team_key: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="The team key the board holds now, if it is another one and not your own."),
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the record goes; without it the user's data folder.")
    ] = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a board its name, settings, keys and clock; prove it by a restart and the self-test; file a record.

    Over USB, with the rover disarmed. Files are checked before the board is touched. Whatever is as it should be is
    left alone, so that the command can be run again: after a cut it completes what is missing. The record, JSON and a
    page to print, tells keys by their ids only.

    Exit status 3 when the self-test fails; the record says so, too.

    \b
    Examples:
      sapper provision --name rover-7
      sapper provision --name rover-7 --settings rover-7.txt --key new --record records/
    """
    import time

    from sapper_host.connected.choice import find_port
    from sapper_host.errors import Status
    from sapper_host.files.place import check_folder
    from sapper_host.provision import record as board_record
    from sapper_host.provision.provision import Provisioning
    from sapper_host.screen.progress import waiting

    plan = _plan(name, settings, key, team_key, old_team_key)
    folder = record or default_folder()
    check_folder(folder)  # a board that was given keys has to have its record

    def tell(step: str, what: str) -> None:
        say(f"  {step.ljust(9)}  {what}", err=as_json)

    with waiting("provisioning"), Provisioning(find_port(port), plan, tell) as work:
        made = board_record.make(work.run(), time.time())
    paths = board_record.save(made, folder)
    if as_json:
        import json

        typer.echo(json.dumps(made, indent=1))
    else:
        _show_failures(made)
        say(f"board {made['board']} is {made['name']}; its record:")
        for path in paths:
            say(f"  {path}")
    if not made["passed"]:
        raise typer.Exit(Status.SHORTFALL)


def _show_failures(record: dict[str, list[dict[str, str]]]) -> None:
    from sapper_host.outside.text import shown

    for check in record["self_test"]:
        if not check["passed"]:
            typer.echo(f"  {typer.style('FAIL', fg='red')} {shown(check['name'])}: {shown(check['text'])}")


def _plan(name: str, settings: Path | None, key: str, team_key: Path | None, old_team_key: list[Path] | None) -> Plan:
    """All that is given, read and checked."""
    from sapper.storage.name_file import RULE, is_name
    from sapper_host.board import settings_text
    from sapper_host.errors import SapperError, Status
    from sapper_host.provision.provision import KEEP, NEW, Plan
    from sapper_host.update.team_key import candidates, load

    if not is_name(name):
        raise SapperError(f"'{name}' is no name for a board", RULE, Status.USAGE)
    return Plan(
        name,
        settings_text.read(settings) if settings else None,
        key if key in ("", KEEP, NEW) else load(Path(key), "a radio key, or say --key new or --key keep"),
        load(team_key) if team_key else None,
        tuple(candidates(old_team_key)) if team_key else (),
    )


def default_folder() -> Path:
    """Where records go when nobody says where."""
    from sapper_host.files import folders

    return folders.data() / "records"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(provision))(provision)
