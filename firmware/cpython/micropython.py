"""CPython stand-in for MicroPython's `micropython`, so that the firmware's pure modules import and run on a laptop.

`viper` and `native` become plain Python. Plain integers do not wrap at 32 bits as viper's do, so firmware code must
never
come near 2**31: `watched()` lets a test prove that (tests/firmware/detector/test_no_overflow.py).
The names that viper gives its functions without an import (ptr8, ptr16, ptr32, uint) are put among the builtins: a
pointer to a buffer is the buffer itself, one to a text its bytes.
"""

import builtins


def _same(value):
    return value


def const(value):
    """A compile-time constant on the board, the value itself here."""
    return value


def viper(function):
    """Machine code on the board, plain Python here."""
    return function


native = viper
bytecode = viper


def _pointer(buffer):
    return buffer.encode() if isinstance(buffer, str) else buffer


for _name in ("ptr", "ptr8", "ptr16", "ptr32"):
    setattr(builtins, _name, _pointer)
builtins.uint = int


def kbd_intr(_character):
    """Choose the interrupt character of the console: there is none here."""


def alloc_emergency_exception_buf(_size):
    """Room for exceptions in interrupts: not needed here."""


def heap_lock():
    """Forbid allocation: cannot be done here."""


def heap_unlock():
    """Allow allocation again."""


def schedule(function, argument):
    """Run `function(argument)` soon: at once here."""
    function(argument)


def opt_level(_level=None):
    """Optimisation level of the compiler: none here."""
    return 0
