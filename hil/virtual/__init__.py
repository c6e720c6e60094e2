"""The virtual Pico: the firmware's UF2 on an emulated RP2040, cycle-timed, its board in Python's hands."""

from hil.virtual.errors import VirtualPicoError
from hil.virtual.events import Event
from hil.virtual.pico import VirtualPico

__all__ = ["Event", "VirtualPico", "VirtualPicoError"]
