"""The laptop's end of rp2040py's USB cable.

rp2040py answers every request of the board for data at once, with no bytes when there are none, which keeps the board
in USB interrupts. Here the request waits for a byte, as a real host's NAK makes it.
"""

from __future__ import annotations

from rp2040py.rp2040 import RP2040
from rp2040py.usb.cdc import USBCDC


class UsbLine:
    """As a rig's `usb`: bytes out, (time, bytes) in."""

    def __init__(self, rp2040: RP2040) -> None:
        self._clock = rp2040.clock
        self._controller = rp2040.usb_ctrl
        self._cdc = USBCDC(rp2040.usb_ctrl)
        self._cdc.on_serial_data = self._came
        self._control = self._controller.on_endpoint_read
        self._controller.on_endpoint_read = self._asked
        self._queue = bytearray()
        self._waiting: tuple[int, int] | None = None
        self._received: list[tuple[int, bytes]] = []

    def write(self, data: bytes) -> None:
        """Queue bytes for the board; they go as it asks for them."""
        self._queue += data
        self._serve()

    def read(self) -> list[tuple[int, bytes]]:
        """(time, bytes) of the packets since the last call."""
        received, self._received = self._received, []
        return received

    def _came(self, data: bytes) -> None:
        if data:
            self._received.append((round(self._clock.nanos), bytes(data)))

    def _asked(self, endpoint: int, size: int) -> None:
        if endpoint == 0 or endpoint != self._cdc._out_endpoint:
            self._control(endpoint, size)
            return
        self._waiting = endpoint, size
        self._serve()

    def _serve(self) -> None:
        if self._waiting and self._queue:
            endpoint, size = self._waiting
            self._waiting = None
            packet = bytes(self._queue[:size])
            del self._queue[:size]
            self._controller.endpoint_read_done(endpoint, packet)
