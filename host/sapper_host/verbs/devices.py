"""`sapper devices`: what is connected, and what answers there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption

if TYPE_CHECKING:
    from sapper_host.connected.ports import Port

# What a board shows as; `board` and `rig` only when it was not asked.
_BOARDS = ("sapper", "bootsel", "micropython", "busy", "forbidden", "board", "rig")
_COLOUR = {"sapper": "green", "no answer": "red"} | dict.fromkeys(
    ("bootsel", "micropython", "busy", "forbidden"), "yellow"
)


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
    from sapper_host.connected import choice, ports
    from sapper_host.errors import Status
    from sapper_host.screen.progress import waiting

    found = ports.list_ports()
    if probe:
        with waiting("asking the boards"):
            found = choice.probe_all(found)
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
    from sapper_host.screen.columns import line, padded

    rows = [("port", "kind", "what", "name", "version", "board", "detail")]
    for port in found:
        version = " ".join(filter(None, (port.version.get("sapper"), port.version.get("git"))))
        number = port.serial_number or "-"
        rows.append((port.device, port.kind, port.what, port.name or "-", version or "-", number, port.detail))
    for row, cells in zip(rows, padded(rows), strict=True):
        if row[2] in _COLOUR:
            cells[2] = typer.style(cells[2], fg=_COLOUR[row[2]])
        typer.echo(line(cells))
    for port in found:
        if port.remedy:
            typer.echo(f"   do: {port.device}: {port.remedy}", err=True)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(help=help_of(devices))(devices)
