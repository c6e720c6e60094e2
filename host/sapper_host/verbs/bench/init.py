"""`sapper bench init`: the bench's file, by asking."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption
from sapper_host.verbs.say import say


def _port(what: str) -> Any:
    return typer.Option(metavar="PORT", help=f"The port of {what}. Without it: asked, or what is clear.")


def init(
    rover: Annotated[str | None, _port("the rover")] = None,
    instrument: Annotated[str | None, _port("the instrument")] = None,
    radio: Annotated[str | None, _port("the adapter at the rover's radio pins")] = None,
    gnss: Annotated[str | None, _port("the adapter at the rover's GNSS pins, where there is one")] = None,
    backend: Annotated[
        str, typer.Option(metavar="native|ft232h", help="Where the bench's I2C bus is. Without it: what is there.")
    ] = "",
    name: Annotated[str, typer.Option(metavar="NAME", help="What people call the bench.")] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Where the file goes; without it your settings folder.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: take what is clear, and fail where something is not.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the bench's file: which port is which, and where its I2C bus is.

    Asks for each cable to be plugged in, unless it is clear which it is; the instrument is asked who it is. What the
    file says already of switches, supply and calibration is kept.

    \b
    Examples:
      sapper bench init
      sapper bench init --yes --radio /dev/ttyUSB0
    """
    import json
    from dataclasses import replace

    from sapper_host.errors import SapperError, Status
    from sapper_host.files import whole_file
    from sapper_host.files.place import check_file
    from sapper_host.verbs.rigs import rig_errors

    with rig_errors():
        from hil.bench import config_file
        from hil.bench.config import BACKENDS, Config
        from hil.bench.init_dialog import Dialog, changes
        from hil.bench.port_finding import plugged_in

        if backend and backend not in BACKENDS:
            raise SapperError(f"--backend {backend}?", f"it is one of {', '.join(BACKENDS)}", Status.USAGE)
        path = out or config_file.default_path()
        check_file(path)
        before, kept = Config(), None
        if path.exists():
            try:
                before = config_file.read(path)
            except config_file.ConfigError as error:
                kept = path.with_name(f"{path.name}.old")
                say(f"note: {error}. It is kept as {kept}, and written anew", err=True)
        given = {"rover": rover, "instrument": instrument, "radio": radio, "gnss": gnss}
        dialog = Dialog(
            say=lambda line: say(line, err=True),
            confirm=lambda question: typer.confirm(question, default=True, err=True),
            asking=not (yes or as_json),
            named={which: device for which, device in given.items() if device},
        )
        config = replace(dialog.run(before, backend), name=name or before.name, path=str(path))
        for told in changes(before, config, plugged_in()):
            say(f"changed: {told}", err=True)
        # Whoever wrote a key that binds another hears of it now, not on the bench.
        config_file.parse(config_file.tables(config), str(path))
        if kept is not None:
            whole_file.write(kept, path.read_bytes())
        config_file.write(config, path)
    if as_json:
        typer.echo(json.dumps({"file": str(path), **config_file.tables(config)}, indent=1))
    else:
        say(f"written: {path}", err=True)
        say("next: sapper bench check", err=True)


def register(group: typer.Typer) -> None:
    """Add the verb to the group."""
    group.command(help=help_of(init))(init)
