"""The two serial lines behind one small interface: `read_into(buffer) -> count` and `write(view) -> count`, neither
waits."""

import select
import sys

from machine import UART, Pin

import micropython
from sapper.pins import GPIO, UART_RADIO, UART_RADIO_BAUD


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
            txbuf=1024,
            timeout=0,
        )
        self._wrote = 0

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
        """What the send buffer has room for."""
        return self._uart.write(view) or 0
