"""The `sapper` command: the table of verbs, and the one place where errors become a message and an exit status."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from sapper.shared.version import VERSION
from sapper_host import processes
from sapper_host.errors import SapperError, Status

# Verb, module under sapper_host.verbs. A module has a function `register(app)` that adds its command or its group.
VERBS = (
    "devices",
    "monitor",
    "console",
    "key",
    "settings",
    "selftest",
    "provision",
    "log",
    "replay",
    "campaign",
    "trace",
    "rig",
    "map",
    "flash",
    "doctor",
    "update",
    "bundle",
    "teamkey",
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that is no UTF-8 gets '?' for what it cannot show, not a crash.
            stream.reconfigure(errors="replace")
    try:
        with processes.endings():
            build()(args=arguments)
    except (KeyboardInterrupt, processes.Ended) as end:
        return processes.told(end)
    except SystemExit as leave:  # how typer ends, with the status it was given
        if isinstance(leave.__context__ and leave.__context__.__cause__, KeyboardInterrupt):
            return processes.told(KeyboardInterrupt())
        return leave.code if isinstance(leave.code, int) else Status.OK if leave.code is None else Status.ERROR
    except BrokenPipeError:
        # The reader of our output left (`| head`). Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Status.ERROR
    except SapperError as error:
        report(error)
        return error.status
    return Status.OK


def report(error: SapperError) -> None:
    """Say on stderr what went wrong and what to do."""
    red, plain = ("\033[1;31m", "\033[0m") if sys.stderr.isatty() and "NO_COLOR" not in os.environ else ("", "")
    print(f"{red}error:{plain} {error.message}", file=sys.stderr)
    if error.remedy:
        print(f"   do: {error.remedy}", file=sys.stderr)
