"""`sapper bench wiring`: what to buy, and what to solder to what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption
from sapper_host.verbs.say import say


def wiring(
    bench: Annotated[
        Path | None,
        typer.Option("--bench", metavar="FILE.toml", help="The bench's file. Without it yours, or else the usual one."),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Write the picture there.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print a bench's bill of materials and its wiring table, with what a slip of solder would join; or draw it.

    Made from the pin maps of rover and instrument, and from the pins of the switches in the bench's file.

    \b
    Examples:
      sapper bench wiring
      sapper bench wiring --out wiring.svg
      sapper bench wiring --json | jq -r '.wires[].name'
    """
    import json

    from sapper_host.errors import SapperError, Status
    from sapper_host.files import whole_file
    from sapper_host.files.place import check_file
    from sapper_host.screen.columns import line, padded
    from sapper_host.verbs.rigs import rig_errors

    with rig_errors():
        from hil.bench import config_file
        from hil.bench.bill import bill
        from hil.bench.config import Config
        from hil.bench.wiring import INSTRUMENT, ROVER, neighbours, wires
        from hil.bench.wiring_picture import svg

        if out is not None and out.suffix.lower() != ".svg":
            raise SapperError(f"'{out.suffix}' is no format of this picture", "name it .svg", Status.USAGE)
        check_file(out)
        there = bench is not None or config_file.default_path().exists()
        config = config_file.read(bench) if there else Config()
        every, items = wires(config), bill(config)
        near = {
            board: {each.name: neighbours(every, each.name, board) for each in every} for board in (ROVER, INSTRUMENT)
        }
        if out is not None:
            whole_file.write(out, svg(config))
        if as_json:
            rows = [
                each.as_dict() | {"neighbours": {board: list(names[each.name]) for board, names in near.items()}}
                for each in every
            ]
            parts = [{"count": item.count, "part": item.part, "for": item.what} for item in items]
            typer.echo(json.dumps({"bench": config.name, "materials": parts, "wires": rows}, indent=1))
            return
    if out is not None:
        say(f"written: {out}", err=True)
        return
    materials = [("count", "part", "for"), *((str(item.count), item.part, item.what) for item in items)]
    table = [("wire", "from", "to", "in it", "on it", "beside it at the rover")]
    table += [(w.name, str(w.source), str(w.target), w.series, w.pull, ", ".join(near[ROVER][w.name])) for w in every]
    for cells in padded(materials):
        say(line(cells))
    say("")
    for cells in padded(table):
        say(line(cells))


def register(group: typer.Typer) -> None:
    """Add the verb to the group."""
    group.command(help=help_of(wiring))(wiring)
