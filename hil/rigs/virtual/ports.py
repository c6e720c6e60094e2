"""The virtual Pico's serial lines: the USB console as a laptop has it, and the two UARTs."""

from __future__ import annotations

from collections import deque

from hil.rigs.virtual import protocol
from hil.rigs.virtual.chip import Chip

_DTR = 1
_RTS = 2
_KEPT = 200_000  # packets that nobody reads; then the oldest go


class UsbPort:
    """The laptop's end of the USB cable. At power-on it is plugged in, the port open (DTR, RTS) and being read."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._received: deque[tuple[int, bytes]] = deque(maxlen=_KEPT)
        self._reading = True
        self._line_state = _DTR | _RTS

    def write(self, data: bytes) -> None:
        """Queues bytes for the board; they cross the bus as it takes them (a full board makes them wait, as a NAK)."""
        if data:
            self._chip.post(protocol.usb_write(bytes(data)))

    def read(self) -> list[tuple[int, bytes]]:
        """(time, bytes) of the packets that came since the last call."""
        self._chip.flush()
        received = list(self._received)
        self._received.clear()
        return received

    def plug(self) -> None:
        """Puts the cable in: the board is enumerated anew."""
        self._chip.call("usbPlug", True)

    def unplug(self) -> None:
        """Pulls the cable out (the board keeps its power)."""
        self._chip.call("usbPlug", False)

    @property
    def state(self) -> str:
        """'unplugged', 'plugged' (not enumerated yet, or no serial port in it) or 'configured'."""
        return self._chip.status().usb_state

    @property
    def reading(self) -> bool:
        """Whether the laptop fetches data while the port is open. A host that hangs does not."""
        return self._reading

    @reading.setter
    def reading(self, on: bool) -> None:
        self._reading = on
        self._chip.call("usbReading", on)

    @property
    def dtr(self) -> bool:
        """Data terminal ready: a program has the port open. Nothing is fetched from the board without it."""
        return bool(self._line_state & _DTR)

    @dtr.setter
    def dtr(self, on: bool) -> None:
        self._set_line_state(_DTR, on)

    @property
    def rts(self) -> bool:
        """Request to send."""
        return bool(self._line_state & _RTS)

    @rts.setter
    def rts(self, on: bool) -> None:
        self._set_line_state(_RTS, on)

    def _set_line_state(self, bit: int, on: bool) -> None:
        state = self._line_state | bit if on else self._line_state & ~bit
        if state != self._line_state:
            self._line_state = state
            self._chip.call("usbLineState", state)

    @property
    def pending(self) -> int:
        """Bytes written that the board has not taken yet."""
        return self._chip.status().usb_backlog

    def discard(self) -> None:
        """Forgets those bytes."""
        self._chip.call("usbDiscard")

    def took(self, t_ns: int, data: bytes) -> None:
        """A packet has been reported (for VirtualPico)."""
        self._received.append((t_ns, data))


class UartPort:
    """The far end of a UART's wires: bytes take their time at the rate the firmware has programmed."""

    def __init__(self, chip: Chip, index: int) -> None:
        self._chip = chip
        self.index = index
        self._received: deque[tuple[int, bytes]] = deque(maxlen=_KEPT)

    def write(self, data: bytes, at_ns: float | None = None) -> None:
        """The first start bit is sent at `at_ns` (or now), or after the bytes sent before."""
        if data:
            self._chip.post(protocol.uart_write(self.index, bytes(data), -1.0 if at_ns is None else at_ns))

    def read(self) -> list[tuple[int, bytes]]:
        """(time, bytes) since the last call, each byte at the end of its stop bit."""
        self._chip.flush()
        received = list(self._received)
        self._received.clear()
        return received

    def took(self, t_ns: int, data: bytes) -> None:
        """Bytes have been reported (for VirtualPico)."""
        self._received.append((t_ns, data))
