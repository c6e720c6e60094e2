"""A virtual rover that runs until it is told to end: what `sapper rig virtual` starts.

The firmware's UF2 on the virtual Pico, in a world, its USB and radio lines as pseudo-terminals, its drive in BOOTSEL as
a folder, its key and emergency stop under the keyboard. Nothing outlives `serve`: the emulator's process, the lines,
the drive and the terminal's settings are put away however it ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from hil.errors import HilError
from hil.play.closed_loop import ClosedLoop
from hil.rigs.firmware import default_uf2
from hil.rigs.virtual import VirtualPico
from hil.rigs.virtual.bootsel_drive import BootselDrive
from hil.serve.panel import HELP, Keyboard, Panel
from hil.serve.serving import Server, serve_until_told
from hil.serve.terminal_line import TerminalLine
from hil.world.world import load_world
from sapper.shared.pins import UART_RADIO
from sapper_host import processes

DEFAULT_WORLD = "demo"
# Bytes on their way to the board beyond which its line is not read: the sender waits, as on a bus.
_PENDING_MAX = 2048
_PENDING_EVERY = 4

Ready = Callable[[dict[str, str], str], None]


def serve(
    world: Path | str | None = None,
    pace: str = "real",
    firmware: Path | None = None,
    ready: Ready | None = None,
    key_on: bool = False,
    bootsel: Path | None = None,
    bootsel_fault: str = "",
    blank: bool = False,
    xip_miss_clk: int | None = None,
    flash_wear: float | None = None,
) -> None:
    """Run a virtual rover until Ctrl-C, SIGTERM or `q`.

    world: a file or an example's name. pace: 'real' or 'fast'. ready: told the lines' paths, {"usb", "radio"}, and the
    board's number, its own in every run, once it has power. key_on: the arming key's position at the start.
    bootsel: the folder that comes and goes as the board's drive, not there or empty at the start. bootsel_fault: see
    `drive_faults`. blank: nothing in flash. xip_miss_clk, flash_wear: as VirtualPico has them; None: what it takes by
    itself.
    HilError when a fault is no fault or the folder is not empty, when world, firmware or emulator cannot be had, or the
    emulation fails.
    """
    place = load_world(world or DEFAULT_WORLD)
    faults = drive_faults(bootsel_fault)
    if bootsel is not None and bootsel.exists() and (not bootsel.is_dir() or any(bootsel.iterdir())):
        raise HilError(f"{bootsel} is not an empty folder: it comes and goes as the drive; name one that is not there")
    with ExitStack() as stack:
        stack.enter_context(processes.endings())
        uf2 = None if blank else firmware or default_uf2()
        pico = stack.enter_context(_pico(uf2, xip_miss_clk, flash_wear))
        drive = stack.enter_context(closing(BootselDrive(pico, bootsel, **faults))) if bootsel is not None else None
        usb = stack.enter_context(closing(TerminalLine()))
        radio = stack.enter_context(closing(TerminalLine()))
        lines = _Lines(pico, usb, radio)
        polled = drive.poll if drive is not None else _nothing
        server = Server(ClosedLoop(pico, place), Panel(key_on), lines.exchange, pace == "real", polled)
        if ready is not None:
            ready({"usb": usb.path, "radio": radio.path}, pico.flash.unique_id().hex())
        serve_until_told(server, stack.enter_context(Keyboard()), HELP)


def _nothing() -> None:
    pass


def _pico(uf2: Path | None, xip_miss_clk: int | None, flash_wear: float | None) -> VirtualPico:
    given: dict[str, Any] = {} if xip_miss_clk is None else {"xip_miss_clk": xip_miss_clk}
    return VirtualPico(uf2, seed=secrets.randbits(32), flash_wear=flash_wear, **given)


def drive_faults(text: str) -> dict[str, Any]:
    """What goes wrong with the drive, as BootselDrive takes it; HilError when it is none of them.

    '' nothing; 'vanish:BYTES' it goes after so many bytes; 'cut:BYTES' after so many the board loses its power for a
    moment; 'no-return' the board stays off.
    """
    name, _, number = text.partition(":")
    if text == "":
        return {}
    if text == "no-return":
        return {"comes_back": False}
    if name in ("vanish", "cut") and number.isdecimal():
        return {f"{name}_after": int(number)}
    raise HilError(f"no fault of the drive is called '{text}'; there are vanish:BYTES, cut:BYTES and no-return")


class _Lines:
    """The board's USB and radio, led to two pseudo-terminals."""

    def __init__(self, pico: VirtualPico, usb: TerminalLine, radio: TerminalLine) -> None:
        self._pico = pico
        self._usb = usb
        self._radio = radio
        self._turns = 0
        self._pending = 0

    def exchange(self) -> None:
        """Bytes between the lines and the board, with what a cable does when nobody is there or reads."""
        pico = self._pico
        present = self._usb.open
        if pico.usb.dtr != present:
            pico.usb.dtr = present
        for _, data in pico.usb.read():
            self._usb.give(data)
        self._usb.give(b"")
        if pico.usb.reading == self._usb.full:
            pico.usb.reading = not self._usb.full
        self._turns += 1
        if self._pending and self._turns % _PENDING_EVERY == 0:
            self._pending = pico.usb.pending
        # A program that came since `present` was found waits a turn: DTR goes before its bytes.
        if present and self._pending < _PENDING_MAX and (data := self._usb.take()):
            pico.usb.write(data)
            self._pending += len(data)
        uart = pico.uart[UART_RADIO]
        for _, data in uart.read():
            self._radio.give(data)
        self._radio.give(b"")
        if data := self._radio.take():
            uart.write(data)
