"""The `sapper` command: the table of verbs."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Annotated

import typer

from sapper.shared.version import VERSION
from sapper_host import processes
from sapper_host.errors import Status

# Verb, module under sapper_host.verbs. A module has a function `register(app)` that adds its command or its group.
VERBS = (
    "devices",
    "monitor",
    "console",
    "stop",
    "reboot",
    "key",
    "settings",
    "selftest",
    "loop",
    "provision",
    "calibrate",
    "log",
    "replay",
    "campaign",
    "field",
    "trace",
    "rig",
    "map",
    "flash",
    "doctor",
    "update",
    "bundle",
    "teamkey",
    "bench",
)

HELP = "Watch, drive, record and replay the Sapper detector rover."
STATUSES = (
    (Status.OK, "all went well"),
    (Status.ERROR, "failed"),
    (Status.USAGE, "wrong usage"),
    (Status.SHORTFALL, "found or verified less than it should have"),
    (Status.NO_DEVICE, "no board, or its port is busy, gone or not a Sapper's"),
    (Status.BAD_INPUT, "a file is malformed"),
    (Status.REFUSED, "the board refused"),
    (Status.INTERRUPTED, "Ctrl-C"),
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sapper {VERSION}")
        raise typer.Exit


def build() -> typer.Typer:
    """The command with all its verbs."""
    app = typer.Typer(
        name="sapper",
        help=HELP,
        epilog="Exit status: " + ", ".join(f"{status:d} {meaning}" for status, meaning in STATUSES) + ".",
        no_args_is_help=True,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def root(
        version: Annotated[
            bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
        ] = False,
    ) -> None:
        pass

    for verb in VERBS:
        importlib.import_module(f"sapper_host.verbs.{verb}").register(app)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status (the caller's to exit with)."""
    return processes.command(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    """The exit status that typer comes to; or what the verb raised."""
    try:
        build()(args=arguments)
    except processes.Ended:
        raise
    except SystemExit as leave:  # how typer ends, with the status it was given
        if isinstance(leave.__context__ and leave.__context__.__cause__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        return leave.code if isinstance(leave.code, int) else Status.OK if leave.code is None else Status.ERROR
    return Status.OK
