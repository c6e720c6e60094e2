"""`sapper rig`: a rover that is not there, to try everything on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated

import typer

from sapper_host.verbs.help_text import help_of
from sapper_host.verbs.options import BenchOption, JsonOption
from sapper_host.verbs.say import say

PACES = ("real", "fast")


def virtual(
    world: Annotated[
        str | None, typer.Option(metavar="FILE", help="The world: a file, or an example's name. Without it: demo.")
    ] = None,
    pace: Annotated[
        str, typer.Option(help="'real': a second is a second; 'fast': as fast as this machine can.")
    ] = "real",
    firmware: Annotated[
        Path | None, typer.Option(metavar="F.uf2", help="The firmware to run instead of the one `make` built.")
    ] = None,
    as_json: JsonOption = False,
    key_on: Annotated[bool, typer.Option("--key-on", help="Start with the arming key turned on.")] = False,
    bootsel: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The drive that the board shows in BOOTSEL, as a folder: for `sapper flash`."),
    ] = None,
    bootsel_fault: Annotated[
        str,
        typer.Option(
            metavar="FAULT", help="What goes wrong with that drive: 'vanish:BYTES', 'cut:BYTES', 'no-return'."
        ),
    ] = "",
    blank: Annotated[bool, typer.Option("--blank", help="Nothing in flash, so it waits in BOOTSEL for a UF2.")] = False,
    xip_miss_clk: Annotated[
        int | None,
        typer.Option(metavar="CLOCKS", help="What a miss of the flash cache costs; 0: none (kinder than any chip)."),
    ] = None,
    flash_wear: Annotated[
        float | None,
        typer.Option(
            metavar="0..1", help="How slow its flash is: 0 a typical part, 1 the slowest; without it, by chance."
        ),
    ] = None,
) -> None:
    """Run the firmware on an emulated Pico in a virtual rover, until Ctrl-C.

    Prints its serial lines, USB and radio: pseudo-terminals for `sapper console`, `sapper monitor`, picocom, mpremote.

    \b
    Examples:
      sapper rig virtual
      sapper rig virtual --world my-lane.toml --pace fast
      sapper rig virtual --bootsel /tmp/RPI-RP2
    """
    from sapper_host.errors import SapperError, Status
    from sapper_host.processes import Ended
    from sapper_host.verbs.rigs import rig_errors

    if pace not in PACES:
        raise SapperError(f"--pace {pace}?", f"it is one of {', '.join(PACES)}", Status.USAGE)
    with ExitStack() as stack, rig_errors(), suppress(KeyboardInterrupt, Ended):
        from hil.serve.rig_server import serve

        drive = str(bootsel.absolute()) if bootsel else ""
        ready = _ready(stack, "virtual", world or "", drive, as_json)
        serve(world, pace, firmware, ready, key_on, bootsel, bootsel_fault, blank, xip_miss_clk, flash_wear)


def bench(
    world: Annotated[
        str | None, typer.Option(metavar="FILE", help="The world: a file, or an example's name. Without it: demo.")
    ] = None,
    file: BenchOption = None,
    firmware: Annotated[
        Path | None,
        typer.Option(metavar="F.uf2", help="Emulated: the firmware to run instead of the one `make` built."),
    ] = None,
    as_json: JsonOption = False,
    key_on: Annotated[bool, typer.Option("--key-on", help="Start with the arming key turned on.")] = False,
) -> None:
    """Run the rover on a bench, in a virtual world, until Ctrl-C.

    On two emulated Picos, the rover's and the instrument's, unless there is a bench's file. Prints its serial lines,
    USB and radio: pseudo-terminals for `sapper console`, `sapper monitor`, picocom, mpremote.

    \b
    Examples:
      sapper rig bench
      sapper rig bench --bench my-bench.toml --world my-lane.toml
    """
    from sapper_host.processes import Ended
    from sapper_host.verbs.rigs import BENCH, EMULATED, bench_file, rig_errors

    config = bench_file(file)
    say(f"the bench: {config or EMULATED}", err=True)
    with ExitStack() as stack, rig_errors(), suppress(KeyboardInterrupt, Ended):
        from hil.serve.bench_server import serve

        serve(world, config, firmware, _ready(stack, BENCH, world or "", "", as_json), key_on)


def _ready(stack: ExitStack, rig: str, world: str, drive: str, as_json: bool) -> Callable[[dict[str, str], str], None]:
    """What is done once a rig's lines are open."""
    import json

    from sapper_host.connected.run_registry import registered
    from sapper_host.files.whole_file import NotWrittenError

    def ready(ports: dict[str, str], board: str) -> None:
        """The board runs and its lines are open."""
        try:
            stack.enter_context(registered(rig, ports, world, drive, board))
        except NotWrittenError as error:
            say(f"note: without --port other commands do not find this rig ({error.message})", err=True)
        if as_json:
            typer.echo(json.dumps(ports))
            return
        for name, device in ports.items():
            say(f"{name:6s} {device}")
        say(f"try: sapper console --port {ports['usb']}", err=True)
        typer.echo("Ctrl-C ends it", err=True)

    return ready


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(name="rig", help="Run the firmware on a rig.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command(help=help_of(virtual))(virtual)
    group.command(help=help_of(bench))(bench)
    app.add_typer(group)
