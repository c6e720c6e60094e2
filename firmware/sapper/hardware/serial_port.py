"""The two serial lines behind one small interface: `read_into(buffer) -> count` and `write(view) -> count`, neither
waits."""

import select
import sys
import time

from machine import UART, Pin

import micropython
from sapper.shared.pins import GPIO, UART_RADIO, UART_RADIO_BAUD

_SEND_BYTES = 1024
_BYTE_US = 10 * 1_000_000 // UART_RADIO_BAUD + 4  # a little more than ten bits take
_PART_LEAST = 256
_ONCE = (0,)


def _heed_ctrl_c():
    """A Ctrl-C that has come raises here: bytecode looks for it where it jumps back, native code never. What follows it
    on the line, as mpremote's Ctrl-A does, is then left for MicroPython's prompt."""
    for _ in _ONCE:
        pass


class UsbPort:
    """The USB console. A host that has the port open and does not read loses bytes here, never a tick."""

    def __init__(self):
        self._stdin = sys.stdin.buffer
        self._stdout = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self._byte = bytearray(1)
        self._interrupt_char = -1

    def interruptible(self, on):
        """on: Ctrl-C raises KeyboardInterrupt (SAFE, for mpremote). Off: it is a byte like any other."""
        self._interrupt_char = 3 if on else -1
        micropython.kbd_intr(self._interrupt_char)

    @micropython.native
    def read_into(self, buffer):
        """What has arrived, at most len(buffer) bytes."""
        count = 0
        byte = self._byte
        while count < len(buffer):
            ready = False
            for _ in self._poll.ipoll(0):
                ready = True
            if not ready:
                break
            if self._interrupt_char >= 0:
                _heed_ctrl_c()
            self._stdin.readinto(byte)
            buffer[count] = byte[0]
            count += 1
        return count

    def read_all(self, view):
        """Fill `view`, however long that takes: something must watch over it. A tenth of `read_into`'s time a byte."""
        self._stdin.readinto(view)

    def write(self, view):
        """What there is room for. The board's build never waits while Ctrl-C is off (mpconfigboard.h), so it is put
        off here."""
        micropython.kbd_intr(-1)
        count = self._stdout.write(view)
        micropython.kbd_intr(self._interrupt_char)
        return count or 0


class RadioPort:
    """The telemetry radio on UART0."""

    def __init__(self):
        self._uart = UART(
            UART_RADIO,
            UART_RADIO_BAUD,
            tx=Pin(GPIO["RADIO_TX"]),
            rx=Pin(GPIO["RADIO_RX"]),
            rxbuf=1024,
            txbuf=_SEND_BYTES + 16,
            timeout=0,
        )
        self._waiting = 0
        self._wrote_us = time.ticks_us()

    def interruptible(self, on):
        """Nothing on the radio interrupts."""

    @micropython.native
    def read_into(self, buffer):
        """What has arrived, at most len(buffer) bytes."""
        waiting = self._uart.any()
        if not waiting:
            return 0
        if waiting < len(buffer):
            return self._uart.readinto(buffer, waiting) or 0
        return self._uart.readinto(buffer) or 0

    def write(self, view):
        """What the send buffer has room for; nothing where that is a mere part of a line.

        MicroPython's own write waits for room, a byte's time for each byte. So what waits in the buffer is counted
        here, less by what the line has carried since.
        """
        now = time.ticks_us()
        elapsed = time.ticks_diff(now, self._wrote_us)
        # Below 0: the counter has wrapped since, minutes ago.
        carried = elapsed // _BYTE_US if elapsed >= 0 else _SEND_BYTES
        waiting = self._waiting - carried if self._waiting > carried else 0
        count = len(view)
        room = _SEND_BYTES - waiting
        if room < count:
            if room < _PART_LEAST:
                return 0
            view = memoryview(view)[:room]
            count = room
        self._uart.write(view)
        self._waiting = waiting + count
        self._wrote_us = now
        return count
