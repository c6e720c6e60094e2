"""`sapper bench silicon`: a real board measured."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import JsonOption, PortOption
from sapper_host.verbs.say import say

if TYPE_CHECKING:
    from sapper_host.silicon.bench import Bench
    from sapper_host.silicon.compare import Compared

RIG = "virtual"


def silicon(
    port: PortOption = None,
    rig: Annotated[
        str | None, typer.Option("--rig", metavar="RIG", help="'virtual': the rehearsal, on an emulated board.")
    ] = None,
    on_blocks: Annotated[
        bool, typer.Option("--on-blocks", help="The rover stands on blocks, its tracks are free to run for a minute.")
    ] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Where the record goes.")] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(metavar="STEP", help="Leave a step out: cache, flash, converter, clock, start, sweep."),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="Compare with this record instead of the model's figures."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure on a real board what is otherwise emulated, compare it with the model, and say what to set.

    Tracks run in its last step alone, and only with --on-blocks. Ctrl-C stops them; the board is left in SAFE. What
    to bring, and how the rover stands, is in docs/silicon.md. A record kept in docs/silicon/ is read by the reports.
    Exit status 3 when the model and the board differ.

    \b
    Examples:
      sapper bench silicon --on-blocks --out docs/silicon/rover-7.json
      sapper bench silicon --skip sweep --skip flash
      sapper bench silicon --rig virtual --on-blocks
    """
    import json

    from sapper_host.errors import SapperError, Status
    from sapper_host.files import whole_file
    from sapper_host.files.place import check_file
    from sapper_host.silicon.compare import compare
    from sapper_host.silicon.protocol import STEPS, figures_of, run
    from sapper_host.silicon.record import figures_in

    names = [step.name for step in STEPS]
    for name in skip or ():
        if name not in names:
            raise SapperError(f"--skip {name}?", f"the steps are {', '.join(names)}", Status.USAGE)
    if rig not in (None, RIG) or (rig and port):
        raise SapperError("which board?", f"name one with --port, or take --rig {RIG}", Status.USAGE)
    check_file(out)
    with ExitStack() as stack:
        model = figures_in(against)
        bench, usb_ids = _bench(stack, rig, port)
        record = run(bench, _tell, dict.fromkeys(skip or (), "left out by --skip"), on_blocks)
    rows = list(compare(figures_of(record), model))
    record |= {"rig": rig or "", "usb": usb_ids, "compared": [row.as_dict() for row in rows]}
    if out is not None:
        whole_file.write(out, json.dumps(record, indent=1) + "\n")
    if as_json:
        typer.echo(json.dumps(record, indent=1))
    else:
        _show(record, rows)
    if any(row.within is False for row in rows):
        raise typer.Exit(Status.SHORTFALL)


def _bench(stack: ExitStack, rig: str | None, port: str | None) -> tuple[Bench, str]:
    """The bench, and the USB device by which it is reached; '' where that is none."""
    from sapper_host.connected.choice import find_port
    from sapper_host.connected.port_board import PortBoard
    from sapper_host.silicon.bench import Bench
    from sapper_host.verbs.rigs import rig_errors

    if rig is None:
        board = stack.enter_context(PortBoard(find_port(port)))
        return Bench(board, lambda what: say(f"   now: {what}", err=True)), board.usb_ids
    stack.enter_context(rig_errors())
    from hil.serve.silicon_rover import SiliconRover

    rover = stack.enter_context(SiliconRover())
    return Bench(rover, rover.hands), ""


def _tell(line: str) -> None:
    say(line, err=True)


def _show(record: dict[str, Any], rows: list[Compared]) -> None:
    for step in record["steps"]:
        if step["skipped"]:
            say(f"{step['name']}: not measured: {step['skipped']}")
    for what, why in record["not_measured"].items():
        say(f"{what}: not measurable here: {why}")
    table = [("what", "board", "model", "", "within", "what to set")]
    for row in rows:
        within = {True: "yes", False: "NO", None: "-"}[row.within]
        table.append((row.what, _text(row.board), _text(row.model), row.unit, within, row.set))
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    for line in table:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _text(figure: Any) -> str:
    return "-" if figure is None else f"{figure:g}" if isinstance(figure, float) else str(figure)


def register(group: typer.Typer) -> None:
    """Add the verb to the group."""
    group.command(help=help_of(silicon))(silicon)
