"""Reading and writing the RP2040's registers without allocating: the only module that touches bare addresses.

Masks stay below 2**30 so that results are small integers. 1 us a call, viper.
"""

import micropython


@micropython.viper
def peek(address: int, shift: int, mask: int) -> int:
    """(register >> shift) & mask."""
    word = ptr32(address)
    return (word[0] >> shift) & mask


@micropython.viper
def poke(address: int, value: int):
    """Write all 32 bits of a register."""
    word = ptr32(address)
    word[0] = value
