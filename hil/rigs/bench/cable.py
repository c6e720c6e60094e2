"""The rover's USB cable as the bench has it in hand: its power switched, or its host not reading."""

from __future__ import annotations

from hil.bench.outside import BytePort
from hil.bench.parts.switches import Switches
from hil.bench.player import Player


class Cable:
    """What a host at the cable can do wrong, and `mend`."""

    def __init__(self, player: Player, port: BytePort, switches: Switches) -> None:
        self._player = player
        self._port = port
        self._switches = switches

    def unplug_usb(self) -> None:
        """The cable is pulled; the board keeps its power."""
        self._player.at(self._player.now_ns, lambda: self._switches.set("usb", False))

    def host_hangs(self) -> None:
        """The host has the port open and fetches nothing."""
        self._player.at(self._player.now_ns, lambda: self._reads(False))

    def mend(self) -> None:
        """The cable in, the host reading."""
        self._player.at(self._player.now_ns, lambda: self._switches.set("usb", True))
        self._player.at(self._player.now_ns, lambda: self._reads(True))

    def _reads(self, on: bool) -> None:
        self._port.reading = on
