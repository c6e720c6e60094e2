"""The `sil` rig: the application on MicroPython's unix port, with simulated hardware on a virtual clock.

Imports what all rigs share, and no other rig.
"""

from hil.rigs.sil.rig import SilRig

__all__ = ["SilRig"]
