"""The drives of two emulated boards in BOOTSEL, as folders; what is copied there is programmed in the boards' time."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hil.rigs.bench.emulated import EmulatedOutside
from hil.rigs.virtual.bootsel_drive import BootselDrive
from sapper_host.connected.bootsel import LABEL, Drive

_LOOK_NS = 20_000_000


class EmulatedSockets:
    """See flashing.Sockets. troubles: of the rover's drive, as BootselDrive takes them."""

    def __init__(self, outside: EmulatedOutside, **troubles: Any) -> None:
        self._outside = outside
        self._folder = tempfile.TemporaryDirectory(prefix="sapper-bench-")
        boards = {"rover": (outside.pair.rover, troubles), "instrument": (outside.pair.instrument, {})}
        self.drive_of = {
            name: BootselDrive(board, Path(self._folder.name) / name / LABEL, **options)
            for name, (board, options) in boards.items()
        }

    def places(self) -> dict[str, str]:
        """Each is in the socket of its name."""
        return {name: name for name in self.drive_of}

    def kernel_places(self) -> tuple[str, ...]:
        """No kernel sees them."""
        return ()

    def drives(self) -> list[Drive]:
        """As they are now."""
        for drive in self.drive_of.values():
            drive.poll()
        return [Drive(name, folder=drive.folder) for name, drive in self.drive_of.items() if drive.present]

    def written(self) -> None:
        """In their time."""
        while any(self.drive_of[drive.location].busy for drive in self.drives()):
            self._outside.wait(_LOOK_NS)

    def close(self) -> None:
        """The drives go."""
        self._folder.cleanup()
