"""MicroPython's `rp2` as far as the firmware uses it. PIO programs are known by name; interlock_pio and gpio do
their work.
"""

import clock
import converter
import exchange
import interlock_pio
import serial_lines

_BLOCK = 4096
_PAGE = 256
_BLOCKS = 256
_erase_us = 0
_program_us = 0

FILE_SYSTEM_BYTES = _BLOCKS * _BLOCK

# All of it from the start, so that a write does not change how much heap is free.
_flash = bytearray(_BLOCKS * _BLOCK)
_view = memoryview(_flash)
_untold = bytearray(_BLOCKS)  # blocks that were written since the rig was told
_any_untold = False
_busy_us = 0  # untold: for how long the flash was, and in how many spells
_spells = 0
_BLANK = b"\xff" * _BLOCK
for _number in range(_BLOCKS):
    _flash[_number * _BLOCK : (_number + 1) * _BLOCK] = _BLANK


def set_times(erase_ms, program_ms):
    """How long this flash takes for a sector's erase, and for a page."""
    global _erase_us, _program_us
    _erase_us = round(erase_ms * 1000)
    _program_us = round(program_ms * 1000)


class PIO:
    """Names that PIO programs are declared with."""

    OUT_LOW = 0
    OUT_HIGH = 1
    IN_LOW = 2


def asm_pio(**_options):
    """A PIO program: known by its function's name."""
    return lambda function: function.__name__


class StateMachine:
    """A state machine with one of the known programs."""

    def __init__(self, number, program, freq=0, **_pins):
        if program not in ("dead_man", "quadrature"):
            raise NotImplementedError("the simulated PIO does not know the program " + program)
        self._interlock = program == "dead_man"

    def put(self, word):
        """A word into the TX FIFO."""
        if self._interlock:
            interlock_pio.put(word)

    def active(self, on=None):
        """Run."""
        if on and self._interlock:
            interlock_pio.start()


class DMA:
    """The one channel that the firmware takes: from the ADC's FIFO into a ring."""

    def __init__(self):
        self.channel = 0

    def active(self, on=None):
        """Stop it."""
        if on is not None and not on:
            converter.stop_dma()

    def pack_ctrl(self, **fields):
        """The control word; here the fields themselves."""
        return fields

    def config(self, read, write, count, ctrl, trigger=False):
        """Set up and start."""
        if ctrl["treq_sel"] != 36 or not ctrl["ring_sel"] or ctrl["size"] != 1:
            raise NotImplementedError("the simulated DMA takes half-words from the ADC into a ring")
        if trigger:
            converter.start_dma(write, 1 << ctrl["ring_size"] - 1, count)


class Flash:
    """A part of the flash's second half: erases and writes stop the board for as long as the chip takes.

    It does not read as a buffer, as the board's does: update slots are for the virtual Pico.
    """

    def __init__(self, start=0, len=_BLOCKS * _BLOCK):
        self._first = start // _BLOCK
        self._count = len // _BLOCK

    def readblocks(self, number, buffer, offset=0):
        """Read."""
        at = (self._first + number) * _BLOCK + offset
        buffer[:] = _view[at : at + len(buffer)]

    def writeblocks(self, number, buffer, offset=None):
        """Program; with no offset, erase first."""
        since = clock.now
        number += self._first
        erased = offset is None
        if erased:
            self._erase(number)
            offset = 0
        at = number * _BLOCK + offset
        for i in range(len(buffer)):
            _flash[at + i] &= buffer[i]
        us = _program_us * -(-len(buffer) // _PAGE)
        _note(us, 0 if erased else 1)
        clock.advance(us)
        _mark(number)
        _deaf(since)

    def ioctl(self, operation, argument):
        """4: number of blocks, 5: their size, 6: erase."""
        if operation == 4:
            return self._count
        if operation == 5:
            return _BLOCK
        if operation == 6:
            since = clock.now
            self._erase(self._first + argument)
            _deaf(since)
        return 0

    def _erase(self, number):
        at = number * _BLOCK
        _flash[at : at + _BLOCK] = _BLANK
        _mark(number)
        _note(_erase_us, 1)
        clock.advance(_erase_us)


def _mark(number):
    global _any_untold
    _untold[number] = 1
    _any_untold = True


def _note(us, spells):
    global _busy_us, _spells
    _busy_us += us
    _spells += spells


def _deaf(since):
    for uart in serial_lines.uarts:
        if uart:
            uart.deaf(since)


def contents(offset, length):
    """Bytes of the file system's area."""
    return bytes(_view[offset : offset + length])


def restore(number, data):
    """A block as an earlier run left it."""
    _flash[number * _BLOCK : (number + 1) * _BLOCK] = data


def tell_written():
    """To the rig, which keeps the flash: the blocks that were written since it was last told, and how long it took."""
    global _any_untold, _busy_us, _spells
    if not _any_untold:
        return
    exchange.record(_busy_us, exchange.BUSY, 0, _spells)
    _busy_us = _spells = 0
    _any_untold = False
    for number in range(_BLOCKS):
        if _untold[number]:
            _untold[number] = 0
            exchange.record_bytes(clock.now, number, _view[number * _BLOCK : (number + 1) * _BLOCK], exchange.FLASH)
