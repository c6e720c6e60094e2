"""The virtual Pico: the firmware's UF2 on an emulated RP2040, cycle-timed, its board in Python's hands.

Imports what all rigs share, and no other rig.
"""

from hil.rigs.virtual.errors import VirtualPicoError
from hil.rigs.virtual.events import Event
from hil.rigs.virtual.pico import VirtualPico

__all__ = ["Event", "VirtualPico", "VirtualPicoError"]
