"""RAM that a watchdog reset leaves as it was (board/sapper_kept.c); plain RAM where the build has none, as on a
laptop. The event log lies at its start, the boot number at its end."""

import os
from array import array

from micropython import const

WORDS = 640
BOOT_MAGIC, BOOT_NUMBER = WORDS - 2, WORDS - 1
_MAGIC = const(0x0D0B0075)
_NUMBER_BITS = const(30)  # a small integer, off the heap


def words():
    """WORDS signed 32-bit integers, holding what the last run left there, or anything at all after power-up."""
    try:
        import sapper_kept
    except ImportError:
        return array("i", [0] * WORDS)
    return sapper_kept.words()


def boot_number(kept):
    """The number of this start, 1..2**30 - 1, and no write to flash: places and times of two starts are two things.

    kept: as `words` gave them. Where they outlived the reset it is one more than the last start's, so two starts in a
    row never share one. After power-up it is drawn at random (the chip's ring oscillator): then two that meet in one
    mission share a number once in a thousand million.
    """
    number = 0
    if kept[BOOT_MAGIC] == _MAGIC:
        number = kept[BOOT_NUMBER] + 1
    if not 0 < number < 1 << _NUMBER_BITS:
        number = 1 if number == 1 << _NUMBER_BITS else int.from_bytes(os.urandom(4), "little") >> 2 or 1
    kept[BOOT_NUMBER] = number
    kept[BOOT_MAGIC] = _MAGIC
    return number
