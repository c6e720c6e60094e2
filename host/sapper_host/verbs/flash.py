"""`sapper flash`: a firmware onto boards, verified."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption, PortOption
from sapper_host.verbs.say import say


def flash(
    uf2: Annotated[
        Path | None, typer.Option(metavar="F.uf2", help="The firmware. Without it: the one `make firmware` built.")
    ] = None,
    port: PortOption = None,
    every: Annotated[bool, typer.Option("--all", help="Every board that runs or waits in BOOTSEL, at once.")] = False,
    drive: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Where a board in BOOTSEL is mounted; may be given several times."),
    ] = None,
    limit: Annotated[
        float, typer.Option(metavar="SECONDS", min=1.0, help="How long to wait for a board to do what it is asked.")
    ] = 60.0,
    force: Annotated[bool, typer.Option("--force", help="Flash boards that have this very firmware, too.")] = False,
    report_file: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Save the report, as --json prints it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put a firmware onto boards, and verify it: each board hashes its own flash against the file, and the file is held
    against what its build says of it. A board whose flash has it already is left as it is.

    Boards that run Sapper or MicroPython are sent into BOOTSEL; boards that wait there are found by themselves. The
    settings, keys and updates in a board's file system stay. After a copy that was cut off the board waits in BOOTSEL.

    --all takes every Pico with MicroPython that is plugged in, whatever it runs.

    \b
    Examples:
      sapper flash
      sapper flash --port /dev/ttyACM0 --uf2 firmware.uf2
      sapper flash --all --report flashed.json
      sapper flash --drive /media/me/RPI-RP2
    """
    import json
    from datetime import UTC, datetime

    from sapper_host.errors import SapperError, Status
    from sapper_host.files.place import check_file
    from sapper_host.files.whole_file import write
    from sapper_host.flash.several_boards import describe, flash_all, report, status_of, table
    from sapper_host.flash.targets import choose
    from sapper_host.flash.uf2 import read_uf2

    if every and (port or drive):
        raise SapperError("--all means every board", "leave --port and --drive away", Status.USAGE)
    check_file(report_file)
    image = read_uf2(uf2 or default_uf2())
    targets = choose(port, drive or [], every)
    started = datetime.now(UTC)
    outcomes = flash_all(targets, image, limit, force=force)
    text = json.dumps(report(image, outcomes, started), indent=1)
    if report_file is not None:
        write(report_file, text + "\n")
    if as_json:
        typer.echo(text)
    else:
        say(describe(image))
        for line in table(outcomes):
            say(line)
    status = status_of(outcomes)
    if status:
        raise typer.Exit(status)


def default_uf2() -> Path:
    """The firmware that `make firmware` leaves in a checkout."""
    from sapper_host.files.checkout import BUILD

    return BUILD / "firmware.uf2"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(flash))(flash)
