"""A virtual rover on blocks, for the protocol of the first real one: in the board's own time, so that no figure depends
on how busy this machine is."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import Any

from hil.play.closed_loop import ClosedLoop
from hil.rigs.firmware import default_uf2
from hil.rigs.rig import NS_PER_MS, NS_PER_S
from hil.rigs.spread import ADC_NOISE_LSB, FIRST_START_MS, FRESH
from hil.rigs.virtual import VirtualPico
from hil.world.world import World
from hil.world.world_file import load_world_file
from sapper_host.board.dialog import Dialog

_SLICE_NS = NS_PER_MS // 2
_BOOT_NS = FIRST_START_MS * NS_PER_MS
# Parts as typical as they come: a real board's are compared with these.
_TYPICAL = {"adc_noise_lsb": sum(ADC_NOISE_LSB) / 2, "crystal_ppm": 0.0, "flash_wear": FRESH}
_LANE_M = 40.0


class _Line:
    """The laptop's end of the USB cable: time passes while it is read."""

    def __init__(self, pico: VirtualPico, loop: ClosedLoop) -> None:
        self._pico = pico
        self._loop = loop
        self.interrupt_at_s: float | None = None

    def read_some(self) -> bytes:
        """What came within a slice of the board's time."""
        self._loop.run(_SLICE_NS)
        if self.interrupt_at_s is not None and self._pico.now_ns >= self.interrupt_at_s * NS_PER_S:
            self.interrupt_at_s = None
            raise KeyboardInterrupt
        return b"".join(data for _, data in self._pico.usb.read())

    def write(self, data: bytes) -> None:
        """Queue bytes for the board."""
        self._pico.usb.write(data)

    def close(self) -> None:
        """Nothing to let go of."""


class SiliconRover:
    """A `silicon.bench.Board`; a context manager. options: VirtualPico's; its parts are typical where none are given.

    There is nothing in its ground.
    """

    def __init__(self, **options: Any) -> None:
        file = load_world_file("demo")
        ground = replace(file, world=replace(file.world, lane_length_m=_LANE_M), targets=(), hot_rocks=())
        self.pico = VirtualPico(default_uf2(), **_TYPICAL | options)
        self._loop = ClosedLoop(self.pico, World(ground))
        self._coil_m = self._loop.world.rover.coil_m[0]
        self._line = _Line(self.pico, self._loop)
        self.dialog = Dialog(self._line, self.clock)
        self._loop.run(_BOOT_NS)

    def __enter__(self) -> SiliconRover:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.pico.close()

    def clock(self) -> float:
        """The board's seconds, which are the laptop's here."""
        return self.pico.now_ns / NS_PER_S

    def reopen(self, wait_s: float) -> None:
        """It stays where it is."""
        self.pico.usb.discard()
        self.dialog = Dialog(self._line, self.clock)

    @property
    def travelled_m(self) -> float:
        """How far the tracks have run, standing on blocks, as the coil would have gone."""
        return abs(self._loop.world.rover.coil_m[0] - self._coil_m)

    def interrupt(self, at_s: float) -> None:
        """A person's Ctrl-C at that time of `clock`."""
        self._line.interrupt_at_s = at_s

    def hands(self, what: str) -> None:
        """The key is turned on, whatever is asked of a person: the emergency-stop loop is closed."""
        self._loop.key(True)
