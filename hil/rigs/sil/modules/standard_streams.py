"""The program's standard streams on the simulated USB: `sys`, `select`, `micropython.kbd_intr` and `print`.

Everything else of those modules is MicroPython's own.
"""

import io
import sys as _sys

import clock
import micropython
from serial_lines import usb

_POLL_IN = 1


class _Stdin:
    """sys.stdin and its buffer."""

    @micropython.native
    def readinto(self, buffer):
        """Wait for at least one byte."""
        while not usb.received:
            clock.advance(1000)
        count = min(len(buffer), len(usb.received))
        buffer[:count] = usb.received[:count]
        usb.received = usb.received[count:]
        return count


class Stdin:
    """`sapper_stdin`: the board's own look at what waits (firmware/board/sapper_stdin.c)."""

    @staticmethod
    def peek(buffer):
        """What waits, as far as it fits, without taking it."""
        count = min(len(buffer), len(usb.received))
        buffer[:count] = usb.received[:count]
        return count


class _Stdout(io.IOBase):
    """sys.stdout and its buffer."""

    def write(self, data, at=0, most=-1):
        """Of data[at:], at most so many bytes (-1: all), what there is room for."""
        return usb.write(memoryview(data)[at:] if most < 0 else memoryview(data)[at : at + most])


class _Poll:
    def register(self, _stream, _events):
        pass

    @micropython.native
    def ipoll(self, _timeout_ms):
        """A look at the input, which stands for the rest of a tick's work."""
        clock.advance(clock.TICK_US if not usb.received else 5)
        return _READY if usb.received else ()


_stdin = _Stdin()
_stdin.buffer = _stdin
_stdout = _Stdout()
_READY = ((_stdin, _POLL_IN),)


class _Select:
    POLLIN = _POLL_IN
    poll = _Poll


class _Sys:
    """sys with its streams changed."""

    stdin = _stdin

    class stdout:  # noqa: N801 - the name is sys's
        buffer = _stdout
        write = _stdout.write

    def print_exception(self, error, _file=None):
        text = io.StringIO()
        _sys.print_exception(error, text)
        usb.write(text.getvalue().replace("\n", "\r\n").encode())

    def __getattr__(self, name):
        return getattr(_sys, name)


class _MicroPython:
    """micropython with kbd_intr changed."""

    def kbd_intr(self, character):
        usb.interrupt_char = character

    def __getattr__(self, name):
        return getattr(micropython, name)


def _print(*values, sep=" ", end="\n"):
    """print, to USB."""
    usb.write((sep.join([str(value) for value in values]) + end).replace("\n", "\r\n").encode())


sys = _Sys()
select = _Select
micropython_here = _MicroPython()
print_to_usb = _print
