"""The `sil` rig: the application on MicroPython's unix port, with simulated hardware on a virtual clock."""

from hil.rigs.sil.rig import SilRig

__all__ = ["SilRig"]
