"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _complete_port(incomplete: str) -> list[tuple[str, str]]:
    from sapper_host.connected.choice import complete_port
    from sapper_host.errors import SapperError

    try:
        return complete_port(incomplete)
    except (OSError, SapperError):
        return []


def complete_rig() -> list[str]:
    """Shell completion of --rig: those that a trace can be played on."""
    from sapper_host.errors import SapperError
    from sapper_host.verbs.rigs import playable

    try:
        return playable()
    except SapperError:
        return []


PortOption = Annotated[
    str | None,
    typer.Option(
        "--port",
        "-p",
        metavar="PORT",
        help="Serial port, or a board's name or number, as `sapper devices` lists them. Without it: what SAPPER_PORT "
        "says, else the only Sapper connected.",
        autocompletion=_complete_port,
    ),
]
OperatorOption = Annotated[
    str, typer.Option("--operator", metavar="NAME", help="Who records, kept in the recording. Without it: your login.")
]
RawOption = Annotated[
    bool,
    typer.Option(
        "--raw", help="Record every frame of the detector, 100 a second, for `sapper trace from`. Over USB only."
    ),
]
BenchOption = Annotated[
    str | None,
    typer.Option(
        "--bench",
        metavar="F.toml",
        help="The bench's file (with --rig bench), or 'emulated' for two emulated Picos. Without it: what `sapper "
        "bench init` wrote, if it did, else emulated.",
    ),
]
PlaceOption = Annotated[
    str | None,
    typer.Option(
        "--place", metavar="NAME", help="Run at this place of a farm, on the bench behind it: see docs/bench.md, Farm."
    ),
]
PlaceWaitOption = Annotated[
    float,
    typer.Option(
        "--place-wait",
        metavar="SECONDS",
        min=0,
        help="How long to wait while somebody else has the place. Without it: not at all.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts instead of text for people.")]
BellOption = Annotated[
    bool, typer.Option("--bell/--no-bell", help="Whether the terminal's bell rings once a find, on a terminal.")
]


def needs_record(record: Path | None, raw: bool, operator: str) -> None:
    """`--raw` and `--operator` are about a recording."""
    from sapper_host.errors import SapperError, Status

    if record is None and (raw or operator):
        raise SapperError(f"{'--raw' if raw else '--operator'} without --record", "add --record F.mcap", Status.USAGE)
