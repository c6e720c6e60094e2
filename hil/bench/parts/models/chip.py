"""What the modelled chips have in common: an address, power that may fail, and a contact that may fail."""

from __future__ import annotations


class ChipModel:
    """A chip with power. Its registers are at their reset values after `brown_out`, and it is silent without power."""

    name = ""

    def __init__(self, address: int) -> None:
        self.address = address
        self.powered = True
        self.silent_for = 0  # so many addressings more are not acknowledged; -1: none ever
        self.reset()

    def reset(self) -> None:
        """Registers as they are after power came."""
        raise NotImplementedError

    def power(self, on: bool) -> None:
        """Take its supply away, or give it back."""
        if on and not self.powered:
            self.powered = True
            self.reset()
        elif not on:
            self.powered = False
            self.unpowered()

    def unpowered(self) -> None:
        """Its outputs are let go of."""

    def brown_out(self) -> None:
        """Its supply dips, too shortly for anybody to see it silent."""
        self.power(False)
        self.power(True)

    def addressed(self, address: int, reading: bool) -> bool:
        """Whether it acknowledges its address."""
        if address != self.address or not self.powered:
            return False
        if self.silent_for:
            self.silent_for -= self.silent_for > 0
            return False
        self.begin(reading)
        return True

    def begin(self, reading: bool) -> None:
        """A transfer with it begins."""

    def take(self, byte: int) -> bool:
        """A byte for it."""
        raise NotImplementedError

    def give(self) -> int:
        """A byte from it."""
        raise NotImplementedError

    def stop(self) -> None:
        """The transfer has ended."""
