"""Options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer


def _complete_port(incomplete: str) -> list[tuple[str, str]]:
    from sapper_host.connected.ports import complete_port

    return complete_port(incomplete)


PortOption = Annotated[
    str | None,
    typer.Option(
        "--port",
        "-p",
        metavar="PORT",
        help="Serial port, as `sapper devices` lists it. Without it: the only Sapper connected.",
        autocompletion=_complete_port,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts instead of text for people.")]
