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
def pushed(instr: int, first: int, second: int, fifo: int) -> int:
    """Put two instructions into a PIO machine, the second a `push`, and take the low 16 bits of what it gives."""
    word = ptr32(instr)
    word[0] = first
    word[0] = second
    word = ptr32(fifo)
    return word[0] & 0xFFFF


@micropython.viper
def poke(address: int, value: int):
    """Write all 32 bits of a register."""
    word = ptr32(address)
    word[0] = value
