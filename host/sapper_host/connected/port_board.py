"""A board on a serial port, through restarts: it goes away, comes back, perhaps under another name."""

from __future__ import annotations

import os
import time
from typing import Self

from sapper_host.board.dialog import Dialog
from sapper_host.board.serial_stream import SerialStream
from sapper_host.connected.ports import list_ports, port_now
from sapper_host.errors import LinkError, LinkGoneError

_RETRY_S = 0.1


class PortBoard:
    """The board on `port`; a context manager. number: its USB serial number, by which it is found again. usb_ids:
    vendor and product, 'VVVV:PPPP', by the system; '' on a line that is no USB device, as a rig's."""

    def __init__(self, port: str) -> None:
        self.port = port
        known = next((each for each in list_ports() if each.device in (port, os.path.realpath(port))), None)
        self.number = known.serial_number if known else ""
        self.usb_ids = known.usb_ids if known else ""
        self._dialog: Dialog | None = Dialog(SerialStream(port))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def dialog(self) -> Dialog:
        """The open line."""
        if self._dialog is None:
            raise LinkGoneError(f"{self.port} went away", "plug the board in again")
        return self._dialog

    def close(self) -> None:
        """Let go of the port."""
        if self._dialog is not None:
            self._dialog.close()
            self._dialog = None

    def reopen(self, wait_s: float) -> None:
        """The board restarts or was unplugged: open its port again when it is back. LinkError after `wait_s`."""
        self.close()
        until = time.monotonic() + wait_s
        while True:
            time.sleep(_RETRY_S)
            try:
                self.port = port_now(self.port, self.number)
                self._dialog = Dialog(SerialStream(self.port))
                return
            except LinkError:
                if time.monotonic() >= until:
                    raise

    def clock(self) -> float:
        """Seconds."""
        return time.monotonic()
