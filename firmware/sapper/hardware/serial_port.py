"""The serial lines behind one small interface: `read_into(buffer) -> count` and `write(buffer, at, most) -> count`,
neither waits. A place and a count, as a slice of a buffer stays on the heap."""

import sys
import time

from machine import UART, Pin
from sapper_stdin import peek

import micropython
from micropython import const
from sapper.shared.pins import GPIO, UART_RADIO, UART_RADIO_BAUD

_SEND_BYTES = const(1024)
_PART_LEAST = const(256)
_CTRL_C = const(3)


class UsbPort:
    """The USB console. A host that has the port open and does not read loses bytes here, never a tick."""

    def __init__(self):
        self._stdin = sys.stdin.buffer
        self._stdout = sys.stdout.buffer
        self._byte = bytearray(1)
        self._ends_read = -1

    def interruptible(self, on):
        """on: a Ctrl-C may be meant for MicroPython's prompt (SAFE), so what follows it is left where it waits. Never
        does one interrupt by itself: it may be a byte of something else."""
        self._ends_read = _CTRL_C if on else -1
        micropython.kbd_intr(-1)

    @micropython.native
    def read_into(self, buffer):
        """What has arrived, at most len(buffer) bytes; interruptible, nothing behind a Ctrl-C."""
        count = 0
        byte = self._byte
        while peek(byte) and count < len(buffer):
            self._stdin.readinto(byte)
            buffer[count] = byte[0]
            count += 1
            if byte[0] == self._ends_read:
                break
        return count

    def peek(self, buffer):
        """What waits, at most len(buffer) bytes, without taking it."""
        return peek(buffer)

    def read_all(self, view):
        """Fill `view`, however long that takes: something must watch over it. A tenth of `read_into`'s time a byte."""
        self._stdin.readinto(view)

    def write(self, buffer, at=0, most=-1):
        """Of buffer[at:], `most` bytes (-1: all) or what there is room for: the board's build never waits while Ctrl-C
        does not interrupt (mpconfigboard.h)."""
        return self._stdout.write(buffer, at, most) or 0


class UartPort:
    """A UART's line at a rate of its own. `write` never waits."""

    def __init__(self, number, baud, tx, rx):
        self._uart = UART(
            number,
            baud,
            tx=Pin(tx),
            rx=Pin(rx),
            rxbuf=1024,
            txbuf=_SEND_BYTES + 16,
            timeout=0,
        )
        self._byte_us = 10 * 1_000_000 // baud + 4  # a little more than ten bits take
        self._waiting = 0
        self._wrote_us = time.ticks_us()

    @micropython.native
    def read_into(self, buffer):
        """What has arrived, at most len(buffer) bytes."""
        waiting = self._uart.any()
        if not waiting:
            return 0
        if waiting < len(buffer):
            return self._uart.readinto(buffer, waiting) or 0
        return self._uart.readinto(buffer) or 0

    def write(self, buffer, at=0, most=-1):
        """Of buffer[at:], `most` bytes (-1: all) or what the send buffer has room for; nothing where that is a
        mere part of a line.

        MicroPython's own write waits for room, a byte's time for each byte. So what waits in the buffer is counted
        here, less by what the line has carried since.
        """
        now = time.ticks_us()
        elapsed = time.ticks_diff(now, self._wrote_us)
        # Below 0: the counter has wrapped since, minutes ago.
        carried = elapsed // self._byte_us if elapsed >= 0 else _SEND_BYTES
        waiting = self._waiting - carried if self._waiting > carried else 0
        count = len(buffer) - at if most < 0 else most
        room = _SEND_BYTES - waiting
        if room < count:
            if room < _PART_LEAST:
                return 0
            count = room
        taken = self._uart.write(buffer, at, count) or 0
        self._waiting = waiting + taken
        self._wrote_us = now
        return taken


class RadioPort(UartPort):
    """The telemetry radio on UART0."""

    def __init__(self):
        super().__init__(UART_RADIO, UART_RADIO_BAUD, GPIO["RADIO_TX"], GPIO["RADIO_RX"])

    def interruptible(self, on):
        """Nothing on the radio leads to the prompt."""
