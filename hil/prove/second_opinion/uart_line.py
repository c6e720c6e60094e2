"""The far end of one of rp2040py's UARTs.

rp2040py raises the interrupt 'room to send' again at every look, so that the firmware's handler never comes out. As the
datasheet has it (4.2.6.3), it comes when the level of what is to be sent passes down, and a clear clears it.
"""

from __future__ import annotations

from rp2040py.peripherals.uart import UARTTXINTR
from rp2040py.rp2040 import RP2040

_BITS = 10  # a byte with its start and stop
_NS_PER_S = 1_000_000_000


class UartLine:
    """As a rig's UART: bytes out, each in its time on the wire; (time, bytes) in. What rp2040py sends takes no time."""

    def __init__(self, rp2040: RP2040, index: int) -> None:
        self._chip = rp2040
        self._block = rp2040.uart[index]
        self._block.check_interrupts = self._show_interrupts
        self._block.on_byte = self._came
        self._received: list[tuple[int, bytes]] = []
        self._queue = bytearray()
        self._next = rp2040.clock.create_alarm(self._arrive)

    def write(self, data: bytes) -> None:
        """Bytes to the board, one after the other."""
        idle = not self._queue
        self._queue += data
        if idle and data:
            self._schedule()

    def read(self) -> list[tuple[int, bytes]]:
        """(time, byte) since the last call."""
        received, self._received = self._received, []
        return received

    def _schedule(self) -> None:
        self._next.schedule(_BITS * _NS_PER_S / self._block.baud_rate)

    def _arrive(self) -> None:
        self._block.feed_byte(self._queue.pop(0))
        if self._queue:
            self._schedule()

    def _came(self, byte: int) -> None:
        self._received.append((round(self._chip.clock.nanos), bytes([byte])))
        self._block._interrupt_status |= UARTTXINTR
        self._show_interrupts()

    def _show_interrupts(self) -> None:
        raised = self._block._interrupt_status & self._block._interrupt_mask
        self._chip.set_interrupt(self._block.irq, bool(raised))
