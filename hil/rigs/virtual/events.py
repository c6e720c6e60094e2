"""What a run of the virtual Pico gives back."""

from __future__ import annotations

from typing import NamedTuple

RESET_CAUSES = ("power", "run", "watchdog-timer", "watchdog-force", "system")
FLASH_OPERATIONS = ("program", "erase_4k", "erase_32k", "erase_64k", "erase_chip")
USB_STATES = ("unplugged", "plugged", "configured")


class Event(NamedTuple):
    """Something that happened at an emulated instant.

    | kind | source | value |
    |---|---|---|
    | pin | GPIO (watched) | level 0 or 1 |
    | duty | GPIO (watched) | duty 0..1 |
    | usb | 0 | bytes from the board |
    | uart | 0 or 1 | bytes from the board |
    | reset | 0 | a cause of RESET_CAUSES |
    | flash | an operation of FLASH_OPERATIONS | address in flash |
    | power | 0 | 0 or 1 |
    | bootsel | 0 | 1: the mask ROM offers its drive |
    | usb_state | 0 | one of USB_STATES |
    """

    t_ns: int
    kind: str
    source: int | str
    value: int | float | str | bytes
