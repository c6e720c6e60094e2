"""`sapper devices`: what is connected, and what answers there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption

if TYPE_CHECKING:
    from sapper_host.ports import Port

# What a board shows as; `board` and `rig` only when it was not asked.
_BOARDS = ("sapper", "bootsel", "micropython", "busy", "board", "rig")
_COLOUR = {"sapper": "green", "bootsel": "yellow", "micropython": "yellow", "busy": "yellow", "no answer": "red"}


def devices(
    as_json: JsonOption = False,
    probe: Annotated[bool, typer.Option(help="Ask each board for its version (opens its port for a moment).")] = True,
) -> None:
    """List boards: serial ports, the lines of running rigs, and RPI-RP2 drives.

    Exit status 4 when there is none.

    \b
    Examples:
      sapper devices
      sapper devices --json | jq -r '.[] | select(.ours) | .device'
    """
    from concurrent.futures import ThreadPoolExecutor

    from sapper_host import ports
    from sapper_host.errors import Status

    found = ports.list_ports()
    if probe:
        with ThreadPoolExecutor(max_workers=8) as pool:
            found = list(pool.map(ports.probe, found))
    found += ports.bootsel_drives()
    if as_json:
        import json

        typer.echo(json.dumps([port.as_dict() for port in found], indent=1))
    elif found:
        _show(found)
    else:
        typer.echo("nothing is connected; plug a board in, or start `sapper rig virtual`", err=True)
    if not any(port.what in _BOARDS for port in found):
        if found:
            typer.echo("no board among them", err=True)
        raise typer.Exit(Status.NO_DEVICE)


def _show(found: list[Port]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("port", "kind", "what", "version", "board", "detail"):
        table.add_column(name, no_wrap=name != "detail", overflow="fold")
    for port in found:
        version = " ".join(filter(None, (port.version.get("sapper"), port.version.get("git"))))
        what = Text(port.what, style=_COLOUR.get(port.what, "dim"))
        table.add_row(Text(port.device), port.kind, what, Text(version), Text(port.serial_number), Text(port.detail))
    Console().print(table)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(devices))(devices)
