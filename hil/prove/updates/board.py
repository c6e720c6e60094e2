"""The virtual Pico as a board to update, in its own time: nothing depends on how fast this machine is."""

from __future__ import annotations

from hil.rigs.rig import NS_PER_MS, NS_PER_S
from hil.rigs.spread import FIRST_START_MS
from hil.rigs.virtual import VirtualPico
from sapper_host.board.dialog import Dialog
from sapper_host.errors import LinkGoneError

_SLICE_NS = 2 * NS_PER_MS
BOOT_NS = FIRST_START_MS * NS_PER_MS


class _Line:
    """The laptop's end of the USB cable: time passes while it is read."""

    def __init__(self, pico: VirtualPico) -> None:
        self._pico = pico

    def read_some(self) -> bytes:
        """What came within a slice of the board's time."""
        self._pico.run(_SLICE_NS)
        data = b"".join(data for _, data in self._pico.usb.read())
        if not data and not self._pico.powered:
            raise LinkGoneError("the board has no power", "")
        return data

    def write(self, data: bytes) -> None:
        """Queue bytes for the board."""
        self._pico.usb.write(data)

    def close(self) -> None:
        """Nothing to let go of."""


class SimulatedBoard:
    """An `update.Board`. Makes the inputs such that the self-test of an update can pass."""

    def __init__(self, pico: VirtualPico) -> None:
        self.pico = pico
        self.dialog = Dialog(_Line(pico), self.clock)

    def clock(self) -> float:
        """The board's seconds."""
        return self.pico.now_ns / NS_PER_S

    def reopen(self, wait_s: float) -> None:
        """It stays where it is; a board that was cut off gets its power back."""
        if not self.pico.powered:
            self.pico.power_on()
            self.pico.run(BOOT_NS)
        self.pico.usb.discard()
        self.dialog = Dialog(_Line(self.pico), self.clock)
