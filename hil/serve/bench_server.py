"""A bench that runs until it is told to end, in a world: what `sapper rig bench` starts.

The rover's USB and radio are pseudo-terminals, its key and emergency stop under the keyboard. On two emulated Picos
unless there is a bench's file. Nothing outlives `serve`, which leaves a bench of hardware parked and without supply.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from hil.play.closed_loop import ClosedLoop
from hil.rigs.bench.opened import open_bench
from hil.rigs.ports import SerialLine
from hil.serve.panel import HELP, Keyboard, Panel
from hil.serve.serving import Server, serve_until_told
from hil.serve.terminal_line import TerminalLine
from hil.world.world import load_world
from sapper.shared.pins import UART_RADIO
from sapper_host import processes

_DEFAULT_WORLD = "demo"

Ready = Callable[[dict[str, str], str], None]


def serve(
    world: Path | str | None = None,
    config: Path | None = None,
    firmware: Path | None = None,
    ready: Ready | None = None,
    key_on: bool = False,
) -> None:
    """Run it until Ctrl-C, SIGTERM or `q`. config: the file of a bench of hardware; None: emulated.

    ready: told the lines' paths, {"usb", "radio"}, and the instrument's number, once the rover runs. HilError when
    world, bench or firmware cannot be had, or the bench fails.
    """
    place = load_world(world or _DEFAULT_WORLD)
    with ExitStack() as stack:
        stack.enter_context(processes.endings())
        options: dict[str, Any] = {"config": config} if config else {"seed": secrets.randbits(32)}
        rig = stack.enter_context(open_bench(firmware, **options))
        usb = stack.enter_context(closing(TerminalLine()))
        radio = stack.enter_context(closing(TerminalLine()))
        pairs = ((rig.usb, usb), (rig.uart[UART_RADIO], radio))
        # Hardware keeps its own pace.
        server = Server(ClosedLoop(rig, place), Panel(key_on), lambda: _exchange(pairs), paced=config is None)
        if ready is not None:
            ready({"usb": usb.path, "radio": radio.path}, rig.player.unique_id.hex())
        serve_until_told(server, stack.enter_context(Keyboard()), HELP)


def _exchange(pairs: tuple[tuple[SerialLine, TerminalLine], ...]) -> None:
    """Bytes both ways. The bench has the board's port open all the time: whoever opens the terminal finds it so."""
    for line, terminal in pairs:
        for _, data in line.read():
            terminal.give(data)
        terminal.give(b"")
        if data := terminal.take():
            line.write(data)
